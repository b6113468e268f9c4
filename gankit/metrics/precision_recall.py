"""Precision and recall: how many samples look real, how much of the real ones is covered."""

from typing import NamedTuple

import keras
import numpy as np

from gankit.metrics.checks import check_pair
from gankit.metrics.features import ImagesOrFeatures
from gankit.metrics.neighbours import distance_blocks, neighbour_radii


class PrecisionRecall(NamedTuple):
    """Two shares in [0, 1].

    Attributes:
        precision: share of generated images that look real.
        recall: share of real images that the generator could have made.

    Examples:
        >>> precision, recall = metrics.PrecisionRecall(precision=0.8, recall=0.6)
        >>> recall
        0.6
    """

    precision: float
    recall: float


def precision_recall(
    real: ImagesOrFeatures,
    fake: ImagesOrFeatures,
    *,
    extractor: keras.Model | None = None,
    neighbours: int = 3,
) -> PrecisionRecall:
    """Returns the precision and recall of generated images.

    Precision is the share of generated images within the real ones' manifold, sharpness; recall the
    share of real images within that of the generated ones, diversity. The manifold of a set is the
    union of the balls around its images that reach their k-th nearest neighbours.

    Args:
        real: images or their features, see ``gankit.metrics.extract``: ``Features``, or an array
            ``(n, features)``.
        fake: likewise, of ``m`` generated images.
        extractor: extracts the features of images; None for ``extractors.inception()``.
        neighbours: k.

    Raises:
        ValueError: not more images than ``neighbours``, features that don't fit or are not finite.

    Examples:
        >>> real = np.float32([[0], [1], [2], [3], [100], [101], [102], [103]])
        >>> fake = real[:4] + 0.5  # one of two modes
        >>> metrics.precision_recall(real, fake, neighbours=1)
        PrecisionRecall(precision=1.0, recall=0.5)

    See Also:
        ``density_coverage``, which a single outlier changes less.

    References:
        Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative
        Models", arXiv:1904.06991.
    """
    real, fake = check_pair(real, fake, extractor)
    return PrecisionRecall(
        precision=share_inside(fake, real, neighbours), recall=share_inside(real, fake, neighbours)
    )


def share_inside(features: np.ndarray, others: np.ndarray, neighbours: int) -> float:
    """Returns the share of rows that are within the manifold of ``others``."""
    radii = neighbour_radii(others, neighbours)
    blocks = distance_blocks(features, others)
    return float(np.concatenate([(block <= radii).any(axis=1) for _, block in blocks]).mean())
