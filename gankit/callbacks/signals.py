"""Signals that end a process, postponed until its state is saved."""

import contextlib
import os
import signal
import sys
import threading
import traceback
import weakref
from types import FrameType
from typing import Any

# From Ctrl-C; from schedulers, containers and kill; from a closed terminal or connection.
NUMBERS = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]

listening: "weakref.WeakSet[Signals]" = weakref.WeakSet()


class Signals:
    """Notes signals that would end the process, so that it ends when its state is saved.

    Signals that are already ignored or handled are left alone: ``nohup`` ignores SIGHUP, and the
    user's own handlers stay. A second Ctrl-C ends the process at once; a second SIGTERM or SIGHUP
    doesn't, since both may arrive twice for the same reason, from a terminal and its shell, or from
    ``timeout``.

    Attributes:
        noted: the number of the signal that has arrived, or None.
    """

    def __init__(self) -> None:
        self.noted: int | None = None
        self.former: dict[int, Any] = {}

    def listen(self) -> None:
        """Notes signals from now on; only in the main thread, which receives them."""
        self.noted = None
        if threading.current_thread() is not threading.main_thread():
            return
        for number in NUMBERS:
            former = signal.getsignal(number)
            if former in (signal.SIG_DFL, signal.default_int_handler) or is_ours(former):
                self.former[number] = former
                signal.signal(number, self.note)
        listening.add(self)

    def note(self, number: int, frame: FrameType | None = None) -> None:
        """Notes a signal; ends at once with a second Ctrl-C."""
        if self.noted is not None and number == signal.SIGINT:
            self.end()
        if number == signal.SIGINT:
            with contextlib.suppress(OSError):  # print is not for handlers of signals
                os.write(2, b"\nStopping. Ctrl-C again stops at once, and saves nothing.\n")
        if self.noted in (None, signal.SIGINT):  # code that catches KeyboardInterrupt may continue
            self.noted = number

    def give_back(self) -> None:
        """Restores the former handlers, unless others have been set since then."""
        for number, former in self.former.items():
            if signal.getsignal(number) == self.note:
                signal.signal(number, former)
        self.former = {}

    def end(self) -> None:
        """Ends the process as the signal that was noted would have, if one was."""
        self.give_back()
        if self.noted is None:
            return
        number, self.noted = self.noted, None
        if isinstance(error := sys.exception(), Exception) and number != signal.SIGINT:
            with contextlib.suppress(OSError):  # of a terminal that is gone
                traceback.print_exception(error)  # or nobody would see it
        signal.raise_signal(number)  # KeyboardInterrupt, or death
        # A handler of an outer fit has noted it, or this is a container's first process, which
        # outlives signals.
        raise SystemExit(128 + number)


def name_signal(number: int) -> str:
    """Returns the name of a signal, as users know it."""
    return "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name


def is_ours(handler: Any) -> bool:
    """Returns whether a handler belongs to another ``Signals``, of a ``fit`` around this one."""
    return isinstance(getattr(handler, "__self__", None), Signals)


def give_all_back() -> None:
    """Restores handlers in a child that has just been forked, which has no state to save."""
    for signals in list(listening):
        signals.give_back()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing is forked
    os.register_at_fork(after_in_child=give_all_back)
