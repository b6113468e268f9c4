"""Checks of an adapter's input."""

import warnings
from typing import overload

import numpy as np

from gankit.typing import Size, ValueRange

VALUE_TOLERANCE = 1e-3  # resampling and float16 overshoot the range by a little


def check_flip(flip: object) -> None:
    """Raises ``ValueError`` unless ``flip`` is None or ``"horizontal"``."""
    if flip is not None and flip != "horizontal":
        raise ValueError(
            f"flip must be 'horizontal' or None, got {flip!r}. Pass flip='horizontal' to mirror "
            "half of the images at random, or flip=None to leave all as they are."
        )


def check_classes(classes: object) -> None:
    """Raises ``TypeError`` unless ``classes`` is None or a list."""
    if classes is not None and not isinstance(classes, list | tuple | set):
        raise TypeError(f"classes must be a list, got {classes!r}: pass [{classes!r}].")


def check_value_range(value_range: ValueRange) -> tuple[float, float]:
    """Returns ``(low, high)`` as floats; raises ``ValueError`` unless they lie within [-1, 1]."""
    values = np.asarray(value_range)
    if values.shape != (2,) or not -1 <= values[0] < values[1] <= 1:
        raise ValueError(
            f"value_range must be (low, high) within [-1, 1], e.g. (0, 1), got {value_range!r}."
        )
    return float(values[0]), float(values[1])


def check_values(images: np.ndarray, value_range: ValueRange | None = (-1.0, 1.0)) -> None:
    """Raises ``ValueError`` unless float ``images`` are finite and lie in ``value_range``."""
    images = images.astype(np.float32, copy=False)
    low, high = float(np.min(images)), float(np.max(images))
    if not np.isfinite(low) or not np.isfinite(high):
        bad = np.flatnonzero(~np.isfinite(images).reshape(len(images), -1).all(axis=1))
        raise ValueError(
            f"images must be finite, but {len(bad)} of {len(images)} hold NaN or infinity, "
            f"the first at index {bad[0]}. Remove or replace them."
        )
    if value_range is None:
        return
    least, most = value_range
    if low < least - VALUE_TOLERANCE or high > most + VALUE_TOLERANCE:
        raise ValueError(
            f"images of floats must lie in [{least:g}, {most:g}], but they reach from {low:.4g} to "
            f"{high:.4g}. {explain_scaling(images, value_range)}"
        )


def explain_scaling(images: np.ndarray, value_range: ValueRange) -> str:
    """Returns what to write, so that images of other numbers become floats in ``value_range``.

    It goes by the numbers: what is right for one kind of images destroys others, such as those of
    16 bits or with a sign, which ``astype("uint8")`` would wrap round.
    """
    if images.dtype.kind not in "biuf" or not images.size:
        return "Convert them first: images.astype('float32')."
    least, span = value_range[0], value_range[1] - value_range[0]
    low, high = float(np.min(images)), float(np.max(images))
    offset = f" {'+' if least > 0 else '-'} {abs(least):g}" if least else ""
    if low >= 0 and high <= 1:
        return f"If 1 is white, pass images * {span}{offset}."
    if low >= 0 and high <= 255 and images.dtype.kind in "iu":
        return "If 255 is white, pass images.astype('uint8'), which is scaled."
    if low >= 0 and high <= 255:
        return f"If 255 is white, pass images / {255 / span:g}{offset}."
    if low >= 0 and high <= 65535:
        return f"If 65535 is white, as in 16 bits, pass images / {65535 / span}{offset}."
    if low >= -128 and 32 < high <= 127:
        return f"If -128 is black, pass (images + 128.0) / {255 / span:g}{offset}."
    return (
        "Say which numbers are black and white: "
        f"(images - black) / (white - black) * {span}{offset}."
    )


def warn_of_unit_range(images: np.ndarray) -> None:
    """Warns of floats that look as if they lay in [0, 1] where [-1, 1] is meant."""
    low, high = float(np.min(images)), float(np.max(images))
    if 0 <= low < high <= 1:
        warnings.warn(
            f"Images reach from {low:.4g} to {high:.4g}. If 0 is black, scale them to [-1, 1]: "
            "images * 2 - 1.",
            stacklevel=4,
        )


def check_batch_size(batch_size: int, num_images: int) -> None:
    """Raises ``ValueError`` unless a whole batch can be made of the images that there are."""
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer):
        raise TypeError(f"batch_size must be an integer, got {batch_size!r}.")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}.")
    if batch_size > num_images:
        raise ValueError(
            f"batch_size={batch_size} is larger than the data: there are {num_images} images. "
            "Batches have a fixed size, so that not one could be made; lower batch_size."
        )


@overload
def check_size(size: Size, name: str) -> Size: ...
@overload
def check_size(size: Size | None, name: str) -> Size | None: ...
def check_size(size: Size | None, name: str) -> Size | None:
    """Returns ``size`` as (height, width), or None; raises ``ValueError`` on anything else."""
    if size is None:
        return None
    values = np.asarray(size)
    if values.shape != (2,) or values.dtype.kind not in "iu" or (values < 1).any():
        raise ValueError(f"{name} must be (height, width) in pixels, got {size!r}.")
    return int(values[0]), int(values[1])
