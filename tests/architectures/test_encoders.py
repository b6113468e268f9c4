"""Encoders and the discriminators beside them: the papers' sizes."""

import keras
import numpy as np
import pytest
from helpers import make_images

from gankit.architectures import bigan, dcgan, mlp, vae_gan


def test_aaes_networks():
    # Makhzani 2015, appendix A: two hidden layers of 1,000 units everywhere.
    encoder = mlp.build_encoder((28, 28, 1), latent_dim=8)
    assert encoder.count_params() == 785_000 + 1_001_000 + 8_008
    decoder = mlp.build_generator((28, 28, 1), latent_dim=8, hidden_units=(1000, 1000))
    assert decoder.count_params() == 9_000 + 1_001_000 + 784_784
    assert mlp.build_latent_discriminator(8).count_params() == 9_000 + 1_001_000 + 1_001


def count(network):
    """Returns the numbers of trainable weights of convolutions and dense layers, in order."""
    kinds = (keras.layers.Dense, keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    return [layer.count_params() for layer in network.layers if isinstance(layer, kinds)]


def test_vae_gans_networks():
    # Larsen 2015, table 1, for 64x64 pixels; what batch normalization follows has no bias.
    generator = vae_gan.build_generator((64, 64, 3))
    assert count(generator) == [
        128 * 8 * 8 * 256,
        25 * 256 * 256,
        25 * 256 * 128,
        25 * 128 * 32,
        25 * 32 * 3 + 3,
    ]
    encoder = vae_gan.build_encoder((64, 64, 3))
    assert count(encoder) == [
        25 * 3 * 64,
        25 * 64 * 128,
        25 * 128 * 256,
        8 * 8 * 256 * 2048,
        2048 * 128 + 128,
        2048 * 128 + 128,
    ]
    discriminator = vae_gan.build_discriminator((64, 64, 3))
    assert count(discriminator) == [
        25 * 3 * 32 + 32,
        25 * 32 * 128,
        25 * 128 * 256,
        25 * 256 * 256,
        8 * 8 * 256 * 512 + 512,
        512 + 1,
    ]
    assert [output.shape[1:] for output in discriminator.outputs] == [(1,), (8, 8, 256)]


def test_dcgans_encoder_is_its_discriminator_with_batch_normalization():
    encoder = dcgan.build_encoder((64, 64, 3), latent_dim=100)
    convolutions = count(dcgan.build_discriminator((64, 64, 3)))[:-1]
    biases = [0, 128, 256, 512]  # which batch normalization makes needless
    expected = [number - bias for number, bias in zip(convolutions, biases, strict=True)]
    assert count(encoder) == [*expected, 4 * 4 * 512 * 100 + 100]


def test_bigans_discriminator_sees_both():
    network = bigan.build_discriminator((28, 28, 1), latent_dim=5, filters=4, hidden_units=6)
    both = 4 * 4 * 16 + 6
    assert count(network) == [
        16 * 4 + 4,
        16 * 4 * 8 + 8,
        16 * 8 * 16 + 16,
        5 * 6 + 6,
        both * 6 + 6,
        6 * 6 + 6,
        6 + 1,
    ]
    images, latents = make_images(2, (28, 28, 1)), np.eye(2, 5, dtype="float32")
    scores = network([images, latents])
    assert scores.shape == (2, 1)
    assert not np.allclose(scores, network([images, -latents]))
    assert not np.allclose(scores, network([-images, latents]))


@pytest.mark.parametrize("shape", [(8, 8, 1), (21, 45, 3)], ids=str)
def test_any_size(shape):
    images = make_images(2, shape)
    few = {"latent_dim": 3, "filters": 2}
    assert dcgan.build_encoder(shape, **few)(images).shape == (2, 3)
    codes = dcgan.build_encoder(shape, stochastic=True, **few)(images)
    assert [code.shape for code in codes] == [(2, 3), (2, 3)]
    assert [code.shape for code in vae_gan.build_encoder(shape, **few)(images)] == [(2, 3), (2, 3)]
    assert vae_gan.build_generator(shape, **few)(np.zeros((2, 3))).shape == (2, *shape)
    scores, features = vae_gan.build_discriminator(shape, filters=2)(images)
    assert scores.shape == (2, 1)
    assert max(features.shape[1:3]) <= 8
    assert bigan.build_discriminator(shape, **few)([images, np.zeros((2, 3))]).shape == (2, 1)


def test_codes_stay_precise():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        outputs = vae_gan.build_encoder((8, 8, 1), 3, filters=2).outputs
        outputs += vae_gan.build_discriminator((8, 8, 1), filters=2).outputs
    finally:
        keras.config.set_dtype_policy("float32")
    assert {output.dtype for output in outputs} == {"float32"}
