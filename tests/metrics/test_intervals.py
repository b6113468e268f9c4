"""Intervals hold as often as they say, where the truth is known."""

import numpy as np
import pytest

from gankit import metrics


def mean_of_fakes(real, fake):
    return float(fake.values.mean())


def difference_of_means(real, fake):
    return {"difference": float(fake.values.mean() - real.values.mean())}


def test_the_error_of_a_mean():
    """The jackknife of a mean, with a group for each image, is its standard error exactly."""
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(12, 1)), random.normal(size=(12, 1))
    found = metrics.confidence_intervals(
        real, fake, [mean_of_fakes, difference_of_means], groups=12
    )
    of_fakes, of_real = (part.std(ddof=1) / 12**0.5 for part in (fake, real))
    assert found["mean_of_fakes"].error == pytest.approx(of_fakes)
    assert found["difference"].error == pytest.approx(np.hypot(of_fakes, of_real))
    value, low, high, error = found["difference"]
    assert (high - value, value - low) == pytest.approx((1.959964 * error, 1.959964 * error))


def test_another_run_lies_within():
    """Of pairs of runs that differ by the seed alone, 9 of 10 are within the interval."""
    random = np.random.default_rng(1)
    real = random.normal(size=(600, 4))
    inside = 0
    for _ in range(20):
        first, second = (1.2 * random.normal(size=(600, 4)) + 0.3 for _ in range(2))
        interval = metrics.confidence_intervals(real, first, "fid")["fid"]
        inside += interval.low <= metrics.frechet_distance(real, second) <= interval.high
    assert inside >= 18


def test_fid_of_endlessly_many_images():
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(4000, 20)), random.normal(size=(200, 20))
    biased = metrics.frechet_distance(real, fake)
    assert biased > 0.7  # though both are of one distribution
    assert abs(metrics.frechet_distance_infinity(real, fake)) < biased / 3


def test_what_does_not_fit():
    x = np.zeros((5, 2), np.float32)
    with pytest.raises(ValueError, match="groups must be between 2 and the images, 5, got 6"):
        metrics.confidence_intervals(x, x, "kid", groups=6)
    with pytest.raises(ValueError, match="level must be between 0 and 1, got 95"):
        metrics.confidence_intervals(x, x, "kid", level=95)
