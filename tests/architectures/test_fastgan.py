"""FastGAN's networks: excitations and weights by hand, and the maps of the paper."""

import itertools

import keras
import numpy as np
from helpers import make_images

from gankit.architectures import fastgan


def test_skip_layer_excitation_by_hand():
    small, large = keras.Input((4, 4, 2)), keras.Input((8, 8, 3))
    network = keras.Model([large, small], fastgan.excite(large, small, doublings=0))
    first, second = (layer.kernel for layer in network.layers if hasattr(layer, "kernel"))
    assert [tuple(one.shape) for one in (first, second)] == [(4, 4, 2, 3), (1, 1, 3, 3)]
    draw = np.random.default_rng(0)
    for kernel in (first, second):
        kernel.assign(draw.normal(size=kernel.shape))
    large, small = make_images(2, (8, 8, 3)), make_images(2, (4, 4, 2), seed=1)
    x = np.einsum("nhwc,hwcd->nd", small, first)
    x = np.where(x > 0, x, 0.2 * x) @ np.array(second)[0, 0]
    expected = large / (1 + np.exp(-x))[:, None, None]
    np.testing.assert_allclose(network([large, small]), expected, rtol=1e-4, atol=1e-5)


def test_a_larger_map_is_pooled_before_it_excites():
    small, large = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    network = keras.Model([large, small], fastgan.excite(large, small, doublings=1))
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(np.ones(layer.kernel.shape))
    images = make_images(2, seed=1)
    found = network([np.ones((2, 8, 8, 1), "float32"), np.abs(images)])
    expected = 1 / (1 + np.exp(-16 * np.abs(images).mean(axis=(1, 2, 3))))
    np.testing.assert_allclose(np.array(found)[:, 0, 0, 0], expected, rtol=1e-5)


def test_counts():
    # 256x256. A doubling is a 3x3 convolution to twice the width, with normalization, and a gate.
    widths = [1024, 512, 256, 128, 128, 64, 32]  # of 4, 8, ... 256 pixels
    generator = 256 * 16 * 2048 + 4 * 2048
    for a, b in itertools.pairwise(widths):
        generator += 9 * a * 2 * b + 4 * 2 * b
    for a, b in zip(widths, widths[4:], strict=False):  # 4 excites 64, 8 does 128, 16 does 256
        generator += 16 * a * b + b * b
    generator += 9 * 32 * 3 + 3
    assert fastgan.build_generator((256, 256, 3)).count_params() == generator
    # Each spectral normalization keeps a vector of as many numbers as there are channels.
    widths = [32, 64, 128, 256, 512, 1024]  # of 256, 128, ... 8 pixels
    discriminator = 9 * 3 * 32 + 32
    for a, b in itertools.pairwise(widths):
        discriminator += 16 * a * b + 9 * b * b + a * b + 3 * (4 * b + b)
    discriminator += 1024 * 1024 + 5 * 1024 + 16 * 1024 + 1
    assert fastgan.build_discriminator((256, 256, 3)).count_params() == discriminator


def test_maps_of_the_paper():
    discriminator = fastgan.build_discriminator((256, 256, 3), filters=2)
    scores, coarse, finer = (output.shape[1:] for output in discriminator.outputs)
    assert (scores, coarse, finer) == ((5, 5, 1), (8, 8, 32), (16, 16, 16))
    decoder, part_decoder = fastgan.build_decoders((256, 256, 3), filters=2)
    assert (decoder.input_shape[1:], part_decoder.input_shape[1:]) == ((8, 8, 32), (8, 8, 16))
    assert decoder.output_shape[1:] == part_decoder.output_shape[1:] == (128, 128, 3)
    decoder, part_decoder = fastgan.build_decoders((64, 64, 3), filters=2)
    assert decoder.output_shape[1:] == (64, 64, 3)  # no larger than the image
    assert part_decoder.output_shape[1:] == (32, 32, 3)


def test_excitations_begin_with_images_of_64_pixels():
    def count(size):
        network = fastgan.build_generator((size, size, 3), latent_dim=4, filters=2)
        return sum(isinstance(layer, keras.layers.Multiply) for layer in network.layers)

    assert [count(size) for size in (32, 64, 128)] == [0, 1, 2]
