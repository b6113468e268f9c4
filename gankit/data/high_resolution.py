"""Photos and their copies of fewer pixels, for super-resolution."""

import functools

import numpy as np

from gankit.checks import check_at_least_one
from gankit.data import checks
from gankit.data.batches import make_dataset
from gankit.data.crops import random_crop
from gankit.data.draws import PLACES, draw
from gankit.data.files import check_options
from gankit.data.flips import make_flip
from gankit.data.folders import find_images, leave_out_damaged
from gankit.data.images import CHANNELS, scale, to_array
from gankit.data.reader import Reader
from gankit.data.resizing import resize_bicubic
from gankit.data.source import make_order, make_source
from gankit.typing import ColorMode, Dataset, Flip, OnError, PathLike, Size, ValueRange


def from_high_resolution(
    path: PathLike,
    *,
    factor: int,
    patch_size: Size,
    batch_size: int,
    patches_per_image: int = 1,
    flip: Flip | None = "horizontal",
    color_mode: ColorMode = "rgb",
    value_range: ValueRange = (-1, 1),
    on_error: OnError = "raise",
    cache: bool = False,
    shuffle: bool = True,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of patches of photos, and of the same patches in fewer pixels.

    Images are the patches, at the photos' own resolution; the condition is what a generator gets:
    the patches shrunk by cubic interpolation with antialiasing (``data.resize_bicubic``).

    Args:
        path: a folder, see ``from_directory``.
        factor: by how much height and width shrink, an integer.
        patch_size: ``(height, width)`` of a patch in pixels; multiples of ``factor``.
        batch_size: patches a batch.
        patches_per_image: how many patches of each photo an epoch has.
        flip: ``"horizontal"`` mirrors half of the patches at random, see ``from_directory``; None
            leaves all as they are.
        color_mode: ``"rgb"``, ``"grayscale"``, or ``"rgba"``, which keeps transparency.
        value_range: ``(low, high)`` within [-1, 1]: where black and white go.
        on_error: as in ``from_directory``.
        cache: whether to keep all photos in memory when they have been decoded once.
        shuffle: whether each epoch has a new order; patches are at random places in any case, which
            are a function of ``seed``, the epoch's number and the patch's alone.
        seed: integer.

    Returns:
        A dataset of pairs of float32 images in ``value_range``: ``(batch_size, height,
        width, channels)`` and ``(batch_size, height / factor, width / factor, channels)``.

    Raises:
        ValueError: no such folder, no images, one that can't be read or is smaller than a patch, a
            patch that can't be shrunk by ``factor``, a batch larger than the data, another
            ``flip``.

    Examples:
        >>> _ = gankit.save_images(images[:4], "photos")
        >>> dataset = data.from_high_resolution(
        ...     "photos", factor=2, patch_size=(16, 16), batch_size=2, color_mode="grayscale"
        ... )
        >>> [ops.shape(part) for part in next(iter(dataset))]
        [(2, 16, 16, 1), (2, 8, 8, 1)]
    """
    options = check_options(patch_size, None, flip, color_mode, value_range, on_error, seed)
    patch_size, value_range = options["image_size"], options["value_range"]
    check_at_least_one("factor", factor)
    check_at_least_one("patches_per_image", patches_per_image)
    small_size = (patch_size[0] // factor, patch_size[1] // factor)
    if any(side % factor for side in patch_size):
        raise ValueError(f"patch_size={patch_size} must be multiples of factor={factor}.")
    paths = find_images(path, on_error)
    paths = leave_out_damaged(paths, path, on_error, center_crop=patch_size)
    num_patches = len(paths) * patches_per_image
    checks.check_batch_size(batch_size, num_patches)
    reader = Reader(paths, color_mode, None, None, on_error)

    def read_photo(place):
        image, _ = reader.decode_or_next(place)
        return to_array(image)

    if cache:
        read_photo = functools.cache(read_photo)
    mirror = make_flip(flip, num_patches, seed)
    places = draw((num_patches, 2), seed, PLACES)

    def cut(index, numbers):
        return random_crop(read_photo(index // patches_per_image), patch_size, numbers)

    def read(indices, epoch):
        patches = np.stack(list(map(cut, indices.tolist(), places(epoch)[indices])))
        patches = scale(mirror(patches, indices, epoch), value_range)
        small = resize_bicubic(patches, small_size)
        return patches, np.clip(small, *value_range)

    order = make_order(num_patches, seed, shuffle)
    parts = [((*size, CHANNELS[color_mode]), "float32") for size in (patch_size, small_size)]
    return make_dataset(make_source(read, order, num_patches, batch_size, parts))
