"""Which image shapes an architecture can serve."""

import math
from collections.abc import Sequence

from keras import layers

from gankit.typing import Tensor

AXES = {"image_shape": ("height", "width"), "volume_shape": ("depth", "height", "width")}


def check_image_shape(
    image_shape: Sequence[int], smallest: int = 1, name: str = "image_shape"
) -> tuple[int, ...]:
    """Returns ``(height, width, channels)``, or says what is wrong with it.

    With ``name="volume_shape"`` that is ``(depth, height, width, channels)``.
    """
    axes, shape = AXES[name], tuple(image_shape)
    if len(shape) != len(axes) + 1 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            f"{name} must be ({', '.join(axes)}, channels) of positive integers, e.g. "
            f"{(64,) * len(axes) + (1,)}, got {image_shape!r}."
        )
    if min(shape[:-1]) < smallest:
        raise ValueError(
            f"{name}={shape} is too small: {' and '.join(axes)} must be at least {smallest}."
        )
    return shape


def divide_shape(image_shape: Sequence[int], scales: Sequence[int]) -> tuple[int, int, int]:
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


def count_halvings(image_shape: Sequence[int], smallest: int, name: str = "image_shape") -> int:
    """Returns how often height and width can be halved until the next half is too small.

    Args:
        image_shape: ``(height, width, channels)``.
        smallest: the least height and width, in pixels, that may be reached.
        name: ``"volume_shape"`` where it is ``(depth, height, width, channels)``.

    Raises:
        ValueError: not even once; says which near sizes can.
    """
    sizes = check_image_shape(image_shape, name=name)[:-1]
    halvings = 0
    while all(size % 2 == 0 and size >= 2 * smallest for size in sizes):
        sizes, halvings = tuple(size // 2 for size in sizes), halvings + 1
    if not halvings:
        raise ValueError(
            f"{name}={tuple(image_shape)} can't be halved: {' and '.join(AXES[name])} must be even "
            f"and at least {2 * smallest}. Resize to multiples of 8 or 16, e.g. by image_size=... "
            "of the adapters of gankit.data, or pad by np.pad."
        )
    return halvings


def halve(image_shape: Sequence[int], smallest: int = 4) -> list[tuple[int, int]]:
    """Returns the heights and widths of maps from an image's own down to a few pixels.

    Each is half of the one before, rounded up, as a convolution of stride 2 with "same" padding
    makes it. The last one's longer side is ``smallest`` to ``2 * smallest - 2``, so 64 ends at 4
    by 32, 16 and 8, and 28 by 14 and 7.

    Raises:
        ValueError: height or width is below ``2 * smallest``.
    """
    height, width, _ = check_image_shape(image_shape, 2 * smallest)
    sizes = [(height, width)]
    while max(sizes[-1]) >= 2 * smallest - 1:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    return sizes


def crop(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Returns the first rows and columns of a map, ``size`` in all; the map itself where it fits.

    What doubles the sizes that ``halve`` returns, from the last to the first, overshoots by one
    where they were rounded up.
    """
    rows, columns = x.shape[1] - size[0], x.shape[2] - size[1]
    return layers.Cropping2D(((0, rows), (0, columns)))(x) if rows or columns else x
