"""Datasets from sounds and other time series in memory."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_seed
from gankit.data import checks
from gankit.data.arrays import source_of_arrays
from gankit.data.batches import make_dataset
from gankit.data.labels import check_condition
from gankit.typing import Dataset, ValueRange

BITS = "Whole numbers of 16 bits become floats in [-1, 1] by signals / 32768."


def from_signals(
    signals: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    batch_size: int,
    num_classes: int | None = None,
    value_range: ValueRange | None = (-1, 1),
    shuffle: bool = True,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of batches of signals in memory, e.g. for ``architectures.wavegan``.

    Args:
        signals: floats ``(n, samples, channels)`` in ``value_range``, all of one length.
        labels: the signals' classes or other numbers, as in ``from_arrays``; with them the dataset
            holds ``(signals, labels)``.
        batch_size: signals per batch. Leftovers at the end of an epoch are not used in it.
        num_classes: how many classes there are; labels must then be below it.
        value_range: ``(low, high)``, if the generator ends in tanh or a sigmoid; None for any
            finite values, if it ends in neither.
        shuffle: whether each epoch has a new order, which depends only on ``seed`` and the epoch's
            number.
        seed: integer.

    Returns:
        A dataset of float32 signals ``(batch_size, samples, channels)``, or of pairs of them with
        labels.

    Raises:
        ValueError: a wrong shape, values out of range, labels that don't fit, a batch larger than
            the data.
        TypeError: signals that are not floats, labels that are not numbers.

    Examples:
        >>> time = np.linspace(0, 1, 256)
        >>> waves = np.stack([np.sin(pitch * time) for pitch in range(20, 40)])[..., None]
        >>> ops.shape(next(iter(data.from_signals(waves, batch_size=5))))
        (5, 256, 1)
    """
    check_seed(seed)
    signals = check_signals(signals, value_range)
    labels = check_condition(labels, len(signals), num_classes)
    checks.check_batch_size(batch_size, len(signals))
    # The range applies to bytes only, and signals are floats.
    return make_dataset(
        source_of_arrays(signals, labels, batch_size, (-1.0, 1.0), shuffle=shuffle, seed=seed)
    )


def check_signals(signals: ArrayLike, value_range: ValueRange | None) -> np.ndarray:
    """Returns signals as a float32 array, or says what is wrong with them."""
    signals = np.asarray(signals)
    if signals.ndim != 3:
        hint = " One channel needs an axis, too: signals[..., None]." if signals.ndim == 2 else ""
        raise ValueError(
            f"signals must have the shape (n, samples, channels), got {signals.shape}.{hint}"
        )
    if signals.dtype.kind != "f":
        raise TypeError(f"signals must be floats, got {signals.dtype}. {BITS}")
    if len(signals):
        checks.check_values(signals, value_range)
    return signals.astype(np.float32, copy=False)
