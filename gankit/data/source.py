"""The source of batches on every backend: a function of the epoch and the batch's number."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gankit.data.draws import ORDER, make_generator, once_an_epoch
from gankit.data.stored import Stored
from gankit.typing import Structure

#: Shape and type of an array, or of one row of it; None for how many rows where that may differ.
Part = tuple[tuple[int | None, ...], str]

#: From an epoch to the indices of all its images, int64 ``(num_images,)``.
Order = Callable[[int], np.ndarray]


class Source(NamedTuple):
    """What an adapter makes; ``gankit.data.batches`` carries it to the backend.

    Attributes:
        read: from an epoch and a number below ``num_batches`` to that batch, an array or a tuple
            of arrays. Whoever asks, and whenever, gets the same.
        num_batches: how many batches an epoch has.
        parts: shape and type of each array of a batch.
        stored: how a GPU makes the same batches, of data that are in memory.
        order: of all images, in each epoch; None where batches can only be read in turn.
    """

    read: Callable[[int, int], Structure]
    num_batches: int
    parts: Sequence[Part]
    stored: Stored | None
    order: Order | None


def make_source(
    read: Callable[[np.ndarray, int], Structure],
    order: Order,
    num_images: int,
    batch_size: int,
    parts: Sequence[Part],
    stored: Stored | None = None,
) -> Source:
    """Returns the source of batches of as many images each.

    Args:
        read: from int64 indices ``(batch_size,)`` and the epoch to a batch.
        order: of all images, in each epoch.
        num_images: how many there are. What is left over at the end of an epoch is not used in it.
        batch_size: images per batch.
        parts: shape and type of what there is for one image.
        stored: how a GPU makes what ``read`` gives, for the same arguments.
    """

    def in_turn(read: Callable[[np.ndarray, int], Structure]) -> Callable[[int, int], Structure]:
        return lambda epoch, number: read(
            order(epoch)[number * batch_size : (number + 1) * batch_size], epoch
        )

    if stored is not None:
        stored = stored._replace(pick=in_turn(stored.pick))
    whole = [((batch_size, *shape), dtype) for shape, dtype in parts]
    return Source(in_turn(read), num_images // batch_size, whole, stored, order)


def summarize(
    parts: Sequence[Part],
    num_batches: int | None,
    order: Order | None,
    class_names: Sequence[str] | None = None,
) -> str:
    """Returns what batches hold, in a line; see ``Source`` for the arguments."""
    (images, _), *others = parts
    classes = "classes" if class_names is None else f"{len(class_names)} classes"
    beside = [
        classes if dtype == "int32" and len(shape) == 1 else f"{dtype} {shape[1:]}"
        for shape, dtype in others
    ]
    number, turn = "", "in their own order"
    if order is not None:
        indices = order(0)
        number = f"{len(indices):,} "
        turn = "shuffled" if (indices[1:] < indices[:-1]).any() else "in order"
    what = " and ".join([f"{number}images {images[1:]}", *beside])
    batches = "batches" if num_batches is None else f"{num_batches:,} batches"
    size = "" if images[0] is None else f" of {images[0]}"
    return f"<gankit.data: {what}, {turn}, {batches}{size}>"


def describe(image_shape: tuple[int, ...], labels: np.ndarray | None) -> list[Part]:
    """Returns the parts of a float32 image, and of its row of ``labels`` if there are any."""
    image: Part = (image_shape, "float32")
    return [image] if labels is None else [image, (labels.shape[1:], labels.dtype.name)]


def make_order(num_images: int, seed: int, shuffle: bool, replacement: bool = False) -> Order:
    """Returns the order of the images in each epoch, a function of ``seed`` and the epoch alone.

    Args:
        num_images: how many there are.
        seed: integer.
        shuffle: whether each epoch has an order of its own.
        replacement: whether each index is drawn from all instead.
    """

    @once_an_epoch
    def order(epoch: int) -> np.ndarray:
        if not shuffle:
            return np.arange(num_images)
        generator = make_generator(seed, epoch, ORDER)
        if replacement:
            return generator.integers(num_images, size=num_images)
        return generator.permutation(num_images)

    return order
