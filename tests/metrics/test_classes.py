"""What a classifier finds, by hand."""

from itertools import permutations

import numpy as np
import pytest

from gankit.metrics.classes import class_accuracy, match_codes, mode_coverage
from gankit.metrics.inception_score import inception_score


def test_inception_score_of_known_cases():
    sure = np.tile(np.eye(4), (25, 1))  # each class equally often, without a doubt
    np.testing.assert_allclose(inception_score(sure, splits=1), (4, 0), atol=1e-9)
    np.testing.assert_allclose(inception_score(sure, splits=25), (4, 0), atol=1e-9)
    collapsed = np.repeat(np.eye(4)[:1], 20, axis=0)
    np.testing.assert_allclose(inception_score(collapsed), (1, 0), atol=1e-9)
    unsure = np.full((20, 4), 0.25)
    np.testing.assert_allclose(inception_score(unsure), (1, 0), atol=1e-9)
    # Two images, (3/4, 1/4) and (1/4, 3/4): the divergence from one half each.
    two = np.array([[0.75, 0.25], [0.25, 0.75]])
    expected = np.exp(0.75 * np.log(1.5) + 0.25 * np.log(0.5))
    np.testing.assert_allclose(inception_score(two, splits=1).mean, expected)


def test_inception_score_splits_spread():
    # The first half has one class, the second two: scores of 1 and 2.
    probabilities = np.array([[1, 0, 0]] * 4 + [[0, 1, 0], [0, 0, 1]] * 2, float)
    np.testing.assert_allclose(inception_score(probabilities, splits=2), (1.5, 0.5))


def test_mode_coverage_by_hand():
    assert mode_coverage(np.arange(1000), 1000) == (1000, 0)
    np.testing.assert_allclose(mode_coverage(np.zeros(50, int), 1000), (1, np.log(1000)))
    coverage = mode_coverage([0, 0, 0, 1], 3, real_shares=[0.5, 0.25, 0.25])
    expected = 0.75 * np.log(1.5) + 0.25 * np.log(1)
    np.testing.assert_allclose(coverage, (2, expected))
    assert mode_coverage([1], 2, real_shares=[1, 0]) == (1, np.inf)


def test_class_accuracy_by_hand():
    assert class_accuracy([1, 2, 3, 3], [1, 2, 0, 3]) == 0.75


def test_codes_are_matched_with_classes_by_hand():
    # Greedily 3 + 1 + 1, with code 0 as class 0; better 2 + 3 + 1.
    classes = [0, 0, 0, 1, 1, 0, 0, 0, 1, 2]
    codes = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2]
    accuracy, matched = match_codes(classes, codes, 3)
    assert (accuracy, matched.tolist()) == (0.6, [1, 0, 2])


def test_codes_are_matched_whatever_their_names():
    generator = np.random.default_rng(0)
    classes, names = generator.integers(0, 10, 500), generator.permutation(10)
    accuracy, matched = match_codes(classes, np.argsort(names)[classes], 10)
    assert accuracy == 1
    np.testing.assert_array_equal(matched, names)


def test_no_assignment_is_better():
    generator = np.random.default_rng(1)
    classes, codes = generator.integers(0, 4, (2, 60))
    every = [np.mean(np.array(order)[codes] == classes) for order in permutations(range(4))]
    assert match_codes(classes, codes, 4).accuracy == max(every)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.ones((5, 3)), "add up to 1.*softmax"),
        (np.full((5, 3), np.nan), "NaN"),
        (np.zeros((0, 3)), r"\(images, classes\), got \(0, 3\)"),
        (np.array([[1.5, -0.5]]), "softmax"),
    ],
)
def test_bad_probabilities(probabilities, message):
    with pytest.raises(ValueError, match=message):
        inception_score(probabilities, splits=1)


def test_bad_classes():
    with pytest.raises(ValueError, match="number of images, 2, got 3"):
        inception_score(np.eye(2), splits=3)
    with pytest.raises(ValueError, match=r"0..2, got 0..3"):
        mode_coverage([0, 3], 3)
    with pytest.raises(ValueError, match="integers of shape"):
        mode_coverage([0.5], 3)
    with pytest.raises(ValueError, match="2 numbers that add up to 1"):
        mode_coverage([1], 2, real_shares=[1, 1])
    with pytest.raises(ValueError, match="same shape"):
        class_accuracy([1, 2], [1])
    with pytest.raises(ValueError, match="same shape"):
        match_codes([1, 2], [1], 3)
    with pytest.raises(ValueError, match=r"codes must lie in 0..2, got 0..3"):
        match_codes([1, 2], [0, 3], 3)
    with pytest.raises(ValueError, match=r"1..16, got 100"):
        match_codes([1, 2], [0, 3], 100)
