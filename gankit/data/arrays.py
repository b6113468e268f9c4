"""Datasets from images in memory."""

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from gankit.checks import check_seed
from gankit.data import checks
from gankit.data.batches import make_dataset
from gankit.data.flips import make_flip
from gankit.data.images import CHANNELS, cut, find_box, scale, to_array
from gankit.data.labels import check_condition, number_texts, select_classes
from gankit.data.resizing import resize
from gankit.data.source import Source, describe, make_order, make_source
from gankit.data.stored import store
from gankit.typing import Dataset, Flip, Size, ValueRange


def from_arrays(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    batch_size: int,
    image_size: Size | None = None,
    center_crop: Size | None = None,
    flip: Flip | None = None,
    classes: Collection[int] | None = None,
    num_classes: int | None = None,
    value_range: ValueRange = (-1, 1),
    shuffle: bool = True,
    replacement: bool = False,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of batches made of images in memory.

    Args:
        images: array ``(n, height, width, channels)`` with 1, 3 or 4 channels: uint8 in 0..255, or
            floats in ``value_range``.
        labels: the images' classes, as integers of shape ``(n,)``, -1 for no label, or as strings,
            the names, which are numbered alphabetically; or real numbers, floats of shape ``(n,)``;
            or a vector for each image, ``(n, numbers)``, of 0s and 1s if an image may have several
            labels. With labels, the dataset contains ``(images, labels)``.
        batch_size: images per batch. All batches have this size; leftover images at the end of an
            epoch are not used in that epoch.
        image_size: ``(height, width)`` in pixels, to which all images are resized once, with
            antialiasing, after cropping to the largest centred box of that aspect ratio.
        center_crop: ``(height, width)`` of a different centred box to crop to, before resizing.
        flip: ``"horizontal"`` mirrors each image, left to right, with probability 1/2. Which images
            are mirrored depends only on ``seed``, the epoch's number and the image's index. None
            leaves all unchanged.
        classes: keeps only the images of these classes, e.g. ``[3, 7]``; labels are not changed.
        num_classes: how many classes there are; labels must then be below it.
        value_range: ``(low, high)`` within [-1, 1], to which 0 and 255 of uint8 images are mapped.
        shuffle: whether each epoch has a new order, which depends only on ``seed`` and the epoch's
            number; False keeps the array's order.
        replacement: whether each image of a batch is drawn from all images instead, so that an
            epoch shows some images twice and others not at all. Every copy of an image has that
            image's index, so ``flip`` treats all copies alike within an epoch.
        seed: integer.

    Returns:
        A dataset of float32 images ``(batch_size, height, width, channels)`` in ``value_range``, or
        of pairs of them with labels: classes as int32 ``(batch_size,)``, other numbers as float32
        ``(batch_size,)`` or ``(batch_size, numbers)``. Its attribute ``class_names`` lists the
        names of classes in the order of their numbers.

    Raises:
        ValueError: wrong rank or channel count, floats that are not finite or not in
            ``value_range``, labels that don't fit, a batch larger than the data, ``replacement``
            without ``shuffle``, another ``flip``.
        TypeError: images that are neither uint8 nor float, labels that are not numbers, or not
            integers if ``num_classes`` is given, ``classes`` that is not a list.

    Examples:
        >>> dataset = data.from_arrays(digits, labels, batch_size=64, flip=None)
        >>> first, classes = next(iter(dataset))
        >>> ops.shape(first), ops.shape(classes)
        ((64, 28, 28, 1), (64,))
        >>> float(np.min(first)), float(np.max(first))
        (-1.0, 1.0)
        >>> len(dataset)  # 5000 // 64
        78

    See Also:
        ``from_directory``, for files, and ``from_dataset``, for another library's datasets.
    """
    check_seed(seed)
    checks.check_flip(flip)
    value_range = checks.check_value_range(value_range)
    images = check_array(images, value_range)
    numbers, class_names = number_texts(labels)
    labels = check_condition(numbers, len(images), num_classes)
    if classes is not None:
        images, labels = select_classes(images, labels, classes)
    checks.check_batch_size(batch_size, len(images))
    if replacement and not shuffle:
        raise ValueError("replacement=True draws at random, so it needs shuffle=True.")
    image_size = checks.check_size(image_size, "image_size")
    center_crop = checks.check_size(center_crop, "center_crop")
    if image_size or center_crop:
        images = cut(images, find_box(images.shape[1:3], image_size, center_crop))
    if image_size:
        images = resize_array(images, image_size, value_range)
    order = {"shuffle": shuffle, "replacement": replacement}
    dataset = make_dataset(
        source_of_arrays(images, labels, batch_size, value_range, flip=flip, seed=seed, **order)
    )
    dataset.class_names = class_names
    return dataset


def source_of_arrays(
    images: np.ndarray,
    labels: np.ndarray | None,
    batch_size: int,
    value_range: ValueRange,
    *,
    flip: Flip | None = None,
    seed: int,
    shuffle: bool,
    replacement: bool = False,
) -> Source:
    """Returns the source of checked arrays; ``labels`` may be None or have any shape."""
    mirror = make_flip(flip, len(images), seed)

    def read(indices, epoch):
        batch = scale(mirror(images[indices], indices, epoch), value_range)
        return batch if labels is None else (batch, labels[indices])

    order = make_order(len(images), seed, shuffle, replacement)
    parts = describe(images.shape[1:], labels)
    stored = store(images, labels, flip, seed, value_range)
    return make_source(read, order, len(images), batch_size, parts, stored)


def resize_array(images: np.ndarray, image_size: Size, value_range: ValueRange) -> np.ndarray:
    """Returns the images of an array, resized; floats stay in ``value_range``."""
    resized = np.stack([resize_pixels(image, image_size) for image in images])
    return resized if images.dtype == np.uint8 else np.clip(resized, *value_range)


def resize_pixels(image: np.ndarray, image_size: Size) -> np.ndarray:
    """Returns one image ``(height, width, channels)``, uint8 or float32, resized.

    In uint8 images, the colour of transparent pixels doesn't leak into their neighbours. For
    floats, it isn't known which value is opaque, so their channels are resized one by one.
    """
    if image.dtype == np.uint8 and image.shape[-1] in (CHANNELS["rgb"], CHANNELS["rgba"]):
        return to_array(resize(Image.fromarray(image), image_size))
    planes = (Image.fromarray(plane) for plane in np.moveaxis(image, -1, 0))
    return np.concatenate([to_array(resize(plane, image_size)) for plane in planes], axis=-1)


def check_array(images: ArrayLike, value_range: ValueRange) -> np.ndarray:
    """Returns ``images`` as a uint8 or float32 array, or says what is wrong with them."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4):
        hint = ""
        if images.ndim == 3:
            hint = " Grey images need a last axis of one channel: images[..., None]."
        elif images.ndim == 4 and images.shape[1] in (1, 3):
            hint = " The channels come last: np.moveaxis(images, 1, -1)."
        raise ValueError(
            "images must have the shape (n, height, width, channels) with 1, 3 or 4 channels, got "
            f"{images.shape}.{hint}"
        )
    if images.dtype == np.uint8 or not len(images):
        return images
    if images.dtype.kind != "f":
        raise TypeError(
            f"images must be uint8 in 0..255 or floats in {list(value_range)}, got {images.dtype}. "
            + checks.explain_scaling(images, value_range)
        )
    checks.check_values(images, value_range)
    if value_range[0] < 0:
        checks.warn_of_unit_range(images)
    return images.astype(np.float32, copy=False)
