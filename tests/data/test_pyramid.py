"""Pyramids of images, by hand."""

import numpy as np
import pytest
from helpers import make_images

from gankit import data
from gankit.data.pyramid import double, halve, merge, split, take_level


def test_halves_and_doubles_by_hand():
    image = np.arange(4.0).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(halve(image), [[[[1.5]]]])
    np.testing.assert_array_equal(double(np.array(halve(image))), np.full((1, 2, 2, 1), 1.5))


def test_pyramid_then_reconstruction_is_the_image():
    images = make_images(3, (32, 32, 3))
    levels, rest = [], images
    while rest.shape[1] > 8:
        residuals, _ = split(rest)
        assert np.abs(residuals).max() <= 1
        levels.append(residuals)
        rest = np.array(halve(rest))
    for residuals in reversed(levels):
        rest = merge(residuals, double(rest))
    np.testing.assert_allclose(rest, images, atol=1e-5)


def test_levels_of_a_dataset_are_those_of_its_images():
    images = make_images(4, (16, 16, 3))
    dataset = data.from_arrays(images, batch_size=4, shuffle=False)
    small, middle, fine = (next(iter(take_level(dataset, level, 3))) for level in range(3))
    np.testing.assert_allclose(small, halve(halve(images)), atol=1e-6)
    np.testing.assert_allclose(merge(*middle), halve(images), atol=1e-6)
    np.testing.assert_allclose(merge(*fine), images, atol=1e-6)
    np.testing.assert_array_equal(middle[1], double(small))


def test_a_pyramid_of_one_level_is_the_images_themselves():
    images = make_images(4)
    dataset = data.from_arrays(images, batch_size=4, shuffle=False)
    np.testing.assert_array_equal(next(iter(take_level(dataset, 0, 1))), images)


def test_levels_that_are_not_there():
    for level in (-1, 2):
        with pytest.raises(ValueError, match=rf"level must be in 0\.\.1, got {level}"):
            take_level(None, level, 2)
    labelled = data.from_arrays(make_images(4), np.arange(4), batch_size=2)
    with pytest.raises(TypeError, match="without a condition: leave labels out"):
        take_level(labelled, 0, 2)
