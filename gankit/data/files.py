"""Datasets of image files, read as training goes."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from gankit.checks import check_choice, check_seed
from gankit.data import checks
from gankit.data.arrays import batches_of_arrays
from gankit.data.epochs import batches
from gankit.data.flips import make_flip
from gankit.data.images import MODES, ImageFile, scale
from gankit.data.lazy import tf
from gankit.data.reader import Reader
from gankit.typing import ColorMode, Dataset, Flip, OnError, Size, Tensor, ValueRange

MOST_BATCHES = 8  # that are read at once, since each takes memory


def batches_of_files(
    files: list[ImageFile],
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
) -> Dataset:
    """Returns the dataset of image files, each with its row of ``labels``.

    See ``from_directory`` for the arguments.
    """
    checks.check_batch_size(batch_size, len(files))
    reader = Reader(files, color_mode, image_size, center_crop, on_error)
    if cache:
        everything = tf.data.Dataset.range(len(files)).batch(batch_size).flat_map(reader.read)
        images, indices = map(np.concatenate, zip(*everything.as_numpy_iterator(), strict=True))
        labels = None if labels is None else labels[indices]
        return batches_of_arrays(
            images, labels, batch_size, value_range, flip=flip, shuffle=shuffle, seed=seed
        )
    if labels is not None:
        with tf.device("CPU:0"):
            labels = tf.constant(labels)

    def take(indices, epoch):
        mirror = make_flip(flip, len(files), seed, epoch)

        def finish(images, indices):
            images = tf.ensure_shape(images, (batch_size, *images.shape[1:]))
            indices = tf.ensure_shape(indices, (batch_size,))
            images = scale(mirror(images, indices), value_range)
            return images if labels is None else (images, tf.gather(labels, indices))

        images = read_in_parallel(indices, reader.read)
        return images.map(finish, num_parallel_calls=tf.data.AUTOTUNE)

    return batches(take, len(files), batch_size, shuffle=shuffle, seed=seed)


def read_in_parallel(indices: Dataset, read: Callable[[Tensor], Dataset]) -> Dataset:
    """Returns what ``read``, such as ``Reader.read``, gives for each of the batches of indices."""
    at_once = min(os.cpu_count() or 1, MOST_BATCHES)
    return indices.interleave(read, cycle_length=at_once, num_parallel_calls=tf.data.AUTOTUNE)


def check_options(
    image_size: Size | None,
    center_crop: Size | None,
    flip: Flip | None,
    color_mode: ColorMode,
    value_range: ValueRange,
    on_error: OnError,
    seed: int,
) -> dict[str, Any]:
    """Returns the options that all adapters of files have, checked, for ``batches_of_files``."""
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
