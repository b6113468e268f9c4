"""Batches that threads read before they are needed."""

import functools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

MOST_BATCHES = 8  # that are read at once, since each takes memory


def count_workers() -> int:
    """Returns how many batches are read at once: one a core, since threads only wait for cores."""
    return min(os.cpu_count() or 1, MOST_BATCHES)


@functools.cache
def make_pool() -> ThreadPoolExecutor:
    """Returns the threads that all datasets share, which end with the process."""
    return ThreadPoolExecutor(count_workers(), "gankit.data")


class ReadAhead:
    """Calls a function of some key, which always returns the same for it, before it is needed."""

    def __init__(self, read: Callable[..., Any]):
        self.read = read
        self.begun: dict[tuple[Any, ...], Future[Any]] = {}

    def __call__(self, key: tuple[Any, ...], following: Iterable[tuple[Any, ...]]) -> Any:
        """Returns what ``read(*key)`` returns.

        Args:
            key: what is needed now.
            following: the keys that are likely to be needed next; all others are forgotten.
        """
        begun, submit = self.begun, make_pool().submit
        kept = {one: begun.get(one) or submit(self.read, *one) for one in (key, *following)}
        for one in begun.keys() - kept.keys():
            begun[one].cancel()
        self.begun = kept
        return kept.pop(key).result()
