"""The sizes of maps, by hand, and that layers make the same ones."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gankit.architectures.shapes import crop, halve, shrink


@pytest.mark.parametrize(
    ("image_shape", "options", "sizes"),
    [
        ((8, 8, 1), {}, [(8, 8), (4, 4)]),
        ((28, 28, 1), {}, [(28, 28), (14, 14), (7, 7), (4, 4)]),
        ((96, 96, 3), {}, [(96, 96), (48, 48), (24, 24), (12, 12), (6, 6)]),
        ((45, 80, 3), {}, [(45, 80), (23, 40), (12, 20), (6, 10), (3, 5)]),
        ((28, 28, 1), {"largest": 8, "least": 2}, [(28, 28), (14, 14), (7, 7)]),
        ((8, 9, 1), {"least": 3}, [(8, 9), (4, 5), (2, 3), (1, 2)]),
        ((9, 8, 1), {"largest": 1}, [(9, 8), (5, 4), (3, 2), (2, 1), (1, 1)]),
        ((8, 16, 9, 1), {"name": "volume_shape"}, [(8, 16, 9), (4, 8, 5), (2, 4, 3)]),
    ],
)
def test_halve(image_shape, options, sizes):
    assert halve(image_shape, **options) == sizes


def test_shrink():
    assert shrink((65, 30, 3), (2, 4)) == [(65, 30), (33, 15), (9, 4)]


@given(st.integers(8, 2000), st.integers(8, 2000))
def test_an_image_begins_with_4_to_6_pixels(height, width):
    sizes = halve((height, width, 3))
    assert 4 <= max(sizes[-1]) <= 6
    assert all(max(size) > 6 for size in sizes[:-1])


@pytest.mark.parametrize("size", [(9, 14), (7, 5, 6)])
def test_layers_make_the_same_sizes_and_crop_takes_back_what_overshoots(size):
    x = keras.random.uniform((1, *size, 2), seed=0)
    half = tuple((length + 1) // 2 for length in size)
    volume = len(size) == 3
    convolution = keras.layers.Conv3D if volume else keras.layers.Conv2D
    pooling = keras.layers.AveragePooling3D if volume else keras.layers.AveragePooling2D
    assert convolution(1, 4, strides=2, padding="same")(x).shape[1:-1] == half
    assert pooling(2, padding="same")(x).shape[1:-1] == half
    upsampling = keras.layers.UpSampling3D if volume else keras.layers.UpSampling2D
    doubled = upsampling()(keras.random.uniform((1, *half, 2), seed=0))
    cropped = crop(doubled, size)
    assert cropped.shape == (1, *size, 2)
    first = tuple(slice(length) for length in size)
    np.testing.assert_array_equal(cropped, np.array(doubled)[(slice(None), *first)])
    assert crop(x, size) is x


def test_pooling_means_only_what_is_there():
    # By hand: of 1, 2, 3 in a row the last stands alone, and of three rows too.
    image = np.array([[1, 2, 3], [3, 4, 5], [5, 6, 7]], "float32")[None, :, :, None]
    pooled = keras.layers.AveragePooling2D(2, padding="same")(image)
    np.testing.assert_array_equal(np.array(pooled)[0, :, :, 0], [[2.5, 4], [5.5, 7]])
    # Four at once, as ``next_frame`` shrinks: a single mean of all nine.
    pooled = keras.layers.AveragePooling2D(4, padding="same")(image)
    np.testing.assert_array_equal(np.array(pooled).ravel(), [4])
