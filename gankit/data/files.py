"""Image files, read as training goes."""

import itertools
import os
import warnings
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gankit.checks import check_choice, check_seed
from gankit.data import checks
from gankit.data.arrays import batches_of_arrays
from gankit.data.epochs import batches
from gankit.data.flips import make_flip
from gankit.data.images import (
    CHANNELS,
    DAMAGE,
    MODES,
    ImageFile,
    decode,
    decode_jpeg,
    find_box,
    find_reduction,
    look_at,
    resize,
    round_to_uint8,
    scale,
)
from gankit.typing import ColorMode, Flip, OnError, PathLike, Size, Tensor, ValueRange

BY_PILLOW = 0
MOST_BATCHES = 8  # that are read at once, since each takes memory
CHUNK = 64  # files that a thread looks at in turn
EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")


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
) -> tf.data.Dataset:
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


def read_in_parallel(
    indices: tf.data.Dataset, read: Callable[[Tensor], tf.data.Dataset]
) -> tf.data.Dataset:
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


class Reader:
    """Reads images by their index in a list of files.

    With ``columns=2`` each file shows two images side by side, each of which becomes
    ``image_size``; they are put together on the channel axis.
    """

    def __init__(
        self,
        files: list[ImageFile],
        color_mode: ColorMode,
        image_size: Size | None,
        center_crop: Size | None,
        on_error: OnError,
        columns: int = 1,
    ):
        self.paths = [file.path for file in files]
        self.color_mode = color_mode
        self.columns = columns
        self.image_size: Any = image_size  # None is for decode_by_pillow alone, which keeps sizes
        self.file_size = image_size and (image_size[0], columns * image_size[1])
        self.center_crop = center_crop
        self.on_error = on_error
        self.damaged: dict[str, str] = {}
        if not files:
            raise ValueError("There is no image that can be read.")
        reductions, begins, shapes = zip(*map(self.plan, files), strict=True)
        self.reductions, ways = np.unique(reductions, return_inverse=True)
        with tf.device("CPU:0"):
            self.path_tensor = tf.constant(self.paths)
            self.way_tensor = tf.constant(ways, tf.int32)
            self.begin_tensor, self.shape_tensor = tf.constant(begins), tf.constant(shapes)

    def plan(self, file: ImageFile) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        """Returns at which part of its size a JPEG is decoded, and what of it is kept.

        That is where a box begins, and its shape, both with the channels. All zeros for a file that
        Pillow decodes, which finds them by itself.
        """
        if not file.plain_jpeg:
            return BY_PILLOW, (0, 0, 0), (0, 0, 0)
        reduction = find_reduction(file.size, self.file_size, self.center_crop)
        reduced = [-(-side // reduction) for side in file.size]  # rounded up, as JPEGs are
        top, left, *box = find_box(reduced, self.file_size, self.center_crop)
        return reduction, (top, left, 0), (*box, CHANNELS[self.color_mode])

    def read(self, indices: Tensor) -> tf.data.Dataset:
        """Returns a dataset of one element, the batch of images with these indices.

        They are uint8 ``(n, height, width, columns * channels)``, and beside them are their int64
        indices: the given ones, unless some image can't be read and another takes its place.
        """
        indices = tf.data.Dataset.from_tensors(indices)
        quick = indices.map(partial(self.read_batch, self.decode_quickly))
        # What fails in TensorFlow does not say in which file. Pillow reads the batch once more.
        careful = indices.map(partial(self.read_batch, self.decode_by_pillow))
        return quick.ignore_errors().concatenate(careful).take(1)

    def read_batch(
        self, decode_one: Callable[[Tensor], tuple[Tensor, Tensor]], indices: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns the images with these indices, and the indices of those that were read."""
        shape = (*self.image_size, self.columns * CHANNELS[self.color_mode])

        def read_one(index):
            pixels, used = decode_one(index)
            width = tf.shape(pixels)[1] // self.columns
            parts = [pixels[:, n * width : (n + 1) * width] for n in range(self.columns)]
            pixels = tf.concat(parts, axis=-1)
            return tf.ensure_shape(resize(pixels, self.image_size), shape), used

        signature = (tf.float32, tf.int64)
        images, used = tf.map_fn(read_one, indices, fn_output_signature=signature)
        return round_to_uint8(images), used

    def decode_quickly(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the pixels of a file, whichever way serves it, and its index."""
        ways = [partial(self.decode_in_graph, index, reduction) for reduction in self.reductions]
        if self.reductions[0] == BY_PILLOW:
            ways[0] = partial(self.decode_by_pillow, index)
        # Often all files of a folder are alike.
        return ways[0]() if len(ways) == 1 else tf.switch_case(self.way_tensor[index], ways)

    def decode_in_graph(self, index: Tensor, reduction: int) -> tuple[Tensor, Tensor]:
        """Returns the pixels of a plain JPEG, and its index."""
        tensors = (self.path_tensor, self.begin_tensor, self.shape_tensor)
        path, begin, shape = (tensor[index] for tensor in tensors)
        return decode_jpeg(path, begin, shape, self.color_mode, int(reduction)), index

    def decode_by_pillow(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the pixels of any file, and its index, or those of the next that can be read."""
        pixels, used = tf.numpy_function(self.decode_or_next, [index], (tf.uint8, tf.int64))
        channels = CHANNELS[self.color_mode]
        return tf.ensure_shape(pixels, (None, None, channels)), tf.ensure_shape(used, ())

    def decode_or_next(self, index: int) -> tuple[np.ndarray, np.int64]:
        """Returns one image's pixels; if it can't be read, raises, or returns the next that can."""
        for offset in range(len(self.paths)):
            place = (index + offset) % len(self.paths)
            path = self.paths[place]
            try:
                pixels = decode(path, self.color_mode, self.file_size, self.center_crop)
                return pixels, np.int64(place)
            except DAMAGE as error:
                if self.on_error == "raise":
                    raise ValueError(
                        f"{path} can't be read: {error}. Remove it, or pass on_error='skip'."
                    ) from error
                self.report(path, error)
        raise ValueError(f"None of the {len(self.paths)} images can be read any more.")

    def report(self, path: str, error: Exception) -> None:
        """Warns of a damaged file, once."""
        if path not in self.damaged:
            self.damaged[path] = str(error)
            warnings.warn(
                f"{path} can't be read: {error}. The next image that can be read takes its place "
                f"({len(self.damaged)} of {len(self.paths)} so far).",
                stacklevel=2,
            )


def find_images(path: PathLike, classes: Collection[str] | None = None) -> list[str]:
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


def leave_out_damaged(
    paths: list[str], folder: PathLike, on_error: str, center_crop: Size | None
) -> list[ImageFile]:
    """Returns the files that look whole; names the others in an error or in a warning."""
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    with ThreadPoolExecutor() as pool:  # for disks that are slow to answer
        looked = pool.map(lambda chunk: [look_at(path, center_crop) for path in chunk], chunks)
        files = list(itertools.chain.from_iterable(looked))
    whole = [file for file in files if isinstance(file, ImageFile)]
    if len(whole) == len(files):
        return whole
    damage = [
        f"\n  {path}: {reason}"
        for path, reason in zip(paths, files, strict=True)
        if isinstance(reason, str)
    ]
    more = f"\n  and {len(damage) - 10} more" if len(damage) > 10 else ""
    message = (
        f"{len(damage)} of {len(paths)} images in {str(folder)!r} can't be read:"
        f"{''.join(damage[:10])}{more}"
    )
    if on_error == "raise":
        raise ValueError(f"{message}\nRemove them, or pass on_error='skip' to leave them out.")
    warnings.warn(f"{message}\nThey are left out.", stacklevel=3)
    return whole
