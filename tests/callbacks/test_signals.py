"""Signals are put off, and then do what they would have done."""

import os
import signal
import threading

import pytest

from gankit.callbacks.signals import NUMBERS, Signals

DEFAULTS = dict.fromkeys(NUMBERS, signal.SIG_DFL) | {signal.SIGINT: signal.default_int_handler}


@pytest.fixture(autouse=True)
def defaults():
    """Has all signals do what they do in a script, whatever runs the tests."""
    former = {number: signal.signal(number, DEFAULTS[number]) for number in NUMBERS}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.fixture
def signals():
    signals = Signals()
    signals.listen()
    yield signals
    signals.give_back()


def handlers():
    return {number: signal.getsignal(number) for number in NUMBERS}


@pytest.mark.parametrize("number", NUMBERS)
def test_notes_and_gives_back(number, signals):
    signal.raise_signal(number)
    assert signals.noted == number
    signals.give_back()
    assert handlers() == DEFAULTS


def test_nothing_happens_without_a_signal(signals):
    signals.end()
    assert handlers() == DEFAULTS


def test_control_c_is_an_exception(signals):
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signals.end()
    signals.end()  # once
    assert handlers() == DEFAULTS


def test_a_second_control_c_ends_at_once(signals):
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert handlers() == DEFAULTS


def test_others_may_come_twice_and_outrank_control_c(signals):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
        signal.raise_signal(number)
    assert signals.noted == signal.SIGTERM


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda number, frame: None])
def test_leaves_handlers_of_others_alone(number, handler):
    signal.signal(number, handler)  # SIG_IGN for SIGHUP is what nohup sets
    signals = Signals()
    signals.listen()
    assert signal.getsignal(number) is handler
    signal.raise_signal(number)
    assert signals.noted is None
    signals.give_back()
    assert handlers() == DEFAULTS | {number: handler}


def test_leaves_handlers_alone_that_came_later(signals):
    def later(number, frame):
        pass

    signal.signal(signal.SIGTERM, later)
    signals.give_back()
    assert handlers() == DEFAULTS | {signal.SIGTERM: later}


def test_one_inside_another_passes_it_on(signals):
    inner = Signals()
    inner.listen()
    signal.raise_signal(signal.SIGTERM)
    assert (inner.noted, signals.noted) == (signal.SIGTERM, None)
    with pytest.raises(SystemExit) as ended:
        inner.end()
    assert ended.value.code == 128 + signal.SIGTERM
    assert signals.noted == signal.SIGTERM
    signals.give_back()
    assert handlers() == DEFAULTS


def test_other_threads_do_not_listen():
    thread = threading.Thread(target=Signals().listen)
    thread.start()
    thread.join()
    assert handlers() == DEFAULTS


def status_of(work):
    """Returns how a forked child ends that works."""
    if not (child := os.fork()):
        try:
            os._exit(work() or 0)
        except SystemExit as ended:
            os._exit(ended.code)
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes")


@forks
@pytest.mark.parametrize("number", [n for n in NUMBERS if n != signal.SIGINT])
def test_ends_as_the_signal_would(number):
    def work():
        signals = Signals()
        signals.listen()
        signal.raise_signal(number)
        signals.end()

    assert status_of(work) == -number


# As in a container, whose first process no signal ends.
@forks
def test_ends_where_the_signal_does_not():
    def work():
        signals = Signals()
        signals.listen()
        signal.raise_signal(signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        signals.end()

    assert status_of(work) == 128 + signal.SIGTERM


# Or a pool could not end the processes that read data for it.
@forks
def test_a_forked_child_has_its_signals_back(signals):
    assert status_of(lambda: handlers() != DEFAULTS) == 0
