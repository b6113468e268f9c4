"""One image: decoded, cut and resized, and scaled to [-1, 1] or another range.

All adapters come through here, so the same picture gives the same pixels whether it comes out of a
folder, an array or a prepared data set, and on every backend.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from gankit.typing import Size, ValueRange

MODES = {"rgb": "RGB", "grayscale": "L"}
CHANNELS = {"rgb": 3, "grayscale": 1}

# What Pillow raises on files that are damaged, cut short, or something else altogether.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)

# A JPEG decodes several times faster at a half, a quarter or an eighth of its size. It is decoded
# at the smallest of these that is still so many times as large as what is asked for.
REDUCTIONS = (1, 2, 4, 8)
LEAST_REDUCTION = 1.5

# A whole file ends with these bytes. One that does may still be damaged inside, one that doesn't
# may still be whole (some cameras append data), but looking here finds broken downloads at once.
ENDINGS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}

ORIENTATION = 0x0112  # the EXIF tag
UPRIGHT = 1


def scale(images: np.ndarray, value_range: ValueRange) -> np.ndarray:
    """Returns uint8 images as float32 in ``value_range``; floats only change their type."""
    low, high = value_range
    if images.dtype != np.uint8:
        return images.astype(np.float32, copy=False)
    scaled = images.astype(np.float32)
    scaled /= np.float32(255.0 / (high - low))  # in place: these are most of what a batch costs
    scaled += np.float32(low)
    return scaled


def find_box(
    size: Sequence[int], image_size: Size | None = None, center_crop: Size | None = None
) -> tuple[int, int, int, int]:
    """Returns the centred box of an image that is kept: ``(top, left, height, width)``.

    That is ``center_crop``, and of it the largest box that has the aspect ratio of ``image_size``.

    Args:
        size: ``(height, width)`` of the image.
        image_size: ``(height, width)`` to which the box is going to be resized.
        center_crop: ``(height, width)``.

    Raises:
        ValueError: the image is smaller than ``center_crop``.
    """
    height, width = size if center_crop is None else center_crop
    if height > size[0] or width > size[1]:
        raise ValueError(
            f"a crop of {center_crop} is larger than the image of {tuple(size)} (height, width)"
        )
    if image_size is not None:
        ratio = image_size[0] / image_size[1]
        fitting = (round(width * ratio), round(height / ratio))
        height, width = max(1, min(height, fitting[0])), max(1, min(width, fitting[1]))
    return (size[0] - height) // 2, (size[1] - width) // 2, height, width


def find_reduction(
    size: Sequence[int], image_size: Size | None = None, center_crop: Size | None = None
) -> int:
    """Returns at which part of its size a JPEG can be decoded: 1 for all of it, or 2, 4, 8."""
    if image_size is None or center_crop is not None:
        return 1
    fits = (r for r in REDUCTIONS if min(size) >= r * LEAST_REDUCTION * max(image_size))
    return max(fits, default=1)


def decode(
    source: str | bytes,
    color_mode: str,
    image_size: Size | None = None,
    center_crop: Size | None = None,
) -> Image.Image:
    """Returns what is kept of a picture, not yet resized, in Pillow's mode RGB or L.

    Args:
        source: the path of a file, or its bytes.
        color_mode: ``"rgb"`` or ``"grayscale"``.
        image_size: ``(height, width)`` to which it is going to be resized.
        center_crop: ``(height, width)`` of the centred box that is kept.

    Raises:
        One of ``DAMAGE`` if the file can't be read, or is smaller than ``center_crop``.
    """
    image: Image.Image  # at first a file's, which is one
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        reduction = find_reduction(image.size, image_size, center_crop)
        image.draft(None, (image.width // reduction, image.height // reduction))  # of JPEGs only
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I;16"):  # convert would clip 16 bits, not scale them
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode != MODES[color_mode]:
        image = image.convert(MODES[color_mode])
    top, left, height, width = find_box((image.height, image.width), image_size, center_crop)
    return image.crop((left, top, left + width, top + height))


def to_array(image: Image.Image) -> np.ndarray:
    """Returns a picture's pixels ``(height, width, channels)``."""
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def cut(images: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Returns a box of images ``(..., height, width, channels)``."""
    top, left, height, width = box
    return images[..., top : top + height, left : left + width, :]


def find_damage(path: str, center_crop: Size | None = None) -> str | None:
    """Returns what is wrong with an image file, None if it looks whole.

    Reads the file's head and tail; only one with an unusual tail is decoded as a whole.
    """
    try:
        with Path(path).open("rb") as file:
            if file.seek(0, io.SEEK_END) == 0:
                return "the file is empty"
            file.seek(-min(file.tell(), 64), io.SEEK_END)
            tail = file.read()
            with Image.open(file) as image:
                ending = ENDINGS.get(image.format or "")
                if ending is None or ending not in tail:
                    image.load()
                if stands_upright(image):
                    find_box((image.height, image.width), center_crop=center_crop)
    except DAMAGE as error:
        return str(error) or type(error).__name__
    return None


def stands_upright(image: Image.Image) -> bool:
    """Returns whether a picture is to be seen as it is stored."""
    # Most files have no EXIF data, and asking for them takes long.
    return "exif" not in image.info or image.getexif().get(ORIENTATION, UPRIGHT) == UPRIGHT
