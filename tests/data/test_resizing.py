"""Images of another size, by hand and against another implementation."""

import numpy as np
import pytest
import tensorflow as tf

from gankit import data
from gankit.data.arrays import resize_pixels
from gankit.data.resizing import weigh_cubics

NOISE = np.random.default_rng(0).integers(0, 256, (2, 24, 36, 3), dtype="uint8")


def test_cubics_by_hand():
    # A quarter of a pixel on from one, its neighbours weigh (-9, 111, 29, -3) / 128. What lies
    # outside of the image is left out of the mean.
    weights = weigh_cubics(6, 12)
    np.testing.assert_allclose(weights[5] * 128, [0, -9, 111, 29, -3, 0], rtol=1e-12)
    np.testing.assert_allclose(weights[0] * 102, [111, -9, 0, 0, 0, 0], rtol=1e-12)
    np.testing.assert_array_equal(weigh_cubics(4, 4), np.eye(4))


def test_one_that_shrinks_keeps_the_mean_of_what_it_sees():
    pixels = NOISE[0].astype("float32")
    resized = resize_pixels(pixels, (8, 6))
    np.testing.assert_allclose(resized.mean(), pixels.mean(), rtol=0.02)
    stripes = np.tile(np.float32([0, 255]), (24, 18))[..., None]  # finer than what is left
    np.testing.assert_allclose(resize_pixels(stripes, (24, 9))[:, 1:-1], 127.5, atol=1)


def test_one_that_grows_is_interpolated_by_cubics():
    image = NOISE[0].astype("float32")
    expected = data.resize_bicubic(image[None], (48, 50))[0]
    np.testing.assert_allclose(resize_pixels(image, (48, 50)), expected, atol=2e-3)


@pytest.mark.parametrize("size", [(8, 6), (10, 36), (48, 72), (30, 20)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_bytes_are_floats_rounded(size, channels):
    image = np.random.default_rng(1).integers(90, 166, (24, 36, channels), dtype="uint8")
    if channels == 4:
        image[..., 3] = 255  # colours of pixels that are less opaque count less, in bytes
    resized = resize_pixels(image, size)
    assert resized.dtype == np.uint8
    assert resized.shape == (*size, channels)
    expected = resize_pixels(image.astype("float32"), size)
    np.testing.assert_allclose(resized, expected, atol=1.5)  # rows and columns are rounded in turn


@pytest.mark.parametrize("size", [(12, 9), (8, 12), (7, 11), (48, 72), (31, 50), (24, 12)])
def test_bicubic_is_that_of_tensorflow(size):
    expected = tf.image.resize(NOISE, size, "bicubic", antialias=True)
    found = data.resize_bicubic(NOISE, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-3)  # of values up to 255, at borders too


def test_bicubic_may_leave_the_range():
    edge = np.repeat([0, 255], 4).astype("uint8").reshape(1, 1, 8, 1)
    enlarged = data.resize_bicubic(edge, (1, 16)).ravel()
    assert enlarged.min() == pytest.approx(255 * -9 / 128)
    assert enlarged.max() == pytest.approx(255 * 137 / 128)


def test_bicubic_of_tensors_in_a_graph():
    resized = tf.data.Dataset.from_tensors(NOISE).map(lambda x: data.resize_bicubic(x, (8, 12)))
    assert resized.element_spec == tf.TensorSpec((2, 8, 12, 3), tf.float32)
    np.testing.assert_allclose(next(iter(resized)), data.resize_bicubic(NOISE, (8, 12)), atol=1e-4)
