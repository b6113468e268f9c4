"""Wide networks compute what the narrow ones did, and then learn more."""

import keras
import numpy as np
import pytest
from helpers import make_dcgan_of_classes, make_gan, make_networks

import gankit
from gankit import architectures, recipes

SHAPE = (12, 10, 1)


def build(filters, shape=SHAPE, **options):
    return recipes.modern(shape, filters=filters, **{"latent_dim": 5} | options)


def make_dense(units):
    """Returns a GAN whose generator has a dense layer of units, and a discriminator that is one."""
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(3)]
    )
    discriminator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    gan = gankit.GAN(generator, discriminator, generator_ema=None)
    gan.compile()
    return gan


def test_two_units_become_three():
    """One unit is there twice, with its bias, and each copy counts half."""
    narrow, wide = make_dense(2), make_dense(3)
    hidden = [np.float32([[1, 2], [3, 4]]), np.float32([5, 6])]
    outputs = [np.float32([[10, 20, 30], [40, 50, 60]]), np.float32([7, 8, 9])]
    narrow.generator.set_weights(hidden + outputs)
    gankit.widen_weights(narrow, wide, noise=0)
    kernel, bias, after, last = wide.generator.get_weights()
    copy = int(np.flatnonzero(hidden[1] == bias[2])[0])
    np.testing.assert_array_equal(kernel, hidden[0][:, [0, 1, copy]])
    share = np.where(np.arange(2) == copy, 0.5, 1.0)[:, None]
    np.testing.assert_array_equal(after, (outputs[0] * share)[[0, 1, copy]])
    np.testing.assert_array_equal(last, outputs[1])


@pytest.mark.parametrize("filters", [2, 3, 4, 7])
def test_the_function_stays(filters):
    narrow, wide = build(2), build(filters)
    images = narrow.generate(4, seed=0)
    gankit.widen_weights(narrow, wide, noise=0)
    np.testing.assert_allclose(wide.generate(4, seed=0), images, atol=1e-6)
    scores = [np.asarray(gan.discriminator(images)) for gan in (narrow, wide)]
    np.testing.assert_allclose(scores[1], scores[0], rtol=1e-4, atol=1e-7)


def test_statistics_and_average_come_along():
    narrow, wide = build(2), build(3)
    for index, weight in enumerate(narrow.averaged(narrow.generator).weights):
        weight.assign(weight + 0.01 * index)
    gankit.widen_weights(narrow, wide, noise=0)
    for network in (wide.generator, wide.averaged(wide.generator)):
        latents = np.random.default_rng(0).normal(size=(3, 5))
        made, expected = network(latents), narrow.averaged(narrow.generator)(latents)
        np.testing.assert_allclose(made, expected, atol=1e-5)


def test_copies_part_by_the_noise():
    narrow, wide = build(2), build(4)
    gankit.widen_weights(narrow, wide, noise=0.2)
    kernel = wide.discriminator.layers[1].get_weights()[0]
    before = narrow.discriminator.layers[1].get_weights()[0]
    np.testing.assert_array_equal(kernel[..., :2], before)
    differences = np.stack([kernel[..., 2:] - before, kernel[..., 2:] - before[..., ::-1]])
    spread = differences.std(axis=(1, 2, 3, 4)).min() / before.std()
    assert 0.1 < spread < 0.3


def test_training_continues():
    narrow, wide = build(2), build(3)
    images = np.random.default_rng(0).uniform(-1, 1, (8, *SHAPE)).astype("float32")
    narrow.train_on_batch(images)
    gankit.widen_weights(narrow, wide)
    wide.train_on_batch(images)
    assert wide.steps_completed == 1


@pytest.mark.parametrize(
    ("narrow", "wide", "message"),
    [
        (lambda: build(4), lambda: build(2), "has 2 channels, the narrow one 4"),
        (lambda: build(2), lambda: build(4, latent_dim=6), "widened ones would be of"),
        (
            lambda: build(2),
            lambda: build(4, (64, 64, 1)),
            "channels, got conv2d.* where",
        ),
        (
            lambda: make_gan(make_dcgan_of_classes),
            lambda: make_gan(make_dcgan_of_classes),
            "layers are one after the other",
        ),
        (lambda: build(2), lambda: make_gan(make_networks), "images, latents and kernels"),
    ],
)
def test_what_does_not_fit(narrow, wide, message):
    with pytest.raises(ValueError, match=message):
        gankit.widen_weights(narrow(), wide())


def test_other_layers_do_not_fit():
    def make():
        return gankit.GAN(
            architectures.dcgan.build_generator((8, 8, 1), 5, 2),
            keras.Sequential(
                [
                    keras.Input((8, 8, 1)),
                    keras.layers.Flatten(),
                    keras.layers.LayerNormalization(),
                    keras.layers.Dense(1),
                ]
            ),
        )

    with pytest.raises(ValueError, match="is a LayerNormalization: only dense layers"):
        gankit.widen_weights(make(), make())


def test_nothing_changes_where_a_network_does_not_fit():
    """The generators fit, and the discriminators don't."""
    narrow = gankit.GAN(build(2).generator, build(4).discriminator)
    wide = build(3)
    before = wide.get_weights()
    with pytest.raises(ValueError, match="has 3 channels, the narrow one 4"):
        gankit.widen_weights(narrow, wide)
    for one, other in zip(wide.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
