"""Batches: their sub-batches, and what a discriminator's outputs are to them."""

import numpy as np
import pytest

from gankit.training.batch import Batch, concatenate, mean_of, split_outputs


def test_sub_batches_are_strided():
    batch = Batch(np.arange(6), condition={"a": np.arange(6) * 10})
    parts = batch.split(3)
    assert [part.images.tolist() for part in parts] == [[0, 3], [1, 4], [2, 5]]
    assert [part.condition["a"].tolist() for part in parts] == [[0, 30], [10, 40], [20, 50]]
    assert parts[0].latents is None


def test_both_batches_as_one():
    one, other = Batch(np.float32([1, 2])), Batch(np.float32([3]))
    both = concatenate(one, other)
    np.testing.assert_array_equal(both.images, [1, 2, 3])
    assert both.condition is None


def test_the_mean_of_several_scores():
    patches, whole = np.float32([[1, 2], [3, 6]]), np.float32([[5], [7]])
    assert float(mean_of(patches)) == 3
    assert float(mean_of([patches, whole])) == 4.5  # each counts as much: of 3 and 6


def test_scores_come_first():
    assert split_outputs(1) == (1, ())
    assert split_outputs([1, 2, [3]]) == (1, (2, 3))
    assert split_outputs({"class": 2, "scores": 1}) == (1, (2,))
    with pytest.raises(ValueError, match=r"one of them 'scores', it has \['class', 'score'\]"):
        split_outputs({"score": 1, "class": 2})
