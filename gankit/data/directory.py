"""A folder of image files, read as training goes."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf

from gankit.data import checks
from gankit.data.arrays import from_arrays
from gankit.data.epochs import epochs, index_batches
from gankit.data.images import DAMAGE, MODES, find_damage, read_image, scale

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")


def from_directory(
    path,
    *,
    image_size,
    batch_size,
    labels=None,
    classes=None,
    color_mode="rgb",
    center_crop=None,
    on_error="raise",
    cache=False,
    shuffle=True,
    seed=0,
) -> tf.data.Dataset:
    """Returns a dataset of batches that are read from the image files below a folder.

    Files are found in all subfolders, by their endings, and sorted by name. They are decoded while
    training goes on, so that memory does not grow with the folder.

    Args:
        path: the folder.
        image_size: ``(height, width)`` in pixels to resize to, with antialiasing. The largest
            centred box of that aspect ratio is kept.
        batch_size: images a batch. All batches have this size; what is left over at the end of an
            epoch is not used in that epoch.
        labels: None, or ``"inferred"``: each image's class is the subfolder of ``path`` in which it
            stands, numbered in the order of the names, and the dataset holds ``(images, labels)``.
        classes: keeps only the images in these subfolders of ``path``, e.g. ``["frog"]``; the
            numbers stay as they are.
        color_mode: ``"rgb"`` or ``"grayscale"``.
        center_crop: ``(height, width)`` of another centred box to keep, before resizing.
        on_error: what to do with an image that can't be read. ``"raise"`` names it. ``"skip"``
            leaves it out and warns of it; if the damage shows only while training, the next image
            that can be read takes its place.
        cache: whether to decode all images once and keep them in memory, at
            ``height * width * channels`` bytes each.
        shuffle: whether each epoch has a new order, a function of ``seed`` and the epoch's number
            alone; False keeps the files' order.
        seed: integer.

    Returns:
        A ``tf.data.Dataset`` of float32 images ``(batch_size, height, width, channels)`` in
        [-1, 1], or of pairs of them with int32 labels ``(batch_size,)``. Its attributes
        ``file_paths`` and ``class_names`` (all subfolders, sorted; None without labels) say what
        was found.

    Raises:
        ValueError: no such folder, no images, an image that can't be read, a batch larger than the
            data.
    """
    checks.check_choice("color_mode", color_mode, tuple(MODES))
    checks.check_choice("on_error", on_error, ("raise", "skip"))
    checks.check_choice("labels", labels, (None, "inferred"))
    checks.check_seed(seed)
    image_size = checks.check_size(image_size, "image_size")
    if image_size is None:
        raise ValueError("image_size=(height, width) is needed: all images become this size.")
    center_crop = checks.check_size(center_crop, "center_crop")
    checks.check_classes(classes)
    files = find_images(path, classes)
    files = leave_out_damaged(files, path, on_error)
    checks.check_batch_size(batch_size, len(files))

    class_names, label_array = None, None
    if labels == "inferred":
        class_names = sorted(entry.name for entry in Path(path).iterdir() if entry.is_dir())
        label_array = infer_labels(files, path, class_names)
    reader = Reader(files, color_mode, image_size, center_crop, on_error)
    if cache:
        images, indices = reader.read(np.arange(len(files)))
        labels = None if label_array is None else label_array[indices]
        dataset = from_arrays(images, labels, batch_size=batch_size, shuffle=shuffle, seed=seed)
    else:
        dataset = stream(reader, label_array, batch_size, shuffle, seed)
    dataset.file_paths, dataset.class_names = files, class_names
    return dataset


def stream(reader, labels, batch_size, shuffle, seed) -> tf.data.Dataset:
    """Returns the dataset whose batches are read when they are needed."""
    shape = (batch_size, *reader.image_size, 1 if reader.color_mode == "grayscale" else 3)
    if labels is not None:
        with tf.device("CPU:0"):
            labels = tf.constant(labels)

    def read(indices):
        images, indices = tf.numpy_function(reader.read, [indices], (tf.uint8, tf.int64))
        images = scale(tf.ensure_shape(images, shape))
        if labels is None:
            return images
        return images, tf.gather(labels, tf.ensure_shape(indices, (batch_size,)))

    def one_epoch(epoch):
        order = index_batches(
            len(reader.files), batch_size, shuffle=shuffle, seed=seed, epoch=epoch
        )
        return order.map(read, num_parallel_calls=tf.data.AUTOTUNE)

    num_batches = len(reader.files) // batch_size
    return epochs(one_epoch, num_batches).prefetch(tf.data.AUTOTUNE)


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


def find_images(path, classes) -> list[str]:
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


def infer_labels(files: list[str], path, class_names: list[str]) -> np.ndarray:
    """Returns for each file the index of its subfolder of ``path``, int32."""
    inside = [Path(file).relative_to(path).parts for file in files]
    loose = [file for file, parts in zip(files, inside, strict=True) if len(parts) == 1]
    if loose:
        raise ValueError(
            f"labels='inferred' takes the classes from the subfolders of {str(path)!r}, but "
            f"{len(loose)} images stand outside of any, the first is {loose[0]}."
        )
    index = {name: number for number, name in enumerate(class_names)}
    return np.array([index[parts[0]] for parts in inside], np.int32)
