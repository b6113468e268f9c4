"""The kernel distance between two sets of features: a maximum mean discrepancy."""

import math
from typing import NamedTuple

import keras
import numpy as np

from gankit.checks import check_at_least_one
from gankit.metrics.checks import check_pair
from gankit.metrics.features import ImagesOrFeatures


class KernelDistance(NamedTuple):
    """The mean over subsets, and the standard deviation between them.

    The deviation is NaN if it is unknown because all subsets are the same: if there is only one
    subset, or if a subset takes in all images.

    Examples:
        >>> mean, std = metrics.KernelDistance(mean=0.012, std=0.001)
        >>> mean
        0.012
    """

    mean: float
    std: float


def kernel_distance(
    real: ImagesOrFeatures,
    fake: ImagesOrFeatures,
    *,
    extractor: keras.Model | None = None,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> KernelDistance:
    """Returns the kernel inception distance, KID, of generated images from real ones.

    This is the unbiased squared maximum mean discrepancy with the kernel
    ``(x . y / features + 1)^3``: for two sets from one distribution it is 0 on average, whatever
    the number of images, so it is sometimes below 0.

    Args:
        real: images or their features, see ``gankit.metrics.extract``: ``Features``, or an array
            ``(n, features)``.
        fake: likewise, of ``m`` generated images.
        extractor: the network that extracts features of images; None for
            ``extractors.inception()``.
        subsets: how many pairs of subsets are drawn.
        subset_size: images per subset, drawn without replacement; fewer if there are fewer images.
        seed: integer that determines the subsets.

    Raises:
        ValueError: fewer than two images, in all or in a subset; no subsets; features that don't
            fit or are not finite.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> real, fake = rng.normal(size=(2, 400, 4))
        >>> same, moved = (
        ...     metrics.kernel_distance(real, one, subset_size=200) for one in (fake, fake + 1)
        ... )
        >>> same.mean < 0.1 < moved.mean
        True

    See Also:
        ``frechet_distance``, which papers report.

    References:
        Binkowski et al. 2018, "Demystifying MMD GANs", arXiv:1801.01401.
    """
    check_at_least_one("subsets", subsets)
    if subset_size < 2:
        raise ValueError(f"subset_size must be at least 2, got {subset_size!r}.")
    real, fake = check_pair(real, fake, extractor)
    size = min(subset_size, len(real), len(fake))
    random = np.random.default_rng(seed)
    alike = subsets == 1 or size == len(real) == len(fake)
    values = [
        unbiased_discrepancy(
            real[random.choice(len(real), size, replace=False)].astype(np.float64),
            fake[random.choice(len(fake), size, replace=False)].astype(np.float64),
        )
        for _ in range(1 if alike else subsets)
    ]
    return KernelDistance(float(np.mean(values)), math.nan if alike else float(np.std(values)))


def unbiased_discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    """Returns the unbiased squared maximum mean discrepancy of two sets of equal size."""
    n = len(x)

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def mean_of_pairs(a):
        products = kernel(a, a)
        return (products.sum() - np.trace(products)) / (n * (n - 1))

    return mean_of_pairs(x) + mean_of_pairs(y) - 2 * kernel(x, y).mean()
