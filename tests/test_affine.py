"""Small turns, shears, stretches and shifts, each at its largest."""

import keras
import numpy as np
import pytest
from helpers import make_dataset, make_gan

from gankit.augment import RandomAffine

NOTHING = {"rotation": 0, "shear": 0, "stretch": 1, "translation": 0}


@pytest.fixture
def largest(monkeypatch):
    """Has every draw be the largest that is possible."""

    def uniform(shape, minval, maxval, seed=None):
        return keras.ops.full(shape, maxval, dtype="float32")

    monkeypatch.setattr(keras.random, "uniform", uniform)


def change(images, **most):
    images = np.asarray(images, "float32")[None, :, :, None]
    return np.array(RandomAffine(**NOTHING | most)(images))[0, :, :, 0]


GRID = np.arange(36.0).reshape(6, 6)


def test_nothing_changes_without_changes():
    np.testing.assert_array_equal(change(GRID), GRID)


def test_a_shift_by_a_pixel(largest):
    np.testing.assert_allclose(change(GRID, translation=1 / 6)[:-1, :-1], GRID[1:, 1:], atol=1e-4)


def test_half_a_turn(largest):
    np.testing.assert_allclose(change(GRID, rotation=180), GRID[::-1, ::-1], atol=1e-4)


def test_a_quarter_turn(largest):
    turned = change(GRID, rotation=90)
    assert np.allclose(turned, np.rot90(GRID), atol=1e-4)


def test_a_shear_moves_each_row_by_its_distance_from_the_middle(largest):
    """A slant of 2 moves the row that is half a pixel below the middle by one pixel."""
    sheared = change(GRID, shear=2)
    np.testing.assert_allclose(sheared[3, :-1], GRID[3, 1:], atol=1e-4)
    np.testing.assert_allclose(sheared[2, 1:], GRID[2, :-1], atol=1e-4)


def test_a_stretch_by_two_shows_every_second_pixel(largest):
    """Of five pixels, the outer ones come from four beyond the middle, which are reflections."""
    row = change(np.tile(np.arange(5.0), (5, 1)), stretch=2)[2]
    np.testing.assert_allclose(row, [2, 0, 2, 4, 2], atol=1e-4)


def test_each_image_changes_by_an_amount_of_its_own():
    layer = RandomAffine(**NOTHING | {"translation": 0.4})
    images = np.tile(GRID[None, :, :, None], (5, 1, 1, 1)).astype("float32")
    changed = np.array(layer(images))
    assert len({image.tobytes() for image in changed}) == 5
    np.testing.assert_array_equal(layer(images, training=False), images)


def test_trains_and_is_saved(tmp_path):
    gan = make_gan(augment=RandomAffine(rotation=5, stretch=1.5))
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    layer = keras.models.load_model(tmp_path / "gan.keras").augment
    assert (layer.rotation, layer.shear, layer.stretch, layer.translation) == (5, 0.3, 1.5, 0.07)


@pytest.mark.parametrize(
    "wrong", [{"rotation": -1}, {"shear": -0.1}, {"stretch": 0.9}, {"translation": 1.1}]
)
def test_numbers_out_of_range(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be from"):
        RandomAffine(**wrong)
