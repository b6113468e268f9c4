"""Images of another size: by Pillow, or by a matrix product that gradients flow through."""

import functools
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike
from PIL import Image

from gankit.typing import Size, Tensor


def resize(image: Image.Image, image_size: Size) -> Image.Image:
    """Returns a picture of another size, given as ``(height, width)``.

    A side that shrinks is weighted by a Hamming window, which leaves no aliasing and takes half the
    time of cubics; one that grows is interpolated by cubics, of which floats may leave their range
    by a little.
    """
    height, width = image_size
    across, down = choose_filter(image.width, width), choose_filter(image.height, height)
    if across != down:
        image = image.resize((width, image.height), across)
    return image.resize((width, height), down)


def choose_filter(before: int, after: int) -> Image.Resampling:
    """Returns Pillow's filter for a side of as many pixels before and after."""
    return Image.Resampling.HAMMING if before > after else Image.Resampling.BICUBIC


def resize_bicubic(images: ArrayLike | Tensor, image_size: Size) -> np.ndarray | Tensor:
    """Returns images of another size by cubic interpolation, as float32.

    With antialiasing where it shrinks: what papers on super-resolution mean by "bicubic" (MATLAB's
    ``imresize``). Values may leave the range by a little.

    Args:
        images: ``(n, height, width, channels)``: an array, or a tensor of the backend, which
            becomes another tensor.
        image_size: ``(height, width)`` in pixels.

    Examples:
        >>> ops.shape(data.resize_bicubic(images[:2], (14, 14)))
        (2, 14, 14, 1)
    """
    library: Any = ops if ops.is_tensor(images) else np
    rows, columns = (
        weigh_cubics(before, after).astype(np.float32)
        for before, after in zip(library.shape(images)[-3:-1], image_size, strict=True)
    )
    planes = library.array(library.moveaxis(images, -1, -3), dtype="float32")
    return library.moveaxis(library.matmul(rows, library.matmul(planes, columns.T)), -3, -1)


@functools.lru_cache(maxsize=64)
def weigh_cubics(before: int, after: int) -> np.ndarray:
    """Returns weights of old pixels in new ones by cubic convolution: float64 ``(after, before)``.

    The kernel is that of Keys 1981 with a = -0.5, widened where an image shrinks. What of it lies
    outside of the image is left out.
    """
    places = (np.arange(after)[:, None] + 0.5) * before / after - 0.5
    x = np.abs(places - np.arange(before)) / max(before / after, 1)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((2.5 - 0.5 * x) * x - 4) * x + 2
    weights = np.where(x < 1, near, np.where(x < 2, far, 0))
    return weights / weights.sum(axis=1, keepdims=True)
