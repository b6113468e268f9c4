"""The peak signal-to-noise ratio, for tasks that have one right answer."""

import numpy as np
from numpy.typing import ArrayLike

PEAK = 255.0

# Of red, green and blue in 0..255, and what is added: luma of ITU-R BT.601 in studio range.
STUDIO_WEIGHTS = np.array([65.481, 128.553, 24.966]) / 255
STUDIO_BLACK = 16.0


def peak_signal_to_noise_ratio(
    images: ArrayLike, references: ArrayLike, *, border: int = 0, luma: bool = False
) -> np.ndarray:
    """Returns the peak signal-to-noise ratio, PSNR, of each image, in decibels.

    ``10 log10(255^2 / mean squared error)``, infinite for equal images. Papers on super-resolution
    mean ``luma=True, border=scale``.

    Args:
        images: ``(n, height, width, channels)``, uint8, or floats in [-1, 1].
        references: the true images, of the same shape, in either type.
        border: pixels at each side that are left out.
        luma: whether to compare only the luma of ITU-R BT.601 in its studio range, 16..235, in
            whole numbers, of images of 3 channels, or of 1 channel that holds luma in full range.

    Returns:
        float64 ``(n,)``.

    Raises:
        ValueError: shapes that differ, or a border that leaves nothing.

    Examples:
        >>> flat = np.full((1, 8, 8, 1), 100, "uint8")
        >>> metrics.peak_signal_to_noise_ratio(flat + 5, flat).round(2)  # 10 log10(255^2 / 5^2)
        array([34.15])
    """
    images, references = (in_bytes(part) for part in (images, references))
    check_same_shape(images, references)
    if luma:
        images, references = to_luma(images).round(), to_luma(references).round()
    inside = slice(border, -border or None)
    errors = np.square(images - references)[:, inside, inside]
    if not errors[0].size:
        raise ValueError(f"border={border} leaves nothing of images of {images.shape[1:3]}.")
    return in_decibels(errors)


def check_same_shape(images: np.ndarray, references: np.ndarray) -> None:
    """Raises ``ValueError`` unless there are images, each beside a true one of its shape."""
    if images.shape != references.shape or images.ndim != 4:
        raise ValueError(
            "Images are compared with references of one shape (n, height, width, channels), got "
            f"{images.shape} and {references.shape}."
        )


def in_decibels(errors: np.ndarray) -> np.ndarray:
    """Returns how small each image's mean error is beside the square of the peak, in decibels."""
    with np.errstate(divide="ignore"):
        return 10 * np.log10(PEAK**2 / errors.mean(axis=(1, 2, 3)))


def in_bytes(images: ArrayLike) -> np.ndarray:
    """Returns images as float64 in 0..255."""
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images.astype(np.float64)
    return (images.astype(np.float64) + 1) * (PEAK / 2)


def to_luma(images: np.ndarray) -> np.ndarray:
    """Returns the studio luma of images in 0..255, with one channel."""
    if images.shape[-1] == 1:  # luma in full range
        return STUDIO_BLACK + images * STUDIO_WEIGHTS.sum()
    return STUDIO_BLACK + images @ STUDIO_WEIGHTS[:, None]
