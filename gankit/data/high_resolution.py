"""Photos, and what they would look like in fewer pixels: what super-resolution learns from."""

import functools

from gankit.checks import check_at_least_one
from gankit.data import checks
from gankit.data.crops import random_crop
from gankit.data.epochs import batches
from gankit.data.files import check_options
from gankit.data.flips import make_flip
from gankit.data.folders import find_images, leave_out_damaged
from gankit.data.images import resize_bicubic, scale
from gankit.data.lazy import tf
from gankit.data.reader import Reader
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
        color_mode: ``"rgb"`` or ``"grayscale"``.
        value_range: ``(low, high)`` within [-1, 1]: where black and white go.
        on_error: as in ``from_directory``.
        cache: whether to keep all photos in memory when they have been decoded once.
        shuffle: whether each epoch has a new order; patches are at random places in any case, which
            are a function of ``seed``, the epoch's number and the patch's alone.
        seed: integer.

    Returns:
        A ``tf.data.Dataset`` of pairs of float32 images in ``value_range``: ``(batch_size, height,
        width, channels)`` and ``(batch_size, height / factor, width / factor, channels)``.

    Raises:
        ValueError: no such folder, no images, one that can't be read or is smaller than a patch, a
            patch that can't be shrunk by ``factor``, a batch larger than the data, another
            ``flip``.
    """
    options = check_options(patch_size, None, flip, color_mode, value_range, on_error, seed)
    patch_size, value_range = options["image_size"], options["value_range"]
    check_at_least_one("factor", factor)
    check_at_least_one("patches_per_image", patches_per_image)
    small_size = (patch_size[0] // factor, patch_size[1] // factor)
    if any(side % factor for side in patch_size):
        raise ValueError(f"patch_size={patch_size} must be multiples of factor={factor}.")
    files = leave_out_damaged(find_images(path), path, on_error, center_crop=patch_size)
    num_patches = len(files) * patches_per_image
    checks.check_batch_size(batch_size, num_patches)
    reader = Reader(files, color_mode, None, None, on_error)
    if cache:
        # This one reader keeps what it has decoded.
        reader.decode_or_next = functools.cache(reader.decode_or_next)  # type: ignore[method-assign]

    def take(indices, epoch):
        mirror = make_flip(flip, num_patches, seed, epoch)

        def cut(index):
            photo, _ = reader.decode_by_pillow(index // patches_per_image)
            return random_crop(photo, patch_size, seed, epoch, index), index

        def finish(patches, indices):
            patches = scale(mirror(patches, indices), value_range)
            small = resize_bicubic(patches, small_size)
            return patches, tf.clip_by_value(small, *value_range)

        patches = indices.unbatch().map(cut, num_parallel_calls=tf.data.AUTOTUNE)
        return patches.batch(batch_size, drop_remainder=True).map(finish)

    return batches(take, num_patches, batch_size, shuffle=shuffle, seed=seed)
