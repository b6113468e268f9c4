"""The share of a shape's voxels in its largest connected piece."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.voxels import find_full


def largest_component(volumes: ArrayLike, *, threshold: float = 0.0) -> np.ndarray:
    """Returns which share of each volume's full voxels hang together in its largest component.

    1 where all full voxels can be reached from each other through common faces; crumbs that hang in
    the air lower it.

    Args:
        volumes: ``(n, depth, height, width)``, optionally with a last axis of 1.
        threshold: a voxel is full where its value is larger.

    Returns:
        float64 ``(n,)``; NaN where no voxel is full.

    Raises:
        ValueError: another shape.

    Examples:
        >>> volume = -np.ones((1, 4, 4, 4))
        >>> volume[0, 0, 0, :3] = 1  # a bar of three voxels
        >>> volume[0, 3, 3, 3] = 1  # and a crumb
        >>> metrics.largest_component(volume)
        array([0.75])
    """
    shares = []
    for full in find_full(volumes, threshold):
        sizes = np.bincount(label_components(full)[full], minlength=1)
        shares.append(float(np.max(sizes)) / full.sum() if full.any() else np.nan)
    return np.array(shares)


def label_components(full: np.ndarray) -> np.ndarray:
    """Returns a number for each voxel, the same for all of a component, and 0 for empty ones."""
    labels = np.arange(1, full.size + 1).reshape(full.shape) * full
    while True:
        largest = labels.copy()
        for axis in range(labels.ndim):
            along = np.moveaxis(largest, axis, 0)  # a view
            along[:-1] = np.maximum(along[:-1], along[1:])
            along[1:] = np.maximum(along[1:], along[:-1])
            largest *= full  # else corners of empty voxels would connect
        if np.array_equal(largest, labels):
            return labels
        labels = largest
