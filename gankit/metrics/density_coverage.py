"""Density and coverage: precision and recall that single outliers can't spoil."""

from typing import NamedTuple

import keras
import numpy as np

from gankit.metrics.checks import check_pair
from gankit.metrics.features import ImagesOrFeatures
from gankit.metrics.neighbours import distance_blocks, neighbour_radii


class DensityCoverage(NamedTuple):
    """Density, from 0 on, about 1 for equal distributions; coverage, a share in [0, 1].

    Attributes:
        density: how densely generated images lie among real ones.
        coverage: share of real images with a generated one near them.

    Examples:
        >>> density, coverage = metrics.DensityCoverage(density=1.0, coverage=0.9)
        >>> coverage
        0.9
    """

    density: float
    coverage: float


def density_coverage(
    real: ImagesOrFeatures,
    fake: ImagesOrFeatures,
    *,
    extractor: keras.Model | None = None,
    neighbours: int = 5,
) -> DensityCoverage:
    """Returns the density and coverage of generated images.

    Around each real image is a ball that reaches its k-th nearest real neighbour. Density is the
    number of balls in which a generated image is, on average, over k; coverage is the share of
    balls with a generated image in them.

    Args:
        real: images or their features, see ``gankit.metrics.extract``: ``Features``, or an array
            ``(n, features)``.
        fake: likewise, of ``m`` generated images.
        extractor: extracts the features of images; None for ``extractors.inception()``.
        neighbours: k.

    Raises:
        ValueError: not more real images than ``neighbours``, features that don't fit or are not
            finite.

    Examples:
        >>> real = np.float32([[0], [1], [2], [3], [100], [101], [102], [103]])
        >>> metrics.density_coverage(real, real[:4] + 0.5, neighbours=1)
        DensityCoverage(density=1.75, coverage=0.5)

    See Also:
        ``precision_recall``.

    References:
        Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models",
        arXiv:2002.09797.
    """
    real, fake = check_pair(real, fake, extractor)
    radii = neighbour_radii(real, neighbours)
    hits, covered = 0, np.zeros(len(real), bool)
    for _, distances in distance_blocks(fake, real):
        inside = distances <= radii
        hits += int(inside.sum())
        covered |= inside.any(axis=0)
    return DensityCoverage(float(hits / (neighbours * len(fake))), float(covered.mean()))
