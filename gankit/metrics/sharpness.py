"""How sharp images are, whatever they show."""

import numpy as np

from gankit.metrics.psnr import in_bytes


def sharpness(images) -> np.ndarray:
    """Returns the mean length of each image's gradient, in steps of 0..255 a pixel.

    Blurred images have less of it, noisy ones more.

    Args:
        images: ``(n, height, width, channels)``, uint8, or floats in [-1, 1].

    Returns:
        float64 ``(n,)``.
    """
    images = in_bytes(images)
    down = np.diff(images, axis=1)[:, :, :-1]
    right = np.diff(images, axis=2)[:, :-1]
    return np.hypot(down, right).mean(axis=(1, 2, 3))
