"""Which real image is nearest to each generated one, and how near."""

import keras
import numpy as np
import pytest
from helpers import make_images
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit import data, metrics
from gankit.metrics import nearest_neighbours
from gankit.metrics.nearest_neighbours import BLOCK


def paint(*values):
    """Returns grey images of two pixels."""
    return np.array(values, "float32").reshape(-1, 1, 2, 1)


def make_extractor(image_shape=(8, 8, 1)):
    """Returns a network whose only feature is the sum of all pixels."""
    images = keras.Input(image_shape)
    return keras.Model(images, keras.ops.sum(images, axis=(1, 2)))


def test_neighbours_by_hand():
    # From (0, 0), the others lie on a triangle of sides 3, 4 and 5 tenths.
    real = paint((0.3, 0.4), (0.0, 0.0), (0.3, 0.0))
    found = nearest_neighbours(paint((0, 0), (0.3, 0.5)), real, k=3)
    np.testing.assert_array_equal(found.indices, [[1, 2, 0], [0, 2, 1]])
    np.testing.assert_allclose(
        found.distances, [[0, 0.3, 0.5], [0.1, 0.5, np.sqrt(0.34)]], atol=1e-6
    )


def test_bytes_are_compared_with_floats():
    real = np.array([[0, 0], [255, 255]], "uint8").reshape(2, 1, 2, 1)
    found = nearest_neighbours(paint((1, 1), (-1, -1), (1, 0)), real)
    np.testing.assert_array_equal(found.indices, [[1], [0], [1]])
    np.testing.assert_allclose(found.distances, [[0], [0], [1]], atol=1e-6)


def test_features_see_past_what_differs_in_pixels():
    images = make_images(20)
    shuffled = images.reshape(20, -1)[:, ::-1].reshape(images.shape)  # the same sum of pixels
    in_features = nearest_neighbours(shuffled, images, make_extractor())
    np.testing.assert_array_equal(in_features.indices[:, 0], np.arange(20))
    np.testing.assert_allclose(in_features.distances, 0, atol=1e-4)
    assert (nearest_neighbours(shuffled, images).distances > 1).all()


def test_features_that_are_known():
    features = np.array([[0.0], [1.0], [5.0]], "float32")
    found = nearest_neighbours(metrics.Features(features[1:]), features + 0.25)
    np.testing.assert_array_equal(found.indices, [[1], [2]])
    np.testing.assert_allclose(found.distances, 0.25)
    images = make_images(3)
    sums = images.sum(axis=(1, 2))
    mixed = nearest_neighbours(sums, images, make_extractor())
    np.testing.assert_array_equal(mixed.indices, [[0], [1], [2]])


@settings(deadline=None, max_examples=25)
@given(
    number=st.integers(1, 600),
    num_real=st.integers(1, 2500),
    k=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_blocks_change_nothing(number, num_real, k, seed):
    generated = make_images(number, (2, 2, 1), seed)
    real = make_images(num_real, (2, 2, 1), seed + 1)
    k = min(k, num_real)
    found = nearest_neighbours(generated, real, k=k)
    difference = generated.reshape(-1, 1, 4).astype("float64") - real.reshape(1, -1, 4)
    expected = np.linalg.norm(difference, axis=-1)
    np.testing.assert_allclose(found.distances, np.sort(expected, axis=1)[:, :k], atol=1e-6)
    np.testing.assert_allclose(
        np.take_along_axis(expected, found.indices, axis=1), found.distances, atol=1e-6
    )


def test_an_exact_copy_finds_itself_among_near_ones():
    # One bit of one pixel apart, which is less than float32 makes of products.
    digit = data.sample_digits()[0][0]
    real = np.repeat(digit[None], 5, axis=0)
    for number in range(5):
        real[number, number, number] += 1
    found = nearest_neighbours(real, real)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(5))
    np.testing.assert_array_equal(found.distances, 0)


def test_copies_are_found_in_any_block():
    real = make_images(2 * BLOCK + 10, (4, 4, 1))
    copied = np.array([0, BLOCK - 1, BLOCK, 2 * BLOCK + 9])
    found = nearest_neighbours(real[copied], real)
    np.testing.assert_array_equal(found.indices[:, 0], copied)
    np.testing.assert_array_equal(found.distances, 0)


def test_mirrored_copies():
    photos = make_images(10, (8, 8, 3))
    both_ways = np.concatenate([photos, photos[:, :, ::-1]])
    found = nearest_neighbours(photos[:, :, ::-1], both_ways)
    np.testing.assert_array_equal(found.indices[:, 0] % len(photos), np.arange(10))
    np.testing.assert_array_equal(found.distances, 0)
    assert (nearest_neighbours(photos[:, :, ::-1], photos).distances > 1).all()


@pytest.mark.parametrize(
    ("generated", "real", "k", "message"),
    [
        (make_images(2), make_images(2, (4, 4, 1)), 1, r"shape \(8, 8, 1\) and real ones \(4, 4"),
        (make_images(2), np.zeros((2, 64), "float32"), 1, r"\(8, 8, 1\) and real ones \(64,\)"),
        (make_images(2), make_images(2), 3, "k=3 neighbours need as many real images, got 2"),
        (make_images(2), make_images(2), 0, "k must be an integer of at least 1, got 0"),
        (make_images(0), make_images(2), 1, "There are no generated images"),
        (make_images(2), 3 * make_images(2), 1, r"must lie in \[-1, 1\]"),
        (make_images(2), np.zeros((2, 8, 8, 1), int), 1, "must be uint8 or floats"),
        (np.full((2, 4), np.nan), np.zeros((2, 4)), 1, "generated features hold NaN"),
    ],
)
def test_what_can_t_be_compared(generated, real, k, message):
    with pytest.raises(ValueError, match=message):
        nearest_neighbours(generated, real, k=k)


def test_a_dataset_has_no_indices():
    dataset = data.from_arrays(make_images(8), batch_size=4)
    with pytest.raises(TypeError, match=r"real images must be an array.*shuffle=False"):
        nearest_neighbours(make_images(2), dataset)
