"""A look at the first batch of the data, before training begins."""

import types
import warnings
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.data.epochs import get_epochs
from gankit.training.arguments import check_no_weights
from gankit.typing import Structure, ValueRange


def peek(x: Any, y: Structure = None, batch_size: int | None = None) -> tuple[Structure, Any]:
    """Returns the first batch that ``fit`` would see, and data that still includes it.

    Uses a separate iterator, so that training starts at the beginning again (a dataset that
    shuffles itself has then been iterated over once more). The batch is None if none can be
    inspected, as in a dataset that is already distributed.
    """
    if hasattr(x, "take") and hasattr(x, "element_spec"):  # a tf.data.Dataset
        return first_of(x.take(1)), x
    if isinstance(x, keras.utils.PyDataset):
        return keras.tree.map_structure(ops.convert_to_numpy, x[0]), x
    if isinstance(x, types.GeneratorType):
        first = first_of(x)

        def whole():
            yield first
            yield from x

        return first, whole()
    arrays = [x] if y is None else [x, y]
    if all(hasattr(array, "__getitem__") for array in keras.tree.flatten(arrays)):
        rows = slice(0, batch_size or 32)
        return tuple(keras.tree.map_structure(lambda array: array[rows], arrays)), x
    if is_loader(x):
        first = first_of(x)
        parts = first if isinstance(first, list | tuple) else [first]
        return tuple(map(ops.convert_to_numpy, parts)), x
    return None, x


def is_stream(x: Any) -> bool:
    """Returns whether the data has its own order, which Keras must not shuffle."""
    return hasattr(x, "element_spec") or isinstance(x, types.GeneratorType) or is_loader(x)


def is_loader(x: Any) -> bool:
    """Returns whether the data can only be iterated over, as PyTorch's ``DataLoader``."""
    others = ("__getitem__", "__next__", "element_spec")
    return hasattr(x, "__iter__") and not any(hasattr(x, name) for name in others)


def first_of(batches: Iterable[Structure]) -> Structure:
    """Returns the first batch, or raises ``ValueError`` if there is none."""
    for batch in batches:
        return batch
    raise ValueError("The data holds no batch: the batch size may be larger than the data.")


def peek_validation(arguments: dict[str, Any]) -> Structure:
    """Returns the first batch of ``fit``'s validation data, or None if there is none."""
    validation_data = arguments.get("validation_data")
    if validation_data is None or isinstance(validation_data, types.GeneratorType):
        return None
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(validation_data)
    check_no_weights(sample_weight)
    return peek(x, y)[0]


def warn_of_range(first: Structure, x: Any, value_range: ValueRange | None) -> None:
    """Warns if the first batch's images have a different range than the generator's.

    There is no warning for gankit's adapters, which know the range.
    """
    if first is None or get_epochs(x):
        return
    images, *_ = keras.utils.unpack_x_y_sample_weight(first)
    for part in keras.tree.flatten(images):
        part = np.asarray(part)
        if part.ndim != 4 or part.dtype == np.uint8:
            continue
        low, high = float(np.min(part)), float(np.max(part))
        if value_range == (-1.0, 1.0) and 0 <= low < high <= 1:
            warnings.warn(
                f"Images reach from {low:.4g} to {high:.4g}, but the generator's from -1 to 1. If "
                "0 is black, scale them to [-1, 1]: images * 2 - 1.",
                stacklevel=3,
            )
        elif value_range is None and high > 32:
            warnings.warn(
                f"Images reach from {low:.4g} to {high:.4g}, which trains badly. Scale values of "
                "0..255 to [-1, 1]: images / 127.5 - 1, or give them as uint8.",
                stacklevel=3,
            )
