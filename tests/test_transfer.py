"""Fine-tuning: what fits of another GAN's weights, and what follows from it."""

import numpy as np
import pytest
from helpers import (
    LATENT_DIM,
    make_dataset,
    make_dcgan_of_classes,
    make_gan,
    make_networks,
    make_plain_networks,
    values,
)

import gankit
from gankit import architectures, recipes


def make_larger_networks():
    """Returns the small DCGAN for images of twice the size: one more halving."""
    shape = (16, 16, 1)
    generator = architectures.dcgan.build_generator(shape, LATENT_DIM, filters=4)
    return generator, architectures.dcgan.build_discriminator(shape, filters=4)


def train(gan):
    gan.fit(make_dataset(), verbose=0)
    return gan


def test_all_layers_of_equal_networks_fit():
    source = train(make_gan(generator_ema=0.9))
    gan = make_gan(generator_ema=0.9)
    taken, left = gankit.transfer_weights(source, gan)
    assert left == []
    assert len(taken) == len(set(taken)) > 4
    averages = source.averaged(source.generator).get_weights()
    for network in (gan.generator, gan.averaged(gan.generator)):
        for one, other in zip(network.get_weights(), averages, strict=True):
            np.testing.assert_array_equal(one, other)
    for one, other in zip(values(gan.discriminator), values(source.discriminator), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(gan.generate(3, seed=0), source.generate(3, seed=0))


def test_a_larger_gan_takes_what_it_has_in_common():
    gan, source = make_gan(make_larger_networks), make_gan(make_networks)
    taken, left = gankit.transfer_weights(source, gan)
    assert taken
    assert left
    first = next(layer for layer in gan.discriminator.layers if layer.weights)
    other = next(layer for layer in source.discriminator.layers if layer.weights)
    np.testing.assert_array_equal(first.get_weights()[0], other.get_weights()[0])


def test_twice_the_size_and_half_the_filters():
    """All layers but those next to the image come along, since their widths are the same."""
    small = recipes.modern((16, 16, 3), filters=4)
    large = recipes.modern((32, 32, 3), filters=2)
    taken, left = gankit.transfer_weights(small, large)
    weighted = [layer for layer in large.discriminator.layers if layer.weights]
    assert f"discriminator/{weighted[0].name}" in left
    assert f"discriminator/{weighted[1].name}" in left
    assert all(f"discriminator/{layer.name}" in taken for layer in weighted[2:])
    made = [layer for layer in large.generator.layers if layer.weights]
    last = [f"generator/{layer.name}" for layer in made[-3:]]  # with a normalization
    assert [name for name in left if name.startswith("generator")] == last


def test_classes_start_from_scratch():
    gan = make_gan(make_dcgan_of_classes)
    taken, left = gankit.transfer_weights(make_gan(make_networks), gan)
    assert any("embedding" in name for name in left)
    assert not any("embedding" in name for name in taken)


def test_frozen_layers_stay():
    gan = make_gan(generator_ema=0.9)
    gankit.transfer_weights(make_gan(), gan, freeze=1)
    layers = [layer for layer in gan.discriminator.layers if layer.weights]
    before = [layer.get_weights()[0] for layer in layers]
    train(gan)
    same = [
        np.array_equal(layer.get_weights()[0], w) for layer, w in zip(layers, before, strict=True)
    ]
    assert same == [True] + [False] * (len(layers) - 1)


def test_networks_that_have_nothing_in_common():
    with pytest.raises(ValueError, match="Not one layer of the other GAN fits"):
        gankit.transfer_weights(make_gan(make_networks), make_gan(make_plain_networks))


@pytest.mark.parametrize("freeze", [-1, 99])
def test_too_many_frozen_layers(freeze):
    source, gan = train(make_gan()), make_gan()
    before = gan.get_weights()
    with pytest.raises(ValueError, match="freeze must be"):
        gankit.transfer_weights(source, gan, freeze=freeze)
    for one, other in zip(gan.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
