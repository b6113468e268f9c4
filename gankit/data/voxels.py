"""Shapes made of voxels, as they come from models of things or from scans."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_seed
from gankit.data import checks
from gankit.data.arrays import source_of_arrays
from gankit.data.batches import make_dataset
from gankit.data.labels import check_labels
from gankit.typing import Dataset


def from_voxels(
    volumes: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    batch_size: int,
    num_classes: int | None = None,
    shuffle: bool = True,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of batches of volumes in memory, -1 where a voxel is empty and 1 elsewhere.

    Args:
        volumes: array ``(n, depth, height, width)``, or with a last axis of one channel: booleans,
            or numbers that are all 0 (empty) or 1.
        labels: the volumes' classes, integers of shape ``(n,)``; with them the dataset holds
            ``(volumes, labels)``.
        batch_size: volumes a batch. What is left over at the end of an epoch is not used in it.
        num_classes: how many classes there are; labels must then be below it.
        shuffle: whether each epoch has a new order, a function of ``seed`` and the epoch's number
            alone.
        seed: integer.

    Returns:
        A dataset of float32 volumes ``(batch_size, depth, height, width, 1)``, or of
        pairs of them with int32 labels ``(batch_size,)``.

    Raises:
        ValueError: another shape, other values, labels that don't fit, a batch larger than the
            data.
        TypeError: labels that are no integers.

    Examples:
        >>> volumes = np.zeros((6, 8, 8, 8), bool)
        >>> volumes[:, 2:6, 2:6, 2:6] = True
        >>> batch = next(iter(data.from_voxels(volumes, batch_size=3)))
        >>> ops.shape(batch)
        (3, 8, 8, 8, 1)
        >>> np.unique(batch)
        array([-1.,  1.], dtype=float32)
    """
    check_seed(seed)
    volumes = check_volumes(volumes)
    labels = check_labels(labels, len(volumes), num_classes)
    checks.check_batch_size(batch_size, len(volumes))
    # As bytes of 0 and 255, which are scaled batch by batch, for a fourth of the memory of floats.
    volumes = volumes * np.uint8(255)
    return make_dataset(
        source_of_arrays(volumes, labels, batch_size, (-1.0, 1.0), shuffle=shuffle, seed=seed)
    )


def check_volumes(volumes: ArrayLike) -> np.ndarray:
    """Returns volumes as uint8 ``(n, depth, height, width, 1)`` of 0 and 1, or says what's wrong.

    Raises:
        ValueError: another shape, or other values.
    """
    volumes = np.asarray(volumes)
    if volumes.ndim == 4:
        volumes = volumes[..., None]
    if volumes.ndim != 5 or volumes.shape[-1] != 1:
        channels_first = volumes.ndim == 5 and volumes.shape[1] == 1
        hint = " The channel comes last: np.moveaxis(volumes, 1, -1)." if channels_first else ""
        raise ValueError(
            "volumes must have the shape (n, depth, height, width), optionally with a last axis "
            f"of 1, got {volumes.shape}.{hint}"
        )
    full = volumes == 1
    if not (full | (volumes == 0)).all():
        low, high = np.nanmin(volumes), np.nanmax(volumes)
        raise ValueError(
            "voxels must be 0 (empty) or 1, but there are other values, from "
            f"{low:.4g} to {high:.4g}, or NaN. Choose a threshold, e.g. volumes > {high / 2:.4g}."
        )
    return full.astype(np.uint8)
