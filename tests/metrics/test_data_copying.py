"""Copies show, new images don't: on points of which it is known."""

import numpy as np
import pytest

from gankit import metrics
from gankit.metrics.data_copying import rank_statistic

RANDOM = np.random.default_rng(0)
TRAINING, HELD_OUT, NEW = (RANDOM.normal(size=(size, 3)) for size in (400, 200, 300))
COPIES = TRAINING[:300] + RANDOM.normal(scale=0.01, size=(300, 3))


def test_the_rank_statistic_by_hand():
    # Of the 2 * 3 pairs, x is the greater one in 1: U = 1, mean 3, variance 2 * 3 * 6 / 12 = 3.
    assert rank_statistic(np.array([1.0, 4.0]), np.array([2.0, 5.0, 6.0])) == pytest.approx(
        (1 - 3) / 3**0.5
    )
    assert rank_statistic(np.ones(4), np.ones(5)) == 0


@pytest.mark.parametrize("cells", [1, 5])
def test_copies_are_told_from_new_images(cells):
    assert metrics.data_copying(COPIES, TRAINING, HELD_OUT, cells=cells) < -3
    assert abs(metrics.data_copying(NEW, TRAINING, HELD_OUT, cells=cells)) < 3
    assert metrics.data_copying(NEW * 9, TRAINING, HELD_OUT, cells=1) > 3


def test_copies_of_one_kind_show_in_cells():
    """Half of the images are copies and half lie too far: together they seem to be neither."""
    shift = np.array([50, 0, 0])
    training, held_out = (np.concatenate([part, part + shift]) for part in (TRAINING, HELD_OUT))
    made = np.concatenate([COPIES, 3 * NEW + shift])
    assert abs(metrics.data_copying(made, training, held_out)) < 3
    kinds = [metrics.data_copying(part, training, held_out) for part in (COPIES, 3 * NEW + shift)]
    assert kinds[0] < -3 < 3 < kinds[1]


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="features of one extractor, got 3, 3 and 2"):
        metrics.data_copying(NEW, TRAINING, HELD_OUT[:, :2])
    with pytest.raises(ValueError, match="cells must be at most the training images, 400, got 401"):
        metrics.data_copying(NEW, TRAINING, HELD_OUT, cells=401)
