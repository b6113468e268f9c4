import numpy as np
import pytest

import gankit
from gankit.architectures import wavegan
from gankit.layers import PhaseShuffle


def count(network):
    return [layer.count_params() for layer in network.layers if layer.count_params()]


def test_the_papers_networks():
    # Donahue 2018, tables 3 and 4: a second of 16,384 samples, d = 64.
    assert count(wavegan.build_generator()) == [
        100 * 16384 + 16384,
        25 * 1024 * 512 + 512,
        25 * 512 * 256 + 256,
        25 * 256 * 128 + 128,
        25 * 128 * 64 + 64,
        25 * 64 * 1 + 1,
    ]
    assert wavegan.build_generator().count_params() == 19_065_345
    discriminator = wavegan.build_discriminator()
    assert count(discriminator) == [
        25 * 1 * 64 + 64,
        25 * 64 * 128 + 128,
        25 * 128 * 256 + 256,
        25 * 256 * 512 + 512,
        25 * 512 * 1024 + 1024,
        256 * 64 + 1,
    ]
    assert discriminator.count_params() == 17_427_969
    shuffles = [layer for layer in discriminator.layers if isinstance(layer, PhaseShuffle)]
    assert [layer.input.shape[1:] for layer in shuffles] == [
        (4096, 64),
        (1024, 128),
        (256, 256),
        (64, 512),
    ]


@pytest.mark.parametrize("shape", [(16, 1), (17, 2), (1000, 1), (4097, 3)], ids=str)
def test_any_length(shape):
    generator = wavegan.build_generator(shape, latent_dim=3, filters=2)
    signals = generator(np.zeros((2, 3)))
    assert signals.shape == (2, *shape)
    discriminator = wavegan.build_discriminator(shape, filters=2)
    assert discriminator(signals).shape == (2, 1)
    assert discriminator(signals, training=True).shape == (2, 1)


def test_no_shuffle():
    layers = wavegan.build_discriminator((256, 1), filters=2, phase_shuffle=0).layers
    assert not any(isinstance(layer, PhaseShuffle) for layer in layers)


def test_the_discriminator_without_gankit():
    discriminator = wavegan.build_discriminator((256, 1), filters=2)
    plain = gankit.to_keras(discriminator)
    signals = np.random.default_rng(0).normal(size=(2, 256, 1))
    np.testing.assert_allclose(plain(signals), discriminator(signals), atol=1e-6)


def test_signals_that_can_t_be():
    with pytest.raises(ValueError, match=r"too short: it needs 16 samples"):
        wavegan.build_generator((15, 1))
    with pytest.raises(ValueError, match=r"signal_shape must be \(samples, channels\)"):
        wavegan.build_discriminator((28, 28, 1))
