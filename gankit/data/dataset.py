"""Batches that you have already: a dataset of your own."""

import functools
import itertools
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from gankit.checks import check_at_least_one
from gankit.data import checks
from gankit.data.arrays import check_array
from gankit.data.batches import Batches, make_dataset, map_arrays
from gankit.data.epochs import get_epochs, set_epochs
from gankit.data.images import scale
from gankit.data.in_turn import InTurn
from gankit.data.labels import check_condition
from gankit.data.source import Part, Source, describe
from gankit.differentiation import uses_tf_data
from gankit.typing import Dataset, Structure, ValueRange

NO_BATCH = "The data hold no batch."


def from_dataset(
    dataset: Iterable[Structure] | keras.utils.PyDataset,
    *,
    num_batches: int | None = None,
    value_range: ValueRange = (-1, 1),
) -> Dataset:
    """Returns a dataset of batches that another one gives, in its order, scaled and checked.

    Where each pass over yours has the same order, a run on it can be resumed by
    ``callbacks.Checkpoint`` bit for bit; where it shuffles by itself, nearly so.

    Args:
        dataset: a ``tf.data.Dataset``, a ``keras.utils.PyDataset``, a PyTorch ``DataLoader``, or
            what else can be passed over again and again, such as a list. Its batches are images
            ``(n, height, width, channels)``, uint8 in 0..255 or floats in ``value_range``, or pairs
            of images and labels, see ``from_arrays``.
        num_batches: how many batches of each pass to take; None for all. Needed where the data
            don't say how many they have, unless they are a ``tf.data.Dataset``.
        value_range: ``(low, high)`` within [-1, 1]: where 0 and 255 of uint8 images go.

    Returns:
        A dataset of float32 images ``(n, height, width, channels)`` in ``value_range``, or of pairs
        of them with labels: classes as int32 ``(n,)``, other numbers as float32 ``(n,)`` or ``(n,
        numbers)``. It has ``dataset``'s ``class_names``, where that has some.

    Raises:
        ValueError: the first batch has another shape or other values, or there is none; labels that
            don't fit; data that don't say how many batches they have.
        TypeError: a generator, which can be passed over once only; images that are neither uint8
            nor float; what gives no batches.

    Examples:
        >>> batches = [(images[:4], labels[:4]), (images[4:8], labels[4:8])]
        >>> dataset = data.from_dataset(batches)
        >>> [ops.shape(part) for part in next(iter(dataset))]
        [(4, 28, 28, 1), (4,)]
    """
    value_range = checks.check_value_range(value_range)
    if num_batches is not None:
        check_at_least_one("num_batches", num_batches)
    in_turn = None if is_ready(dataset) else read_in_turn(dataset, num_batches)
    images, labels = split(look_at(dataset) if in_turn is None else in_turn.read(0, 0))
    checked = check_array(images, value_range)
    condition = check_condition(labels, len(images))
    convert = make_converter(images, condition, value_range)
    parts = describe(checked.shape[1:], condition)
    parts = [((None, *shape), dtype) for shape, dtype in parts]
    if in_turn is None:
        made = map_arrays(take(dataset, num_batches), convert, parts)
    else:
        made = make_dataset(source_in_turn(in_turn, convert, parts))
    made.class_names = getattr(dataset, "class_names", None)
    return made


def is_ready(dataset: Any) -> bool:
    """Returns whether data are of the kind that this backend trains from best."""
    if uses_tf_data():
        return hasattr(dataset, "element_spec")
    return isinstance(dataset, Batches)


def take(dataset: Dataset, num_batches: int | None) -> Dataset:
    """Returns so many batches of each pass, or all."""
    return dataset if num_batches is None else dataset.take(num_batches)


def look_at(dataset: Dataset) -> Structure:
    """Returns the first batch, without moving on data of gankit's that it is made of."""
    epochs = get_epochs(dataset)
    first = next(iter(dataset.take(1)), None)
    set_epochs(dataset, epochs)
    if first is None:
        raise ValueError(NO_BATCH)
    return first


def read_in_turn(dataset: Any, num_batches: int | None) -> InTurn:
    """Returns the batches of what can be passed over again and again.

    Raises:
        TypeError: what can't be passed over, or once only.
        ValueError: nobody says how many batches there are, or there is none.
    """
    if isinstance(dataset, types.GeneratorType):
        raise TypeError(
            "A generator can be passed over once only. Give a list of its batches, or an object "
            "whose __iter__ starts again from the first batch."
        )
    if hasattr(dataset, "shape"):
        raise TypeError(
            "dataset must give batches, got an array: pass it to data.from_arrays(images, "
            "batch_size=64)."
        )
    is_indexed = isinstance(dataset, keras.utils.PyDataset)
    if not is_indexed and not isinstance(dataset, Iterable):
        raise TypeError(f"dataset must give batches of images, got {type(dataset).__name__}.")
    known = dataset.num_batches if is_indexed else count(dataset)
    if known == 0:
        raise ValueError(NO_BATCH)
    counts = [number for number in (known, num_batches) if number is not None]
    if not counts:
        raise ValueError(
            f"{type(dataset).__name__} doesn't say how many batches a pass has: say it by "
            "num_batches, or give it a __len__."
        )
    begin = functools.partial(pass_by_index, dataset) if is_indexed else lambda: dataset
    return InTurn(begin, min(counts))


def count(dataset: Any) -> int | None:
    """Returns how many batches an iterable says it has, None where it doesn't."""
    try:
        return len(dataset)
    except TypeError:  # no __len__, or one that doesn't know
        return None


def pass_by_index(dataset: keras.utils.PyDataset) -> Iterator[Structure]:
    """Yields the batches of a ``PyDataset``, and tells it when a pass ends, as Keras does."""
    for index in itertools.count():
        batch = dataset[index]
        if index + 1 == dataset.num_batches:
            dataset.on_epoch_end()
        yield batch


def split(batch: Structure) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns the images of a batch, and their labels where there are some."""
    parts = list(batch) if isinstance(batch, tuple | list) else [batch]
    if len(parts) not in (1, 2):
        raise ValueError(f"A batch must be images or (images, labels), got {len(parts)} parts.")
    images, *labels = map(np.asarray, parts)
    return images, labels[0] if labels else None


def make_converter(
    images: np.ndarray, condition: np.ndarray | None, value_range: ValueRange
) -> Callable[..., tuple[np.ndarray, ...]]:
    """Returns a function from a batch such as the first one to float32 images, and labels."""
    shape, dtype = images.shape[1:], images.dtype

    def convert(*batch: Any) -> tuple[np.ndarray, ...]:
        images, labels = split(batch)
        if (images.shape[1:], images.dtype) != (shape, dtype):
            raise ValueError(
                f"All images must be {dtype} {shape}, as in the first batch, got {images.dtype} "
                f"{images.shape[1:]}."
            )
        if (labels is None) != (condition is None):
            raise ValueError("All batches must have labels, or none, as the first one.")
        scaled = scale(images, value_range)
        if condition is None or labels is None:
            return (scaled,)
        return scaled, labels.reshape(len(images), *condition.shape[1:]).astype(condition.dtype)

    return convert


def source_in_turn(
    in_turn: InTurn, convert: Callable[..., tuple[np.ndarray, ...]], parts: Sequence[Part]
) -> Source:
    """Returns the source of batches that are read in turn, and converted."""

    def read(epoch: int, number: int) -> Structure:
        batch = in_turn.read(epoch, number)
        arrays = convert(*batch) if isinstance(batch, tuple | list) else convert(batch)
        return arrays if len(arrays) > 1 else arrays[0]

    return Source(read, in_turn.num_batches, parts, stored=None, order=None)
