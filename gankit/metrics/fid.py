"""The Fréchet distance between two sets of features, modelled as Gaussians."""

import keras
import numpy as np

from gankit.metrics.checks import check_pair
from gankit.metrics.features import ImagesOrFeatures

CHUNK = 1024  # rows that are in float64 at once


def frechet_distance(
    real: ImagesOrFeatures, fake: ImagesOrFeatures, *, extractor: keras.Model | None = None
) -> float:
    """Returns the Fréchet inception distance, FID, of generated images from real ones.

    This is ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))``, with the means and covariances of the
    features; it is 0 if they are equal. The FID is biased: fewer images give a larger value, so
    only compare values for the same number of images.

    Args:
        real: images or their features, see ``gankit.metrics.extract``: ``Features``, or an array
            ``(n, features)``.
        fake: likewise, of ``m`` generated images.
        extractor: the network that extracts features of images; None for
            ``extractors.inception()``.

    Raises:
        ValueError: no more images than features, so that the covariance would be singular; features
            that don't fit or are not finite.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> real = rng.normal(size=(1000, 4))
        >>> round(metrics.frechet_distance(real, real), 3)
        0.0
        >>> round(metrics.frechet_distance(real, real + 2), 3)  # 4 * 2^2
        16.0

    See Also:
        ``kernel_distance``, for few images; ``frechet_distance_infinity``, without the bias.

    References:
        Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
        Equilibrium", arXiv:1706.08500.
    """
    real, fake = check_pair(real, fake, extractor)
    for name, features in (("real", real), ("fake", fake)):
        if len(features) <= features.shape[1]:
            raise ValueError(
                f"A Fréchet distance of {features.shape[1]} features needs more images than that, "
                f"got {len(features)} {name} ones: their covariance would be singular. Use more "
                "images, an extractor with fewer features, or kernel_distance."
            )
    return gaussian_distance(*mean_and_covariance(real), *mean_and_covariance(fake))


def frechet_distance_infinity(
    real: ImagesOrFeatures,
    fake: ImagesOrFeatures,
    *,
    extractor: keras.Model | None = None,
    points: int = 10,
    seed: int = 0,
) -> float:
    """Returns an estimate of the Fréchet distance for infinitely many generated images.

    For n images, the distance is too large by roughly a constant divided by n. So it is measured
    for several numbers of generated images, from half of them to all, and a line fitted to these
    values over 1 / n is extrapolated to 0. The bias due to the number of real images remains.

    Args:
        real: images or their features, see ``gankit.metrics.extract``.
        fake: likewise, of ``m`` generated images: more than two for each feature.
        extractor: the network that extracts features of images; None for
            ``extractors.inception()``.
        points: for how many numbers of images to measure it, at least 2.
        seed: integer that determines the subsets.

    Raises:
        ValueError: as ``frechet_distance``; fewer than two points.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> real, fake = rng.normal(size=(2, 1000, 4))
        >>> metrics.frechet_distance_infinity(real, fake) < metrics.frechet_distance(real, fake)
        True

    References:
        Chong and Forsyth 2019, "Effectively Unbiased FID and Inception Score and where to find
        them", arXiv:1911.07023.
    """
    if points < 2:
        raise ValueError(f"points must be at least 2, got {points!r}.")
    real, fake = check_pair(real, fake, extractor)
    random = np.random.default_rng(seed)
    numbers = np.linspace(len(fake) // 2, len(fake), points).astype(int)
    distances = [
        frechet_distance(real, fake[random.choice(len(fake), number, replace=False)])
        for number in numbers
    ]
    _, at_infinity = np.polyfit(1 / numbers, distances, 1)
    return float(at_infinity)


def mean_and_covariance(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean ``(features,)`` and the unbiased covariance, both in float64."""
    mean = features.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((len(mean), len(mean)))
    for start in range(0, len(features), CHUNK):
        centred = features[start : start + CHUNK] - mean
        covariance += centred.T @ centred
    return mean, covariance / (len(features) - 1)


def gaussian_distance(
    mean: np.ndarray, covariance: np.ndarray, other_mean: np.ndarray, other_covariance: np.ndarray
) -> float:
    """Returns the squared Fréchet distance between two Gaussians."""
    # The eigenvalues of S1 S2 are those of the symmetric S1^(1/2) S2 S1^(1/2), which keeps the root
    # of the product real whatever rounding does.
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    squares = np.linalg.eigvalsh(root @ other_covariance @ root)
    trace_of_root = np.sqrt(np.clip(squares, 0, None)).sum()
    distance = np.square(mean - other_mean).sum()
    distance += np.trace(covariance) + np.trace(other_covariance) - 2 * trace_of_root
    return float(max(distance, 0.0))
