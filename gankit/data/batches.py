"""Batches made of arrays, for the backends of Keras that don't train from ``tf.data``."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, Self

import keras
import numpy as np

from gankit.typing import Flip, Structure, ValueRange

#: From the numbers of an epoch and of a batch in it to that batch.
Read = Callable[[int, int], Structure]


class EpochCounter:
    """The epoch of the next pass over some data, as ``gankit.data.epochs`` asks for it."""

    def __init__(self) -> None:
        self.epoch = 0

    def numpy(self) -> int:
        """Returns the epoch."""
        return self.epoch

    def assign(self, epoch: int) -> None:
        """Sets the epoch."""
        self.epoch = epoch


class Batches(keras.utils.PyDataset):
    """Batches in an order that follows from the epoch alone; each pass over them is an epoch.

    Has the verbs of ``tf.data`` that most scripts need.

    Args:
        read: makes a batch of NumPy arrays.
        num_batches: how many batches an epoch has; None for no end.
        epoch_counter: that of the data that these are made from.
    """

    def __init__(
        self, read: Read, num_batches: int | None, epoch_counter: EpochCounter | None = None
    ):
        super().__init__()
        self.read = read
        self.number = num_batches
        self.epoch_counter = epoch_counter or EpochCounter()

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has, None for no end."""
        return self.number

    def __len__(self) -> int:
        """Returns how many batches an epoch has."""
        if self.number is None:
            raise TypeError("These batches have no end: repeat() was called.")
        return self.number

    def __getitem__(self, index: int) -> Structure:
        """Returns a batch of the present epoch."""
        return self.read(self.epoch_counter.epoch, index)

    def __iter__(self) -> Iterator[Structure]:
        """Yields an epoch's batches, and moves on to the next epoch."""
        yield from super().__iter__()
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch; Keras calls it after each pass."""
        self.epoch_counter.epoch += 1

    def take(self, count: int) -> Self:
        """Returns the first batches of each epoch."""
        number = count if self.number is None else min(count, self.number)
        return type(self)(self.read, number, self.epoch_counter)

    def map(self, function: Callable[..., Structure]) -> Self:
        """Returns what a function makes of each batch; of a pair it gets both parts."""

        def read(epoch, index):
            batch = self.read(epoch, index)
            return function(*batch) if isinstance(batch, tuple) else function(batch)

        return type(self)(read, self.number, self.epoch_counter)

    def repeat(self) -> Self:
        """Returns the batches of all epochs, one after another, without an end."""
        number = self.number
        if number is None:
            return self

        def read(epoch, index):
            return self.read(epoch + index // number, index % number)

        return type(self)(read, None, self.epoch_counter)


def batches_in_memory(
    images: np.ndarray,
    labels: np.ndarray | None,
    batch_size: int,
    value_range: ValueRange,
    *,
    flip: Flip | None,
    seed: int,
    shuffle: bool,
    replacement: bool = False,
) -> Batches:
    """Returns the batches of arrays that are checked already; see ``from_arrays``."""

    @functools.lru_cache(maxsize=2)  # of the epoch that ends, and of the one that begins
    def order(epoch: int) -> np.ndarray:
        if not shuffle:
            return np.arange(len(images))
        generator = np.random.default_rng((seed, epoch, 0))
        if replacement:
            return generator.integers(len(images), size=len(images))
        return generator.permutation(len(images))

    @functools.lru_cache(maxsize=2)
    def mirrored(epoch: int) -> np.ndarray:
        return np.random.default_rng((seed, epoch, 1)).random(len(images)) < 0.5

    def read(epoch: int, index: int) -> Any:
        rows = order(epoch)[index * batch_size : (index + 1) * batch_size]
        batch = images[rows]
        if flip is not None:
            turned = mirrored(epoch)[rows]
            batch[turned] = batch[turned, :, ::-1]
        batch = scale_array(batch, value_range)
        return batch if labels is None else (batch, labels[rows])

    return Batches(read, len(images) // batch_size)


def scale_array(images: np.ndarray, value_range: ValueRange) -> np.ndarray:
    """Returns uint8 images as float32 in ``value_range``; floats only change their type."""
    if images.dtype != np.uint8:
        return images.astype(np.float32)
    low, high = value_range
    return images.astype(np.float32) / np.float32(255.0 / (high - low)) + np.float32(low)
