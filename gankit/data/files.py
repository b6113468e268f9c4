"""Image files, read as training goes."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf

from gankit.data import checks
from gankit.data.arrays import batches_of_arrays
from gankit.data.epochs import batches
from gankit.data.images import DAMAGE, MODES, find_damage, read_image, scale

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")


def batches_of_files(
    files: list[str],
    labels: np.ndarray | None,
    *,
    image_size,
    batch_size,
    color_mode,
    center_crop,
    value_range,
    on_error,
    cache,
    shuffle,
    seed,
) -> tf.data.Dataset:
    """Returns the dataset of image files that look whole, each with its row of ``labels``.

    See ``from_directory`` for the arguments.
    """
    checks.check_batch_size(batch_size, len(files))
    reader = Reader(files, color_mode, image_size, center_crop, on_error)
    if cache:
        images, indices = reader.read(np.arange(len(files)))
        labels = None if labels is None else labels[indices]
        return batches_of_arrays(
            images, labels, batch_size, value_range, shuffle=shuffle, seed=seed
        )
    shape = (batch_size, *image_size, 1 if color_mode == "grayscale" else 3)
    if labels is not None:
        with tf.device("CPU:0"):
            labels = tf.constant(labels)

    def read(indices):
        images, indices = tf.numpy_function(reader.read, [indices], (tf.uint8, tf.int64))
        images = scale(tf.ensure_shape(images, shape), value_range)
        if labels is None:
            return images
        return images, tf.gather(labels, tf.ensure_shape(indices, (batch_size,)))

    return batches(read, len(files), batch_size, shuffle=shuffle, seed=seed)


def check_options(image_size, center_crop, color_mode, value_range, on_error, seed) -> dict:
    """Returns the options that all adapters of files have, checked, for ``batches_of_files``."""
    checks.check_choice("color_mode", color_mode, tuple(MODES))
    checks.check_choice("on_error", on_error, ("raise", "skip"))
    checks.check_seed(seed)
    image_size = checks.check_size(image_size, "image_size")
    if image_size is None:
        raise ValueError("image_size=(height, width) is needed: all images become this size.")
    return {
        "image_size": image_size,
        "center_crop": checks.check_size(center_crop, "center_crop"),
        "color_mode": color_mode,
        "value_range": checks.check_value_range(value_range),
        "on_error": on_error,
        "seed": seed,
    }


class Reader:
    """Reads images by their index in a list of files."""

    def __init__(self, files, color_mode, image_size, center_crop, on_error):
        self.files = files
        self.color_mode = color_mode
        self.image_size = image_size
        self.center_crop = center_crop
        self.on_error = on_error
        self.damaged = {}

    def read(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns uint8 images ``(n, height, width, channels)`` and their int64 indices ``(n,)``.

        The indices are the given ones, unless some image can't be read and is to be skipped.
        """
        images, used = zip(*map(self.read_one, indices), strict=True)
        return np.stack(images), np.array(used, np.int64)

    def read_one(self, index: int) -> tuple[np.ndarray, int]:
        """Returns one image; where it can't be read, raises, or returns the next that can."""
        for offset in range(len(self.files)):
            place = (index + offset) % len(self.files)
            path = self.files[place]
            try:
                image = read_image(path, self.color_mode, self.image_size, self.center_crop)
                return image, place
            except DAMAGE as error:
                if self.on_error == "raise":
                    raise ValueError(
                        f"{path} can't be read: {error}. Remove it, or pass on_error='skip'."
                    ) from error
                self.report(path, error)
        raise ValueError(f"None of the {len(self.files)} images can be read any more.")

    def report(self, path: str, error: Exception) -> None:
        """Warns of a damaged file, once."""
        if path not in self.damaged:
            self.damaged[path] = str(error)
            warnings.warn(
                f"{path} can't be read: {error}. The next image that can be read takes its place "
                f"({len(self.damaged)} of {len(self.files)} so far).",
                stacklevel=2,
            )


def find_images(path, classes=None) -> list[str]:
    """Returns the paths of all image files below ``path``, sorted."""
    root = Path(path)
    if not root.is_dir():
        raise ValueError(f"There is no folder {str(path)!r}.")
    starts = [root] if classes is None else [root / str(name) for name in classes]
    for start in starts:
        if not start.is_dir():
            folders = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
            raise ValueError(
                f"classes: {str(path)!r} has no subfolder {start.name!r}, it has {folders}."
            )
    files = [
        os.path.join(folder, name)  # noqa: PTH118 (100,000 Path objects are slow)
        for start in dict.fromkeys(starts)
        for folder, _, names in os.walk(start)
        for name in names
        if name.lower().endswith(EXTENSIONS)
    ]
    if not files:
        raise ValueError(
            f"There are no images in {str(path)!r}: no file in it or below it ends in one of "
            f"{', '.join(EXTENSIONS)}."
        )
    return sorted(files)


def leave_out_damaged(files: list[str], path, on_error: str) -> list[str]:
    """Returns the files that look whole; names the others in an error or in a warning."""
    with ThreadPoolExecutor() as pool:
        damage = dict(zip(files, pool.map(find_damage, files), strict=True))
    damage = {file: reason for file, reason in damage.items() if reason}
    if not damage:
        return files
    shown = "".join(f"\n  {file}: {reason}" for file, reason in list(damage.items())[:10])
    more = f"\n  and {len(damage) - 10} more" if len(damage) > 10 else ""
    message = f"{len(damage)} of {len(files)} images in {str(path)!r} can't be read:{shown}{more}"
    if on_error == "raise":
        raise ValueError(f"{message}\nRemove them, or pass on_error='skip' to leave them out.")
    warnings.warn(f"{message}\nThey are left out.", stacklevel=3)
    return [file for file in files if file not in damage]
