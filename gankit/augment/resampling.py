"""Geometric and colour changes by matrices, and filters."""

import functools

import numpy as np
from keras import ops

from gankit.typing import Tensor

#: A wavelet's lowpass, Daubechies's sym2 (Daubechies 1992, "Ten Lectures on Wavelets").
SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)

#: How much of the power of a natural image each band of ``band_filters`` holds.
POWER = np.array([10, 1, 1, 1], "float32") / 13


def move(images: Tensor, inverse: Tensor) -> Tensor:
    """Returns images whose pixels come from elsewhere, with reflections beyond the edges.

    Values between pixels are interpolated bilinearly.

    Args:
        images: ``(batch, height, width, channels)``.
        inverse: from a place in a new image to one in the old image, ``(batch, 3, 3)``, in columns
            and rows from the centre.
    """
    columns, rows = old_places(images, inverse)
    left, top = ops.floor(columns), ops.floor(rows)
    # As wide as the images: products that repeat one of both along few channels are slow.
    right, below = (
        ops.broadcast_to(share[..., None], ops.shape(images))
        for share in (columns - left, rows - top)
    )
    # One more pixel on two sides, so that each pixel has a neighbour; its weight there is 0.
    padded = ops.pad(images, [[0, 0], [0, 1], [0, 1], [0, 0]])
    index, stride = index_of(padded, left, top), padded.shape[2]
    pixels = ops.reshape(padded, (-1, images.shape[-1]))
    a, b, c, d = (ops.take(pixels, index + offset, axis=0) for offset in (0, 1, stride, stride + 1))
    upper, lower = a + right * (b - a), c + right * (d - c)
    return upper + below * (lower - upper)


def move_whole_pixels(images: Tensor, inverse: Tensor) -> Tensor:
    """Does the same as ``move`` for whole-number positions, in a quarter of the time.

    Positions are halves, and rounded, if an image of odd height and even width, or vice versa, is
    turned.
    """
    index = index_of(images, *map(ops.round, old_places(images, inverse)))
    return ops.take(ops.reshape(images, (-1, images.shape[-1])), index, axis=0)


def old_places(images: Tensor, inverse: Tensor) -> list[Tensor]:
    """Returns the columns and the rows that pixels come from, each ``(batch, height, width)``."""
    _, height, width, _ = images.shape
    x = ops.arange(width, dtype=images.dtype)[None, None, :] - (width - 1) / 2
    y = ops.arange(height, dtype=images.dtype)[None, :, None] - (height - 1) / 2
    places = []
    for row, size in enumerate((width, height)):
        by_x, by_y, constant = (inverse[:, row, place, None, None] for place in range(3))
        places.append(reflect(by_x * x + (by_y * y + (constant + (size - 1) / 2)), size))
    return places


def index_of(images: Tensor, columns: Tensor, rows: Tensor) -> Tensor:
    """Returns which of all pixels of all images are in these places, int32."""
    _, height, width, _ = images.shape
    number = ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None]
    return number * (height * width) + ops.cast(rows * width + columns, "int32")


def reflect(place: Tensor, size: int) -> Tensor:
    """Returns places within 0..size - 1, where those beyond are mirrored at the edge pixels.

    Places that are further out than twice the size are put on the edge.
    """
    last = size - 1
    return ops.minimum(ops.abs(last - ops.abs(last - ops.abs(place))), last)


def recolor(images: Tensor, matrix: Tensor) -> Tensor:
    """Returns images of other colours.

    Args:
        images: ``(batch, height, width, 3)``, or of one channel, which is grey.
        matrix: ``(batch, 4, 4)``, of red, green, blue and 1.
    """
    height, width, channels = images.shape[1:]
    linear, shift = matrix[:, :3, :3], matrix[:, :3, 3]
    if channels == 1:
        linear = ops.mean(ops.sum(linear, axis=2), axis=1)[:, None, None]
        shift = ops.mean(shift, axis=1, keepdims=True)
    # The difference that a matrix makes, so that the identity changes nothing when rounded.
    added = ops.transpose(linear, (0, 2, 1)) - ops.eye(channels)
    flat = ops.reshape(images, (-1, height * width, channels))
    changed = flat + (ops.matmul(flat, added) + shift[:, None])
    return ops.reshape(changed, (-1, height, width, channels))


def amplify(images: Tensor, gains: Tensor) -> Tensor:
    """Returns images whose bands of frequencies are scaled, in both directions.

    Args:
        images: ``(batch, height, width, channels)``.
        gains: of bands from low to high, ``(batch, 4)``.
    """
    for _ in range(2):  # rows first, then what were columns
        _, height, width, channels = images.shape
        # As one product: a convolution with a kernel for each image is slow on every device.
        matrices = ops.einsum("nb,bij->nij", gains, ops.convert_to_tensor(band_matrices(height)))
        flat = ops.reshape(images, (-1, height, width * channels))
        images = ops.reshape(ops.matmul(matrices, flat), (-1, height, width, channels))
        images = ops.transpose(images, (0, 2, 1, 3))
    return images


@functools.cache
def band_matrices(size: int) -> np.ndarray:
    """Returns matrices that filter a row of pixels, reflected at its ends, ``(4, size, size)``."""
    filters = band_filters()
    half = filters.shape[1] // 2
    last = max(size - 1, 1)
    matrices = np.zeros((len(filters), size, size), "float32")
    for place in range(size):
        for tap, values in enumerate(filters.T):
            source = last - abs(last - (place + tap - half) % (2 * last))
            matrices[:, place, min(source, size - 1)] += values
    return matrices


def band_filters() -> np.ndarray:
    """Returns four filters, ``(4, 43)``, whose sum leaves everything as it is.

    They let the frequencies of [0, 1/8], [1/8, 1/4], [1/4, 1/2] and [1/2, 1] pass, in parts of the
    highest one: each lowpass of twice the wavelength is split into two.
    """
    low = np.convolve(SYM2, SYM2[::-1]) / 2
    high = low * (-1.0) ** np.arange(-3, 4)
    bands = [np.ones(1)]
    for _ in range(3):
        bands = [np.convolve(spread(band), low) for band in bands] + [high]
    length = max(map(len, bands))
    return np.stack([np.pad(band, (length - len(band)) // 2) for band in bands])


def spread(taps: np.ndarray) -> np.ndarray:
    """Returns a filter of twice the wavelength, with zeros in between."""
    wide = np.zeros(2 * len(taps) - 1)
    wide[::2] = taps
    return wide
