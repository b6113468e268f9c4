"""Which image shapes an architecture can serve."""

import math


def check_image_shape(image_shape, smallest: int = 1) -> tuple[int, int, int]:
    """Returns ``(height, width, channels)``, or says what is wrong with it."""
    shape = tuple(image_shape)
    if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
        raise ValueError(
            "image_shape must be (height, width, channels) of positive integers, e.g. "
            f"(28, 28, 1), got {image_shape!r}."
        )
    if min(shape[:2]) < smallest:
        raise ValueError(
            f"image_shape={shape} is too small: height and width must be at least {smallest}."
        )
    return shape


def divide_shape(image_shape, scales) -> tuple[int, int, int]:
    """Returns ``(height, width, channels)`` with height and width divided by all of ``scales``.

    Raises:
        ValueError: they can't be divided, or a scale is not an integer of at least 2.
    """
    height, width, channels = check_image_shape(image_shape)
    scales = tuple(scales)
    if not scales or not all(isinstance(scale, int) and scale >= 2 for scale in scales):
        raise ValueError(
            f"An image is enlarged at least once, by integers of at least 2, got {scales}."
        )
    scale = math.prod(scales)
    if height % scale or width % scale:
        raise ValueError(
            f"image_shape={tuple(image_shape)} can't be reached by enlarging {scales} times in "
            f"turn: height and width must be multiples of {scale}."
        )
    return height // scale, width // scale, channels


def count_halvings(image_shape, smallest: int) -> int:
    """Returns how often height and width can be halved until the next half is too small.

    Args:
        image_shape: ``(height, width, channels)``.
        smallest: the least height and width, in pixels, that may be reached.

    Raises:
        ValueError: not even once; says which near sizes can.
    """
    height, width, _ = check_image_shape(image_shape)
    halvings = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 2 * smallest:
        height, width, halvings = height // 2, width // 2, halvings + 1
    if not halvings:
        raise ValueError(
            f"image_shape={tuple(image_shape)} can't be halved: height and width must be even and "
            f"at least {2 * smallest}. Resize to multiples of 8 or 16, e.g. by image_size=... of "
            "the adapters of gankit.data."
        )
    return halvings
