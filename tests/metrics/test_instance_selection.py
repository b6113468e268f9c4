import numpy as np
import pytest

from gankit.metrics import select_instances


def test_what_lies_far_out_is_left_out():
    values = np.array([[0.0], [0.1], [5.0], [-0.1]])
    np.testing.assert_array_equal(select_instances(values, 0.75), [0, 1, 3])
    np.testing.assert_array_equal(select_instances(values, 1.0), [0, 1, 2, 3])
    np.testing.assert_array_equal(select_instances(values, 0.01), [1])  # nearest to the mean, 1.25


def test_distances_are_in_standard_deviations():
    draw = np.random.default_rng(0).normal(size=(1000, 2))
    values = np.concatenate([draw * [100.0, 1.0], [[50.0, 0.0], [0.0, 6.0]]])
    kept = select_instances(values, 0.9)
    assert 1000 in kept  # far, but not for its direction
    assert 1001 not in kept


def test_a_share_of_each_class():
    values = np.array([[0.0], [0.1], [9.0], [50.0], [50.1], [70.0]])
    kept = select_instances(values, 2 / 3, labels=[0, 0, 0, 7, 7, 7])
    np.testing.assert_array_equal(kept, [0, 1, 3, 4])


def test_bad_arguments():
    with pytest.raises(ValueError, match="share must lie"):
        select_instances(np.zeros((4, 1)), 0.0)
    with pytest.raises(ValueError, match="one row for each of the 4 images"):
        select_instances(np.zeros((4, 1)), labels=[1, 2])
    with pytest.raises(ValueError, match="more images than features, got 4 images of 5 features"):
        select_instances(np.zeros((4, 5)))
