"""Confidence intervals of metrics."""

import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np

from gankit.metrics.by_name import MetricFunction, find_functions, measure
from gankit.metrics.features import Features, ImagesOrFeatures, as_features
from gankit.training.batch import map_tensors


class Interval(NamedTuple):
    """A metric's value, and its confidence interval.

    Attributes:
        value: the metric for all images.
        low: the interval's lower end.
        high: its upper end.
        error: the standard error, a standard deviation of the value.

    Examples:
        >>> interval = metrics.Interval(value=12.0, low=11.0, high=13.0, error=0.5)
        >>> interval.high - interval.value
        1.0
    """

    value: float
    low: float
    high: float
    error: float


def confidence_intervals(
    real: ImagesOrFeatures,
    fake: ImagesOrFeatures,
    metrics: str | MetricFunction | Sequence[str | MetricFunction] = ("fid", "kid"),
    *,
    extractor: keras.Model | None = None,
    level: float = 0.95,
    groups: int = 10,
    seed: int = 0,
) -> dict[str, Interval]:
    """Returns the values of several metrics by name, each with a confidence interval.

    It uses the jackknife: the real and the generated images are split into groups, and the metrics
    are measured again with each group left out. That takes ``2 * groups`` times as long as
    ``measure``. The interval only covers chance in the choice of images: another training run may
    differ by more, and an FID of few images keeps its bias, see ``frechet_distance_infinity``.

    Args:
        real: real images or their features, see ``extract``.
        fake: generated images or their features.
        metrics: as in ``measure``.
        extractor: the network that extracts features of images; None for
            ``extractors.inception()``.
        level: the confidence level, between 0 and 1.
        groups: number of groups, at least 2.
        seed: integer that determines the groups.

    Raises:
        ValueError: an option that is out of range, fewer images than groups, or an error of a
            metric.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> real, fake = rng.normal(size=(2, 500, 4))
        >>> interval = metrics.confidence_intervals(real, fake, "fid")["fid"]
        >>> interval.low < interval.value < interval.high
        True

    References:
        Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans".
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}.")
    functions = find_functions(metrics)
    real, fake = as_features(real, extractor), as_features(fake, extractor)
    fewest = min(len(real.values), len(fake.values))
    if not 2 <= groups <= fewest:
        raise ValueError(f"groups must be between 2 and the images, {fewest}, got {groups!r}.")
    whole = measure(real, fake, functions)
    variances = dict.fromkeys(whole, 0.0)
    random = np.random.default_rng(seed)
    for pairs in (
        ((part, fake) for part in leave_groups_out(real, groups, random)),
        ((real, part) for part in leave_groups_out(fake, groups, random)),
    ):
        parts = [measure(*pair, functions) for pair in pairs]
        for name in variances:
            variances[name] += (groups - 1) * float(np.var([part[name] for part in parts]))
    reach = statistics.NormalDist().inv_cdf((1 + level) / 2)
    errors = {name: variance**0.5 for name, variance in variances.items()}
    return {
        name: Interval(value, value - reach * error, value + reach * error, error)
        for (name, value), error in zip(whole.items(), errors.values(), strict=True)
    }


def leave_groups_out(
    features: Features, groups: int, random: np.random.Generator
) -> Iterator[Features]:
    """Yields the features without each group of images in turn."""
    group = random.permutation(len(features.values)) % groups
    for number in range(groups):
        kept = group != number
        yield map_tensors(lambda part, kept=kept: part[kept], features)
