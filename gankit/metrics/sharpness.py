"""The sharpness of images, and its difference from that of true ones."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.metrics.psnr import check_same_shape, in_bytes, in_decibels


def sharpness(images: ArrayLike) -> np.ndarray:
    """Returns the mean length of each image's gradient, in steps of 0..255 a pixel.

    Blurred images have less of it, noisy ones more.

    Args:
        images: ``(n, height, width, channels)``, uint8, or floats in [-1, 1].

    Returns:
        float64 ``(n,)``.

    Examples:
        >>> ramp = np.tile(np.arange(8, dtype="uint8"), (8, 1))[None, ..., None]
        >>> metrics.sharpness(3 * ramp)
        array([3.])
    """
    images = in_bytes(images)
    down = np.diff(images, axis=1)[:, :, :-1]
    right = np.diff(images, axis=2)[:, :-1]
    return np.hypot(down, right).mean(axis=(1, 2, 3))


def sharpness_difference(images: ArrayLike, references: ArrayLike) -> np.ndarray:
    """Returns how near each image's sharpness is to the true one's, in decibels: more is nearer.

    ``10 log10(255^2 / mean |slopes - true slopes|)``, where a pixel's slope is the sum of the
    absolute differences from its upper and its left neighbour (Mathieu et al. 2015,
    arXiv:1511.05440, equation 11).

    Args:
        images: ``(n, height, width, channels)``, uint8, or floats in [-1, 1].
        references: the true images, of the same shape, in either type.

    Returns:
        float64 ``(n,)``, infinite where all slopes are equal.

    Raises:
        ValueError: shapes that differ.

    Examples:
        >>> ramp = np.tile(np.arange(8, dtype="uint8"), (8, 1))[None, ..., None]
        >>> metrics.sharpness_difference(ramp, 3 * ramp).round(2)
        array([45.12])
    """
    images, references = in_bytes(images), in_bytes(references)
    check_same_shape(images, references)
    return in_decibels(np.abs(slopes(images) - slopes(references)))


def slopes(images: np.ndarray) -> np.ndarray:
    """Returns how far each pixel is from its upper and its left neighbour together."""
    down, right = (np.abs(np.diff(images, axis=axis)) for axis in (1, 2))
    return down[:, :, 1:] + right[:, 1:]
