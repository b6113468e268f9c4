"""Pictures of signals."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one
from gankit.typing import ValueRange

COLOR = np.array([30, 90, 170], np.uint8)
AXIS = np.array([205, 215, 225], np.uint8)
BACKGROUND = 255


def draw_signals(
    signals: ArrayLike,
    *,
    width: int = 160,
    height: int = 48,
    value_range: ValueRange = (-1, 1),
) -> np.ndarray:
    """Returns pictures of signals, time to the right; ``save_grid`` puts them together.

    A column of pixels shows all values that the signal takes in its time, as editors of sound draw
    waveforms, with a grey line in the middle of the range. Several channels are drawn one below the
    other.

    Args:
        signals: ``(n, time, channels)`` of floats.
        width: of a picture in pixels, at most as many as there are samples.
        height: of a channel in pixels.
        value_range: ``(low, high)`` at the bottom and the top; values outside are clipped.

    Returns:
        uint8 ``(n, channels * height, width, 3)``.

    Raises:
        ValueError: another shape, values that are not finite, or an empty range.

    Examples:
        >>> time = np.linspace(0, 1, 400)
        >>> waves = np.stack([np.sin(20 * time), np.cos(20 * time)])[..., None]
        >>> gankit.draw_signals(waves, width=100, height=40).shape
        (2, 40, 100, 3)
    """
    check_at_least_one("width", width)
    check_at_least_one("height", height)
    signals, (low, high) = np.asarray(signals, np.float32), value_range
    if signals.ndim != 3 or not signals.size:
        raise ValueError(f"signals must have the shape (n, time, channels), got {signals.shape}.")
    if not np.isfinite(signals).all():
        raise ValueError("signals hold NaN or infinity, which no picture can show.")
    if not low < high:
        raise ValueError(f"value_range must be (low, high), got {value_range!r}.")
    number, samples, channels = signals.shape
    shares = (np.clip(signals, low, high) - low) / (high - low)
    rows = np.round((1 - shares) * (height - 1)).astype(int).swapaxes(1, 2)
    starts = np.arange(min(width, samples)) * samples // min(width, samples)
    # A column begins with the last sample of the one before, so that the line has no gaps.
    before = np.concatenate([rows[..., :1], rows[..., starts[1:] - 1]], axis=-1)
    top = np.minimum(np.minimum.reduceat(rows, starts, axis=-1), before)
    bottom = np.maximum(np.maximum.reduceat(rows, starts, axis=-1), before)
    row = np.arange(height)[:, None]
    drawn = (row >= top[..., None, :]) & (row <= bottom[..., None, :])
    pictures = np.full((*drawn.shape, 3), BACKGROUND, np.uint8)
    pictures[..., height // 2, :, :] = AXIS
    pictures[drawn] = COLOR
    return pictures.reshape(number, channels * height, -1, 3)
