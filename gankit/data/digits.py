"""The 5,000 digits of MNIST inside the package, so that the first minute needs no download."""

from pathlib import Path

import numpy as np


def sample_digits() -> tuple[np.ndarray, np.ndarray]:
    """Returns 5,000 real MNIST digits: the first 500 of each class of the training set.

    Returns:
        ``(images, labels)``: uint8 of shape ``(5000, 28, 28, 1)``, white on black, in 0..255, and
        int32 of shape ``(5000,)`` in 0..9, in the order of the original file, classes mixed.

    The digits are by Y. LeCun and C. Cortes, under CC BY-SA 3.0
    (``sample_digits.LICENSE.md`` beside this file).

    Examples:
        >>> digits, labels = data.sample_digits()
        >>> digits.shape, digits.dtype, labels[:5]
        ((5000, 28, 28, 1), dtype('uint8'), array([5, 0, 4, 1, 9], dtype=int32))
        >>> np.bincount(labels)
        array([500, 500, 500, 500, 500, 500, 500, 500, 500, 500])
    """
    with np.load(Path(__file__).with_name("sample_digits.npz")) as file:
        return file["images"], file["labels"].astype(np.int32)
