"""Networks of films and of shapes: counts by hand, shapes, scales."""

import itertools

import keras
import numpy as np
import pytest

from gankit.architectures import gan_3d, next_frame


def test_gan_3d_counts_at_the_paper_s_size():
    # 200 -> 4x4x4x512 -> 256 -> 128 -> 64 -> 1, kernels of 4x4x4, normalization but at the end.
    maps = [512, 256, 128, 64]
    generator = 200 * 64 * 512 + 64 * sum(a * b for a, b in itertools.pairwise(maps))
    generator += 4 * sum(maps) + 64 * 64 + 1
    assert gan_3d.build_generator((64, 64, 64, 1)).count_params() == generator
    maps = maps[::-1]
    discriminator = 64 * 64 + 64 + 64 * sum(a * b for a, b in itertools.pairwise(maps))
    discriminator += 4 * sum(maps[1:]) + 64 * 512 + 1
    assert gan_3d.build_discriminator((64, 64, 64, 1)).count_params() == discriminator


@pytest.mark.parametrize("volume_shape", [(8, 16, 24, 1), (9, 11, 8, 2)])
def test_volumes_of_other_shapes(volume_shape):
    generator = gan_3d.build_generator(volume_shape, 5, filters=2)
    volumes = np.array(generator(np.random.default_rng(0).normal(size=(2, 5))))
    assert volumes.shape == (2, *volume_shape)
    assert np.abs(volumes).max() <= 1
    assert gan_3d.build_discriminator(volume_shape, filters=2)(volumes).shape == (2, 1)


@pytest.mark.parametrize(
    ("volume_shape", "message"),
    [
        ((7, 30, 31, 1), r"volume_shape=\(7, 30, 31, 1\) is too small: depth and height and width"),
        ((32, 32, 1), r"\(depth, height, width, channels\).*got \(32, 32, 1\)"),
    ],
)
def test_volumes_that_can_t_be(volume_shape, message):
    with pytest.raises(ValueError, match=message):
        gan_3d.build_generator(volume_shape)
    with pytest.raises(ValueError, match=message):
        gan_3d.build_discriminator(volume_shape)


def test_next_frame_counts():
    # At each of two scales 3x3 convolutions to 4, 8, 4 and 1 channels; the coarse one sees three
    # frames, the fine one also the guess.
    scale = [9 * a * b + b for a, b in ((4, 8), (8, 4), (4, 1))]
    by_hand = 2 * sum(scale) + (9 * 3 * 4 + 4) + (9 * 4 * 4 + 4)
    generator = next_frame.build_generator((16, 16, 1), 3, scales=2, filters=4)
    assert generator.count_params() == by_hand
    # 8x8: 4 -> 2 -> 4 channels down to 4x4, 16x16: -> 2 -> 4 -> 8; a score from each.
    coarse = (9 * 4 * 2 + 2) + (9 * 2 * 4 + 4)
    by_hand = 2 * coarse + (9 * 4 * 8 + 8) + (16 * 4 + 1) + (16 * 8 + 1)
    discriminator = next_frame.build_discriminator((16, 16, 1), 3, scales=2, filters=2)
    assert discriminator.count_params() == by_hand
    assert discriminator.output_shape == (None, 2)


def test_each_scale_adds_to_the_guess_of_the_one_before():
    generator = next_frame.build_generator((16, 8, 1), 2, scales=3, filters=1)
    frames = np.random.default_rng(0).uniform(-1, 1, (1, 16, 8, 2))
    # What is left where the two finer scales add nothing: the coarse guess, made larger.
    for name in ("conv2d_7", "conv2d_11"):
        layer = generator.get_layer(name)
        layer.set_weights([np.zeros(weight.shape) for weight in layer.get_weights()])
    guess = keras.Model(generator.input, generator.get_layer("conv2d_3").output)(frames)
    assert guess.shape == (1, 4, 2, 1)
    for _ in range(2):
        guess = keras.layers.UpSampling2D(interpolation="bilinear")(guess)
    np.testing.assert_allclose(generator(frames), np.tanh(guess), atol=1e-6)
    assert np.abs(guess).max() > 0


@pytest.mark.parametrize(("image_shape", "scales"), [((7, 16, 1), 4), ((16, 16, 1), 0)])
def test_frames_that_can_t_be(image_shape, scales):
    with pytest.raises(ValueError, match=r"must be at least 8|at least 1, got 0"):
        next_frame.build_generator(image_shape, scales=scales)
