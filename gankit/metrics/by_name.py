"""Several metrics at once, by name, from features that are extracted once."""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import keras
import numpy as np

from gankit.checks import did_you_mean
from gankit.metrics.classes import class_accuracy, mode_coverage
from gankit.metrics.density_coverage import density_coverage
from gankit.metrics.features import Features, ImagesOrFeatures, as_features
from gankit.metrics.fid import frechet_distance
from gankit.metrics.inception_score import inception_score
from gankit.metrics.kid import kernel_distance
from gankit.metrics.precision_recall import precision_recall
from gankit.metrics.spread import relative_spread

#: From the features of real and of generated images to a number, or to several by name.
MetricFunction: TypeAlias = Callable[[Features, Features], float | dict[str, float]]


def measure(
    real: ImagesOrFeatures,
    fake: ImagesOrFeatures,
    metrics: str | MetricFunction | Sequence[str | MetricFunction] = ("fid", "kid"),
    *,
    extractor: keras.Model | None = None,
) -> dict[str, float]:
    """Returns the values of several metrics by name.

    Args:
        real: real images or their features, see ``extract``.
        fake: generated images or their features.
        metrics: a name, or a list of names, or of functions from the ``Features`` of both to a
            number or to a dict of numbers. The names and what they give: ``"fid"``; ``"kid"``: kid,
            and kid_std, where it is known, see ``kernel_distance``; ``"inception_score"``:
            inception_score, inception_score_std; ``"precision_recall"``: precision, recall;
            ``"density_coverage"``: density, coverage; ``"spread"``; ``"mode_coverage"``: modes,
            class_divergence (from the real images' classes); ``"class_accuracy"``, for features
            with labels.
        extractor: extracts the features of images; None for ``extractors.inception()``.

    Raises:
        ValueError: an unknown name, or what a metric raises.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> real, fake = rng.normal(size=(2, 500, 8))  # features, or images
        >>> sorted(metrics.measure(real, fake, ["fid", "precision_recall", "spread"]))
        ['fid', 'precision', 'recall', 'spread']

    See Also:
        ``gankit.callbacks.Evaluate``, which measures while training goes on;
        ``confidence_intervals``.
    """
    functions = find_functions(metrics)
    real, fake = as_features(real, extractor), as_features(fake, extractor)
    values: dict[str, float] = {}
    for function in functions:
        value = function(real, fake)
        values |= value if isinstance(value, dict) else {function.__name__: value}
    return {name: float(value) for name, value in values.items()}


def find_functions(
    metrics: str | MetricFunction | Sequence[str | MetricFunction],
) -> list[MetricFunction]:
    """Returns the functions of one metric, or of several."""
    if isinstance(metrics, str) or callable(metrics):
        return [get(metrics)]
    return [get(metric) for metric in metrics]


def get(metric: str | MetricFunction) -> MetricFunction:
    """Returns the function that a name stands for, or the function itself."""
    if callable(metric):
        return metric
    if metric not in NAMES:
        hint = did_you_mean(metric, NAMES)
        raise ValueError(f"There is no metric {metric!r}, there are {sorted(NAMES)}.{hint}")
    return NAMES[metric]


def measure_kid(real: Features, fake: Features) -> dict[str, float]:
    """Returns the kernel distance, and its deviation between subsets, where there are several."""
    values = named(kernel_distance(real, fake), "kid", "kid_std")
    return {name: value for name, value in values.items() if not math.isnan(value)}


def measure_modes(real: Features, fake: Features) -> dict[str, float]:
    """Returns the number of classes, and the divergence of their shares from the real ones."""
    num_classes = fake.known_probabilities().shape[1]
    real_shares = np.bincount(real.classes, minlength=num_classes) / len(real.classes)
    modes, divergence = mode_coverage(fake.classes, num_classes, real_shares=real_shares)
    return {"modes": modes, "class_divergence": divergence}


def measure_class_accuracy(real: Features, fake: Features) -> dict[str, float]:
    """Returns the share of generated images whose class is the one that was asked for."""
    if fake.labels is None:
        raise ValueError(
            "'class_accuracy' needs to know which class each image was asked to show: "
            "features._replace(labels=...), or condition=... of callbacks.Evaluate."
        )
    return {"class_accuracy": class_accuracy(fake.classes, fake.labels)}


def named(values: tuple[float, ...], *names: str) -> dict[str, float]:
    """Returns values by name."""
    return dict(zip(names, values, strict=True))


NAMES: dict[str, MetricFunction] = {
    "fid": lambda real, fake: {"fid": frechet_distance(real, fake)},
    "kid": measure_kid,
    "inception_score": lambda real, fake: named(
        inception_score(fake), "inception_score", "inception_score_std"
    ),
    "precision_recall": lambda real, fake: precision_recall(real, fake)._asdict(),
    "density_coverage": lambda real, fake: density_coverage(real, fake)._asdict(),
    "spread": lambda real, fake: {"spread": relative_spread(real, fake)},
    "mode_coverage": measure_modes,
    "class_accuracy": measure_class_accuracy,
}
