"""The sizes of a network's maps, from the image down to the few pixels of the first one."""

from collections.abc import Sequence

from gankit.typing import Tensor

SMALLEST = 8  # height and width of the smallest image that is halved
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


def halve(
    image_shape: Sequence[int], largest: int = 6, least: int = 1, name: str = "image_shape"
) -> list[tuple[int, ...]]:
    """Returns the heights and widths of maps from an image's own down to a few pixels.

    Each is half of the one before, rounded up, as a convolution of stride 2 with "same" padding
    makes it: 64 -> 32 -> 16 -> 8 -> 4, and 28 -> 14 -> 7 -> 4. Small maps belong to a network that
    sees the whole image at once, and has as many weights whether the image is 64 or 60 pixels wide.

    Args:
        image_shape: ``(height, width, channels)``.
        largest: the last one's longer side has at most so many pixels.
        least: the image is halved at least so many times.
        name: ``"volume_shape"`` where it is ``(depth, height, width, channels)``; sizes are of
            three numbers then.

    Raises:
        ValueError: a height or width below 8.
    """
    sizes = [check_image_shape(image_shape, SMALLEST, name)[:-1]]
    while len(sizes) <= least or max(sizes[-1]) > largest:
        sizes.append(divide(sizes[-1], 2))
    return sizes


def shrink(image_shape: Sequence[int], scales: Sequence[int]) -> list[tuple[int, ...]]:
    """Returns the heights and widths of maps from an image's own down, as ``halve`` does.

    Each is the one before divided by one of ``scales``, rounded up.

    Raises:
        ValueError: a height or width below 8, no scales, or one that is not an integer of at
            least 2.
    """
    sizes = [check_image_shape(image_shape, SMALLEST)[:-1]]
    scales = tuple(scales)
    if not scales or not all(isinstance(scale, int) and scale >= 2 for scale in scales):
        raise ValueError(
            f"An image is enlarged at least once, by integers of at least 2, got {scales}."
        )
    for scale in scales:
        sizes.append(divide(sizes[-1], scale))
    return sizes


def divide(size: tuple[int, ...], scale: int) -> tuple[int, ...]:
    """Returns a height and width divided by ``scale``, rounded up."""
    return tuple(-(-length // scale) for length in size)


def crop(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Returns the first rows and columns of a map, ``size`` in all; the map itself where it fits.

    What doubles the sizes that ``halve`` returns, from the last to the first, overshoots by one
    where they were rounded up.
    """
    fits = tuple(x.shape[1:-1]) == tuple(size)
    return x if fits else x[(slice(None), *(slice(length) for length in size))]
