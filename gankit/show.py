"""A picture of a batch of the data."""

import math
import types
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from PIL import Image, ImageDraw

from gankit.checks import check_at_least_one
from gankit.data.epochs import get_epochs, set_epochs
from gankit.grids import make_grid, on_checkerboard, save_grid, to_uint8
from gankit.training.first_batch import peek
from gankit.typing import ImageData, PathLike, ValueRange

WIDE_ENOUGH = 64  # pixels of an image, for a few signs of text below it
TEXT_HEIGHT = 12  # pixels of Pillow's own font


def show_batch(
    dataset: ImageData,
    path: PathLike | None = None,
    *,
    num_images: int = 64,
    columns: int | None = None,
    value_range: ValueRange = (-1, 1),
) -> np.ndarray:
    """Returns a grid of the first batch that ``fit`` would see, with labels below the images.

    The dataset is not advanced: the epoch that comes next is the same as before.

    Args:
        dataset: what ``fit`` takes: batches of images or of ``(images, labels)``, or an array.
        path: where to write the grid too, see ``save_grid``.
        num_images: how many of the batch, at most.
        columns: images per row; by default as many as make the grid nearly square.
        value_range: ``(low, high)``: which floats are black and white.

    Returns:
        uint8 ``(height, width, 1 or 3)``, see ``make_grid``.

    Raises:
        TypeError: a generator, whose batch would be lost, or what gives no batches.

    Examples:
        >>> dataset = data.from_arrays(digits, labels, batch_size=16)
        >>> gankit.show_batch(dataset, "batch.png", num_images=16).dtype
        dtype('uint8')
    """
    check_at_least_one("num_images", num_images)
    images, labels = look(dataset)
    pictures = on_checkerboard(to_uint8(images[:num_images], value_range))
    factor = math.ceil(WIDE_ENOUGH / pictures.shape[2])
    pictures = pictures.repeat(factor, axis=1).repeat(factor, axis=2)
    if labels is not None and labels.ndim < 3:
        texts = describe(labels[:num_images], getattr(dataset, "class_names", None))
        pictures = write_below(pictures, texts)
    if path is not None:
        save_grid(pictures, path, columns=columns, scale=None)
    return make_grid(pictures, columns=columns)


def look(dataset: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns the first images, and what stands beside them, without moving data on."""
    if isinstance(dataset, types.GeneratorType):
        raise TypeError(
            "A batch taken out of a generator would be lost to training. Make a second generator, "
            "and pass its images: show_batch(next(second))."
        )
    epochs = get_epochs(dataset)
    batch, _ = peek(dataset)
    set_epochs(dataset, epochs)
    if batch is None:
        raise TypeError(f"dataset must give batches of images, got {type(dataset).__name__}.")
    images, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
    parts = keras.tree.map_structure(np.asarray, (images, labels))
    return keras.tree.flatten(parts[0])[0], None if labels is None else parts[1]


def describe(labels: np.ndarray, class_names: Sequence[str] | None) -> list[str]:
    """Returns a short text for each label: its class's name, or its numbers."""
    if labels.ndim == 1 and labels.dtype.kind in "iu" and class_names:
        return [class_names[label] for label in labels]
    return [",".join(f"{number:.3g}" for number in np.atleast_1d(label)) for label in labels]


def write_below(pictures: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """Returns uint8 pictures ``(n, height, width, channels)`` with a line of text below each."""
    width, lines = pictures.shape[2], []
    for text in texts:
        line = Image.new("L", (width, TEXT_HEIGHT))
        ImageDraw.Draw(line).text((1, 0), text, fill=255)
        lines.append(np.asarray(line)[..., None])
    below = np.broadcast_to(np.stack(lines), (len(texts), TEXT_HEIGHT, *pictures.shape[2:]))
    return np.concatenate([pictures, below], axis=1)
