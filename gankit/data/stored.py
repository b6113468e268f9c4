"""Data that a GPU holds, and cuts its batches from.

Sent over once, as bytes, images no longer have to be scaled and sent batch by batch, as floats of
four times the size.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from gankit.data.flips import make_choice
from gankit.data.images import scale
from gankit.differentiation import compile_function, holds_data
from gankit.typing import Flip, Structure, Tensor, ValueRange

MOST_BYTES = 2**30  # of a GPU's memory


class Stored(NamedTuple):
    """How a GPU makes batches of data that it holds.

    Attributes:
        arrays: all data.
        pick: what a batch is made of, in a few numbers: a tuple of arrays.
        build: from ``arrays`` and what was picked, as tensors, to the batch, by ``keras.ops``.
    """

    arrays: tuple[np.ndarray, ...]
    pick: Callable[[Any, int], tuple[np.ndarray, ...]]
    build: Callable[..., Structure]


def store(
    images: np.ndarray,
    labels: np.ndarray | None,
    flip: Flip | None,
    seed: int,
    value_range: ValueRange,
) -> Stored:
    """Returns how a GPU makes batches of arrays; ``pick`` takes their indices and the epoch."""
    choose = make_choice(len(images), seed)
    values = scale(np.arange(256, dtype=np.uint8), value_range)  # of all bytes, exact to the bit

    def pick(indices: np.ndarray, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        mirrored = choose(indices, epoch) if flip else np.zeros(len(indices), bool)
        return indices.astype(np.int32), mirrored

    def build(arrays: tuple[Tensor, ...], indices: Tensor, mirrored: Tensor) -> Structure:
        batch, *others = (ops.take(array, indices, axis=0) for array in arrays)
        if flip:
            batch = ops.where(mirrored[:, None, None, None], ops.flip(batch, axis=2), batch)
        if images.dtype == np.uint8:
            batch = ops.take(ops.convert_to_tensor(values), ops.cast(batch, "int32"))
        return (batch, *others) if others else batch

    arrays = (images,) if labels is None else (images, labels)
    return Stored(arrays, pick, build)


def read_from_device(stored: Stored) -> Callable[[int, int], Structure] | None:
    """Returns a function from an epoch and a number to a batch; None where there is no GPU."""
    if not holds_data() or sum(array.nbytes for array in stored.arrays) > MOST_BYTES:
        return None
    arrays = tuple(map(ops.convert_to_tensor, stored.arrays))
    build = compile_function(stored.build)

    def read(epoch: int, number: int) -> Structure:
        return build(arrays, *map(ops.convert_to_tensor, stored.pick(epoch, number)))

    return read
