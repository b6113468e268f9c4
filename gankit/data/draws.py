"""Random numbers as a function of (seed, epoch, index), the same in every process.

They are drawn for a whole epoch at once, from which each image picks its own by its index: the n-th
number of a stream doesn't depend on how many follow it.
"""

import functools
import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np

# What numbers are drawn for: each purpose has a stream of its own.
ORDER, FLIPS, PLACES, FILMS, RUNS, ROWS = range(6)

Drawn = TypeVar("Drawn")


def make_generator(seed: int, epoch: int, stream: int) -> np.random.Generator:
    """Returns a generator that no other seed, epoch or stream has."""
    key = np.random.SeedSequence(seed, spawn_key=(stream, epoch))
    return np.random.Generator(np.random.PCG64(key))


def draw(shape: tuple[int, ...], seed: int, stream: int) -> Callable[[int], np.ndarray]:
    """Returns a function from an epoch to numbers uniform on [0, 1), with a row for each image."""
    return once_an_epoch(lambda epoch: make_generator(seed, epoch, stream).random(shape))


def once_an_epoch(function: Callable[[int], Drawn]) -> Callable[[int], Drawn]:
    """Returns a function of the epoch that remembers what it returned for the last few.

    As an epoch begins, many threads ask at once: one works, the others wait for what it finds.
    """
    lock = threading.Lock()
    remember = functools.lru_cache(maxsize=3)  # one ends, one begins, one is evaluated on
    remembered = remember(function)

    def locked(epoch: int) -> Drawn:
        with lock:
            return remembered(epoch)

    return locked
