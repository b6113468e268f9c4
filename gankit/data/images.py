"""One image: decoded, cut and resized by Pillow, and scaled to [-1, 1] or another range.

All adapters come through here, so the same picture gives the same pixels whether it comes out of a
folder, an array or a prepared data set.
"""

import io
import math
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

MODES = {"rgb": "RGB", "grayscale": "L"}

# What Pillow raises on files that are damaged, cut short, or something else altogether.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)

# A JPEG decodes several times faster at a half, a quarter or an eighth of its size. It is decoded
# at the smallest of these that is still so many times as large as what is asked for.
LEAST_REDUCTION = 1.5

# A whole file ends with these bytes. One that does may still be damaged inside, one that doesn't
# may still be whole (some cameras append data), but looking here finds broken downloads at once.
ENDINGS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}


def scale(images: tf.Tensor, value_range: tuple[float, float]) -> tf.Tensor:
    """Returns uint8 images as float32 in ``value_range``; floats only change their type."""
    low, high = value_range
    if images.dtype == tf.uint8:
        return tf.cast(images, tf.float32) / (255.0 / (high - low)) + low
    return tf.cast(images, tf.float32)


def read_image(source: str | bytes, color_mode: str, image_size=None, center_crop=None):
    """Returns the picture in a file, or in encoded bytes, as uint8 ``(height, width, channels)``.

    Args:
        source: the path of a file, or its bytes.
        color_mode: ``"rgb"`` or ``"grayscale"``.
        image_size: ``(height, width)`` to resize to.
        center_crop: ``(height, width)`` of the centred box that is kept, before resizing.

    Raises:
        One of ``DAMAGE`` if the file can't be read.
    """
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        if image_size is not None and center_crop is None:
            side = math.ceil(LEAST_REDUCTION * max(image_size))
            image.draft(None, (side, side))  # does something to JPEGs only
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I;16"):  # convert would clip 16 bits, not scale them
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode != MODES[color_mode]:
        image = image.convert(MODES[color_mode])
    pixels = np.asarray(cut_and_resize(image, image_size, center_crop))
    return pixels if pixels.ndim == 3 else pixels[..., None]


def cut_and_resize(image: Image.Image, image_size=None, center_crop=None) -> Image.Image:
    """Returns the centre of ``image``, resized without distortion and with antialiasing.

    Kept is the box ``center_crop``, or the largest box that has the aspect ratio of ``image_size``.
    """
    if center_crop is not None:
        height, width = center_crop
        left, top = (image.width - width) // 2, (image.height - height) // 2
        if left < 0 or top < 0:
            raise ValueError(
                f"center_crop={center_crop} is larger than the image of "
                f"{(image.height, image.width)} (height, width)"
            )
        image = image.crop((left, top, left + width, top + height))
    if image_size is not None:
        image = ImageOps.fit(image, image_size[::-1], Image.Resampling.BICUBIC)
    return image


def resize_array(images: np.ndarray, image_size, center_crop, value_range) -> np.ndarray:
    """Returns the images of an array ``(n, height, width, channels)``, cut and resized.

    uint8 stays uint8; floats in ``value_range`` stay floats in ``value_range``.
    """

    def resize_channel(channel):
        return np.asarray(cut_and_resize(Image.fromarray(channel), image_size, center_crop))

    resized = [
        np.stack([resize_channel(image[..., c]) for c in range(image.shape[-1])], axis=-1)
        for image in images
    ]
    resized = np.stack(resized)
    return resized if images.dtype == np.uint8 else np.clip(resized, *value_range)


def find_damage(path: str | Path) -> str | None:
    """Returns what is wrong with an image file, or None.

    Reads the file's head and tail; only one with an unusual tail is decoded as a whole.
    """
    try:
        with Path(path).open("rb") as file:
            if file.seek(0, io.SEEK_END) == 0:
                return "the file is empty"
            file.seek(-min(file.tell(), 64), io.SEEK_END)
            tail = file.read()
            with Image.open(file) as image:
                if ENDINGS.get(image.format, b"") not in tail or image.format not in ENDINGS:
                    image.load()
    except DAMAGE as error:
        return str(error) or type(error).__name__
    return None
