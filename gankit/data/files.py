"""Sources of image files, read as training goes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from gankit.checks import check_choice, check_seed
from gankit.data import checks
from gankit.data.arrays import source_of_arrays
from gankit.data.flips import make_flip
from gankit.data.images import MODES, scale
from gankit.data.reader import Reader
from gankit.data.source import Order, Source, describe, make_order, make_source
from gankit.typing import ColorMode, Fit, Flip, OnError, Size, ValueRange

CHUNK = 64  # images that a thread reads in turn


def source_of_files(
    paths: list[str],
    labels: np.ndarray | None,
    *,
    image_size: Size,
    batch_size: int,
    color_mode: ColorMode,
    center_crop: Size | None,
    flip: Flip | None,
    value_range: ValueRange,
    on_error: OnError,
    cache: bool,
    shuffle: bool,
    seed: int,
    fit: Fit = "crop",
) -> Source:
    """Returns the source of image files, each with its row of ``labels``.

    See ``from_directory`` for the arguments.
    """
    checks.check_batch_size(batch_size, len(paths))
    reader = Reader(paths, color_mode, image_size, center_crop, on_error, fit=fit)
    if cache:
        images, used = read_all(reader)
        labels = None if labels is None else labels[used]
        return source_of_arrays(
            images, labels, batch_size, value_range, flip=flip, shuffle=shuffle, seed=seed
        )
    order = make_order(len(paths), seed, shuffle)
    return source_of_reader(
        reader,
        labels,
        order,
        batch_size=batch_size,
        flip=flip,
        value_range=value_range,
        seed=seed,
    )


def source_of_reader(
    reader: Reader,
    labels: np.ndarray | None,
    order: Order,
    *,
    batch_size: int,
    flip: Flip | None,
    value_range: ValueRange,
    seed: int,
) -> Source:
    """Returns the source of the images of a reader, in an order."""
    num_images = len(reader.paths)
    mirror = make_flip(flip, num_images, seed)

    def read(indices, epoch):
        images, used = reader.read(indices)
        images = scale(mirror(images, used, epoch), value_range)
        return images if labels is None else (images, labels[used])

    parts = describe(reader.image_shape(), labels)
    return make_source(read, order, num_images, batch_size, parts)


def read_all(reader: Reader) -> tuple[np.ndarray, np.ndarray]:
    """Returns all images of a reader, and their indices, see ``Reader.read``."""
    indices = np.arange(len(reader.paths))
    with ThreadPoolExecutor() as pool:
        parts = pool.map(reader.read, np.split(indices, range(CHUNK, len(indices), CHUNK)))
        images, used = map(np.concatenate, zip(*parts, strict=True))
    return images, used


def check_options(
    image_size: Size | None,
    center_crop: Size | None,
    flip: Flip | None,
    color_mode: ColorMode,
    value_range: ValueRange,
    on_error: OnError,
    seed: int,
) -> dict[str, Any]:
    """Returns the options that all adapters of files have, checked, for ``source_of_files``."""
    check_choice("color_mode", color_mode, tuple(MODES))
    check_choice("on_error", on_error, ("raise", "skip"))
    checks.check_flip(flip)
    check_seed(seed)
    image_size = checks.check_size(image_size, "image_size")
    if image_size is None:
        raise ValueError("image_size=(height, width) is needed: all images become this size.")
    return {
        "image_size": image_size,
        "center_crop": checks.check_size(center_crop, "center_crop"),
        "flip": flip,
        "color_mode": color_mode,
        "value_range": checks.check_value_range(value_range),
        "on_error": on_error,
        "seed": seed,
    }
