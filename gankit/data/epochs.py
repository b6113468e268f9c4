"""The epoch whose order the next pass over the data has.

``tf.data``'s own ``shuffle(seed=...)`` counts epochs inside the iterator, so that a run taken up in
another process would see the first epochs' orders again. Here the epoch is a number that stands
outside of the iterator: each new pass over the data moves it on by one, and ``set_epoch`` sets it.
"""

from collections.abc import Iterator
from typing import Any


class EpochCounter:
    """The epoch of the next pass over the data of one adapter."""

    def __init__(self) -> None:
        self.epoch = 0

    def begin(self) -> int:
        """Returns the epoch of a pass that begins, and moves on to the next."""
        self.epoch += 1
        return self.epoch - 1


def get_epochs(dataset: Any) -> list[int]:
    """Returns the epochs of the next pass over each of gankit's datasets below ``dataset``."""
    return [counter.epoch for counter in _counters(dataset)]


def set_epochs(dataset: Any, epochs: list[int]) -> None:
    """Takes back what passes over the same data have changed since ``get_epochs``."""
    for counter, epoch in zip(_counters(dataset), epochs, strict=True):
        counter.epoch = epoch


def set_epoch(dataset: Any, epoch: int) -> None:
    """Makes the next pass over ``dataset`` that of ``epoch``.

    Finds gankit's datasets below any transformations (``map``, ``take``, ``zip``, ...). On other
    data it does nothing.
    """
    for counter in _counters(dataset):
        counter.epoch = epoch


def _counters(dataset: Any) -> Iterator[EpochCounter]:
    yield from getattr(dataset, "epoch_counters", [])
    parents = dataset._inputs() if hasattr(dataset, "element_spec") else []  # of a tf.data.Dataset
    for parent in parents:
        yield from _counters(parent)
