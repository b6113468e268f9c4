"""Interpolation and truncation, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit import latents


def test_interpolation_by_hand():
    right, up = np.array([2.0, 0.0]), np.array([0.0, 2.0])
    np.testing.assert_allclose(
        latents.interpolate(right, up, 3), [[2, 0], [2**0.5, 2**0.5], [0, 2]], atol=1e-6
    )
    np.testing.assert_allclose(
        latents.interpolate(right, up, 3, method="linear"), [[2, 0], [1, 1], [0, 2]]
    )
    both = latents.interpolate([right, up], [up, right], 5)
    assert both.shape == (2, 5, 2)
    np.testing.assert_allclose(both[0], both[1, ::-1], atol=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=4, max_size=4), st.integers(2, 9))
def test_a_way_begins_and_ends_where_it_should(values, num_steps):
    start, end = np.array(values[:2]), np.array(values[2:])
    for method in ("spherical", "linear"):
        for other in (end, start, -start, 0 * start):
            way = latents.interpolate(start, other, num_steps, method=method)
            assert way.shape == (num_steps, 2)
            np.testing.assert_allclose(way[[0, -1]], [start, other], atol=1e-5)


def test_a_spherical_way_keeps_the_length():
    start, end = np.random.default_rng(0).normal(size=(2, 100))
    start, end = (point / np.linalg.norm(point) for point in (start, end))
    way = latents.interpolate(start, end, 7)
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], [1.0, 2.0]), r"one shape.*\(1,\) and \(2,\)"),
        (([1.0], [2.0], 1), "num_steps must be at least 2, got 1"),
    ],
)
def test_ways_that_can_t_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        latents.interpolate(*arguments)
    with pytest.raises(ValueError, match="method must be one of"):
        latents.interpolate([1.0], [2.0], method="cubic")


@pytest.mark.parametrize("threshold", [1e-3, 0.5, 2.0])
def test_truncation(threshold):
    whole = np.random.default_rng(0).normal(size=(50, 100)).astype("float32")
    cut = latents.truncate(whole, np.float64(threshold), seed=0)
    kept = np.abs(whole) <= threshold
    np.testing.assert_array_equal(cut[kept], whole[kept])
    assert np.abs(cut).max() <= threshold
    # A normal value that lies within [-t, t]: for small t uniform, with a spread of t / sqrt(3).
    inside = np.random.default_rng(1).normal(size=4_000_000)
    inside = inside[np.abs(inside) <= threshold]
    np.testing.assert_allclose(cut[~kept].std(), inside.std(), rtol=0.05)
    np.testing.assert_array_equal(cut, latents.truncate(whole, threshold, seed=0))
    assert not np.array_equal(cut, latents.truncate(whole, threshold, seed=1))


def test_each_class_has_its_own_threshold():
    whole = np.random.default_rng(0).normal(size=(40, 50)).astype("float32")
    thresholds, labels = np.array([0.5, 2.0]), np.arange(40) % 2
    cut = latents.truncate(whole, thresholds[labels], seed=0)
    for label, threshold in enumerate(thresholds):
        assert 0.95 * threshold < np.abs(cut[labels == label]).max() <= threshold
    with pytest.raises(ValueError, match=r"one for each of 40 rows, got \(2,\)"):
        latents.truncate(whole, thresholds)


def test_truncation_needs_a_threshold():
    with pytest.raises(ValueError, match="threshold must be positive, got 0"):
        latents.truncate(np.zeros((1, 2)), 0)
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        latents.truncate(np.zeros((1, 2)), 1, seed=-1)
