"""Stacked digits: each channel is one of the digits that went in."""

import numpy as np
import pytest

from gankit import data


def test_channels_and_labels_belong_together():
    images = np.arange(10, dtype="uint8")[:, None, None, None] * np.ones((1, 2, 2, 1), "uint8")
    stacked, labels = data.stack_digits(images, np.arange(10), 500, seed=1)
    assert (stacked.shape, stacked.dtype) == ((500, 2, 2, 3), np.uint8)
    assert (labels.shape, labels.dtype) == ((500,), np.int32)
    digits = stacked[:, 0, 0].astype(int)  # here an image's value is its label
    np.testing.assert_array_equal(labels, digits @ [100, 10, 1])
    assert (np.bincount(digits.ravel(), minlength=10) > 100).all()  # 150 each on average
    assert not (digits[:, 0] == digits[:, 1]).all()


def test_the_seed_decides():
    digits, labels = data.sample_digits()
    one, other = (data.stack_digits(digits, labels, 20, seed=seed)[0] for seed in (0, 1))
    np.testing.assert_array_equal(one, data.stack_digits(digits, labels, 20)[0])
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("images", "labels", "number", "message"),
    [
        (np.zeros((4, 8, 8, 3)), [0] * 4, 1, "must be grey digits of shape"),
        (np.zeros((4, 8, 8, 1)), [0] * 3, 1, r"labels must have the shape \(4,\)"),
        (np.zeros((4, 8, 8, 1)), [10] * 4, 1, r"labels must be in 0\.\.9"),
        (np.zeros((4, 8, 8, 1)), [0] * 4, 0, "num_images must be an integer of at least 1"),
    ],
)
def test_what_does_not_fit(images, labels, number, message):
    with pytest.raises(ValueError, match=message):
        data.stack_digits(images, labels, number)
