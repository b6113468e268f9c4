"""The Inception score: sure of each image, many classes among all."""

from typing import NamedTuple

import keras
import numpy as np

from gankit.metrics.classes import check_probabilities
from gankit.metrics.features import ImagesOrFeatures, as_probabilities


class InceptionScore(NamedTuple):
    """The mean over splits, and the standard deviation between them.

    Examples:
        >>> score = metrics.InceptionScore(mean=9.2, std=0.1)
        >>> score.mean
        9.2
    """

    mean: float
    std: float


def inception_score(
    fake: ImagesOrFeatures, *, extractor: keras.Model | None = None, splits: int = 10
) -> InceptionScore:
    """Returns the Inception score of generated images, between 1 and the number of classes.

    ``exp`` of the mean Kullback-Leibler divergence between the classes of one image and the classes
    of all, over each of ``splits`` parts of the images. Looks at no real image, so one perfect
    image a class has the best score.

    Args:
        fake: generated images or their features, see ``gankit.metrics.extract``, or the
            probabilities of their classes, ``(n, classes)``: a classifier's softmax.
        extractor: what tells the probabilities of images; None for ``extractors.inception()``.
        splits: number of parts; at least one image a part.

    Raises:
        ValueError: rows that are no probabilities, an extractor that tells none, fewer images than
            splits.

    Examples:
        >>> certain = np.eye(10)[np.arange(100) % 10]  # ten classes, each image sure of its own
        >>> round(metrics.inception_score(certain, splits=1).mean, 2)
        10.0
        >>> round(metrics.inception_score(np.full((100, 10), 0.1), splits=1).mean, 2)
        1.0

    References:
        Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498.
    """
    probabilities = check_probabilities(as_probabilities(fake, extractor))
    if not 1 <= splits <= len(probabilities):
        raise ValueError(
            f"splits must be between 1 and the number of images, {len(probabilities)}, got "
            f"{splits}."
        )
    scores = [np.exp(mean_divergence(part)) for part in np.array_split(probabilities, splits)]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)))


def mean_divergence(probabilities: np.ndarray) -> float:
    """Returns the mean divergence of the rows from their average, in nats."""
    average = probabilities.mean(axis=0)
    safe = np.where(probabilities > 0, probabilities, 1)  # 0 ln 0 = 0
    ratio = np.log(safe) - np.log(np.where(average > 0, average, 1))
    return float((probabilities * ratio).sum(axis=1).mean())
