"""Single images: decoding, cropping, resizing, and scaling to [-1, 1] or another range.

All adapters come through here, so the same picture gives the same pixels whether it comes out of a
folder, an array or a prepared data set, and on every backend.
"""

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageOps

from gankit.data.opening import UnreadableImageError, check_pixels, open_image
from gankit.typing import ColorMode, Fit, Size, ValueRange

MODES = {"rgb": "RGB", "grayscale": "L", "rgba": "RGBA"}
CHANNELS: dict[ColorMode, int] = {"rgb": 3, "grayscale": 1, "rgba": 4}

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


def decode(
    source: str | bytes,
    color_mode: str,
    image_size: Size | None = None,
    center_crop: Size | None = None,
    fit: Fit = "crop",
) -> Image.Image:
    """Returns what is kept of a picture, not yet resized, in Pillow's mode RGB, L or RGBA.

    It is upright, the first of an animation, and on white where it is transparent, unless it is
    RGBA.

    Args:
        source: the path of a file, or its bytes.
        color_mode: ``"rgb"``, ``"grayscale"`` or ``"rgba"``.
        image_size: ``(height, width)`` to which it is going to be resized.
        center_crop: ``(height, width)`` of the centred box that is kept.
        fit: how it gets the aspect ratio of ``image_size``, see ``from_directory``.

    Raises:
        UnreadableImageError: it can't be read, has too many pixels to decode them, or is smaller
            than ``center_crop``.
    """
    with open_image(source) as image:
        shrink(image, image_size, center_crop)
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        picture = change_mode(image, MODES[color_mode])
        ratio_of = image_size if fit == "crop" else None
        top, left, height, width = find_box(picture.size[::-1], ratio_of, center_crop)
        if (width, height) != picture.size:  # or a crop would copy it
            picture = picture.crop((left, top, left + width, top + height))
        return pad(picture, image_size) if image_size and fit == "pad" else picture


def pad(picture: Image.Image, image_size: Size) -> Image.Image:
    """Returns a picture on a black canvas, a transparent one in RGBA, of another aspect ratio."""
    (width, height), ratio = picture.size, image_size[1] / image_size[0]
    canvas = max(width, round(height * ratio)), max(height, round(width / ratio))
    padded = Image.new(picture.mode, canvas)
    padded.paste(picture, ((canvas[0] - width) // 2, (canvas[1] - height) // 2))
    return padded


def shrink(image: Image.Image, image_size: Size | None, center_crop: Size | None) -> None:
    """Has a JPEG decoded at a part of its size, where that is enough, and checks that it fits.

    Raises:
        UnreadableImageError: so many pixels that decoding would fill the memory, or none.
    """
    size = image.size
    reduction = find_reduction(size, image_size, center_crop)
    image.draft(None, (image.width // reduction, image.height // reduction))
    # All parts of a progressive JPEG are in memory before the first pixel is known.
    check_pixels(size if "progressive" in image.info else image.size, image.format)


def find_reduction(
    size: Sequence[int], image_size: Size | None = None, center_crop: Size | None = None
) -> int:
    """Returns at which part of its size a JPEG can be decoded: 1 for all of it, or 2, 4, 8."""
    if image_size is None or center_crop is not None:
        return 1
    fits = (r for r in REDUCTIONS if min(size) >= r * LEAST_REDUCTION * max(image_size))
    return max(fits, default=1)


def change_mode(image: Image.Image, mode: str) -> Image.Image:
    """Returns a picture in another of Pillow's modes, on white where that has no transparency.

    Raises:
        UnreadableImageError: of 32 bits a pixel it can't be told which value is white.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        # Pillow's convert would clip 16 bits, not scale them.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
    if image.mode in ("I", "F"):
        raise UnreadableImageError(
            "its pixels are 32-bit numbers, of which it can't be told which one is white: save it "
            "with 8 or 16 bits"
        )
    if image.has_transparency_data and mode != MODES["rgba"]:
        pasted = image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
        image = Image.new("L" if pasted.mode == "LA" else "RGB", pasted.size, "white")
        image.paste(pasted, mask=pasted)
    return image if image.mode == mode else image.convert(mode)


def to_array(image: Image.Image) -> np.ndarray:
    """Returns a picture's pixels ``(height, width, channels)``."""
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def cut(images: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Returns a box of images ``(..., height, width, channels)``."""
    top, left, height, width = box
    return images[..., top : top + height, left : left + width, :]


def find_damage(
    path: str,
    image_size: Size | None = None,
    center_crop: Size | None = None,
    note: Callable[[Image.Image], object] | None = None,
) -> str | None:
    """Returns what is wrong with an image file, None if it looks whole.

    Reads the file's head and tail; only one with an unusual tail is decoded as a whole.

    Args:
        path: of the file.
        image_size: see ``decode``.
        center_crop: see ``decode``.
        note: what is shown the image, whose head alone has been read.
    """
    try:
        with open_image(path) as image:
            if note is not None:
                note(image)
            shrink(image, image_size, center_crop)
            if not ends_well(path, image.format):
                image.load()
            if stands_upright(image):
                find_box(image.size[::-1], center_crop=center_crop)
    except UnreadableImageError as error:
        return str(error)
    return None


def ends_well(path: str, image_format: str | None) -> bool:
    """Returns whether a file ends as a whole one does, where its format has such an end."""
    ending = ENDINGS.get(image_format or "")
    if ending is None:
        return False
    with open(path, "rb") as file:  # noqa: PTH123 (100,000 Path objects are slow)
        file.seek(-min(file.seek(0, io.SEEK_END), 64), io.SEEK_END)
        return ending in file.read()


def stands_upright(image: Image.Image) -> bool:
    """Returns whether a picture is to be seen as it is stored."""
    # Most files have no EXIF data, and asking for them takes long.
    return "exif" not in image.info or image.getexif().get(ORIENTATION, UPRIGHT) == UPRIGHT
