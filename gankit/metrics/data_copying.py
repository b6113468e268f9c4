"""The data-copying test: whether samples are closer to training images than new images are."""

import math

import keras
import numpy as np

from gankit.checks import check_at_least_one
from gankit.metrics.checks import check_features
from gankit.metrics.features import ImagesOrFeatures, as_features
from gankit.metrics.neighbours import distance_blocks

ROUNDS = 10  # of k-means, which needs no exact answer here


def data_copying(
    generated: ImagesOrFeatures,
    training: ImagesOrFeatures,
    held_out: ImagesOrFeatures,
    *,
    extractor: keras.Model | None = None,
    cells: int = 1,
    seed: int = 0,
) -> float:
    """Returns the statistic C_T, which is far below 0 if samples copy training images.

    For each sample and each held-out image, it takes the distance to the nearest training image. If
    the samples are new images of the same kind, the sample is closer in half of all pairs of a
    sample and a held-out image. C_T tells by how many standard deviations the actual share differs
    from that: it is near 0 for a generator that has learned what images look like, below -3 for one
    that copies, and above 3 for one whose samples are far from all images.

    Args:
        generated: images or their features, see ``gankit.metrics.extract``.
        training: likewise, the images that the generator was trained on.
        held_out: likewise, images of the same kind that it was not trained on.
        extractor: the network that extracts features of images; None for
            ``extractors.inception()``.
        cells: number of cells into which k-means divides the training images; C_T is the mean over
            cells. With several, copies of one kind of image show even if others are new.
        seed: integer that determines how k-means starts.

    Raises:
        ValueError: fewer than two images, features that don't fit or are not finite.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> training, held_out, new = rng.normal(size=(3, 300, 4))
        >>> metrics.data_copying(training + 0.001, training, held_out) < -3  # copies
        True
        >>> abs(metrics.data_copying(new, training, held_out)) < 3
        True

    See Also:
        ``nearest_neighbours``, to look at the copies; [is it
        copying?](../evaluation.md#is-it-copying)

    References:
        Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying in Generative Models",
        arXiv:2004.05675.
    """
    check_at_least_one("cells", cells)
    sets = {"generated": generated, "training": training, "held-out": held_out}
    made, seen, new = (
        check_features(as_features(images, extractor).values, name) for name, images in sets.items()
    )
    if not made.shape[1] == seen.shape[1] == new.shape[1]:
        raise ValueError(
            "All three sets need features of one extractor, got "
            f"{made.shape[1]}, {seen.shape[1]} and {new.shape[1]} of them."
        )
    centres = find_centres(seen, cells, seed)
    cell_of_made, cell_of_new = nearest(made, centres)[0], nearest(new, centres)[0]
    distance_of_made, distance_of_new = nearest(made, seen)[1], nearest(new, seen)[1]
    total = weight = 0.0
    for cell in range(cells):
        mine, others = distance_of_made[cell_of_made == cell], distance_of_new[cell_of_new == cell]
        if len(mine) and len(others):
            total += len(others) * rank_statistic(mine, others)
            weight += len(others)
    if not weight:
        raise ValueError(f"No cell of {cells} has generated and held-out images: take fewer cells.")
    return total / weight


def nearest(rows: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns for each row the index of the nearest other one, and how far it is."""
    indices, distances = [], []
    for _, block in distance_blocks(rows, others):
        indices.append(block.argmin(axis=1))
        distances.append(block.min(axis=1))
    return np.concatenate(indices), np.concatenate(distances)


def rank_statistic(x: np.ndarray, y: np.ndarray) -> float:
    """Returns the Mann-Whitney U of two samples, standardized: below 0 if x is smaller."""
    together = np.concatenate([x, y])
    _, places, counts = np.unique(together, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]  # equal values share a rank
    m, n = len(x), len(y)
    u = ranks[:m].sum() - m * (m + 1) / 2
    return float((u - m * n / 2) / math.sqrt(m * n * (m + n + 1) / 12))


def find_centres(rows: np.ndarray, cells: int, seed: int) -> np.ndarray:
    """Returns the centres of k-means, ``(cells, features)``."""
    if cells > len(rows):
        raise ValueError(f"cells must be at most the training images, {len(rows)}, got {cells}.")
    first = np.random.default_rng(seed).choice(len(rows), cells, replace=False)
    centres = rows[first]
    for _ in range(ROUNDS if cells > 1 else 0):
        cell = nearest(rows, centres)[0]
        members = [rows[cell == number] for number in range(cells)]
        means = [part.mean(axis=0) if len(part) else None for part in members]
        centres = np.stack(
            [centre if mean is None else mean for centre, mean in zip(centres, means, strict=True)]
        )
    return centres
