"""Distances between many features, a block of rows at a time."""

from collections.abc import Iterator

import numpy as np

BLOCK = 512  # rows


def distance_blocks(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields rows of ``x`` and their Euclidean distances to all of ``y``, ``(rows, len(y))``."""
    # Differences of squares lose digits where features are far from 0: put them around it.
    centre = y.mean(axis=0, dtype=np.float64).astype(y.dtype)
    y = (y - centre).astype(np.float32, copy=False)
    y_squares = np.square(y, dtype=np.float64).sum(axis=1)
    for start in range(0, len(x), BLOCK):
        rows = slice(start, start + BLOCK)
        block = (x[rows] - centre).astype(np.float32, copy=False)
        squares = np.square(block, dtype=np.float64).sum(axis=1)[:, None] + y_squares
        squares -= 2 * (block @ y.T)
        yield rows, np.sqrt(np.clip(squares, 0, None, out=squares), out=squares)


def neighbour_radii(features: np.ndarray, neighbours: int) -> np.ndarray:
    """Returns each row's distance to its k-th nearest other row, ``(n,)``.

    Raises:
        ValueError: not more rows than ``neighbours``.
    """
    if not 1 <= neighbours < len(features):
        raise ValueError(
            f"neighbours must be between 1 and the number of other images, {len(features) - 1}, "
            f"got {neighbours}."
        )
    radii = np.empty(len(features))
    for rows, distances in distance_blocks(features, features):
        own = np.arange(len(features))[rows]
        distances[np.arange(len(own)), own] = -1  # itself, whatever rounding says
        radii[rows] = np.partition(distances, neighbours, axis=1)[:, neighbours]
    return radii
