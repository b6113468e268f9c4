"""Batches that come in a fixed order only, such as those of an iterable."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gankit.data.ahead import MOST_BATCHES


class InTurn:
    """Reads through passes over data, one after another, never two at a time.

    Threads that read ahead may ask in another order, and who looks at the first batch asks for it
    again: the last few batches are kept.

    Args:
        begin: begins a pass.
        num_batches: how many batches of it count.
    """

    def __init__(self, begin: Callable[[], Iterable[Any]], num_batches: int):
        self.begin = begin
        self.num_batches = num_batches
        self.lock = threading.Lock()
        self.kept: dict[int, Any] = {}  # by place, which counts through all epochs
        self.start_at(0)

    def start_at(self, epoch: int) -> None:
        """Begins a pass, which counts as that of an epoch."""
        self.batches = self.all_passes()
        self.next = epoch * self.num_batches
        self.kept.clear()

    def all_passes(self) -> Iterator[Any]:
        """Yields the batches of one pass after another."""
        while True:
            count = 0
            for batch in itertools.islice(self.begin(), self.num_batches):
                count += 1
                yield batch
            if count < self.num_batches:
                raise ValueError(
                    f"A pass over the data ended after {count} of {self.num_batches} batches. Each "
                    "pass must start from the first batch, as with a list, and have as many "
                    "batches: set num_batches to how many there are."
                )

    def read(self, epoch: int, number: int) -> Any:
        """Returns a batch."""
        place = epoch * self.num_batches + number
        with self.lock:
            if place not in self.kept and not 0 <= place - self.next <= MOST_BATCHES:
                self.start_at(epoch)
            while place not in self.kept:
                self.kept[self.next] = next(self.batches)
                self.kept.pop(self.next - 2 * MOST_BATCHES, None)
                self.next += 1
            return self.kept[place]
