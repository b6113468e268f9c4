"""GANs from images to images: their terms by hand, and what they make of an image."""

import keras
import numpy as np
import pytest
from helpers import (
    make_enlarging_networks,
    make_images,
    make_translating_networks,
    values,
)

import gankit
from gankit import Batch

SMALL = make_images(2, (4, 4, 1))
LARGE = make_images(2, (8, 8, 1))


def scored(images, scores):
    return Batch(images, scores=np.array(scores, "float32"))


def make_features():
    """Returns a network of one feature a pixel: three times its value."""
    images = keras.Input((8, 8, 1))
    features = keras.layers.Conv2D(1, 1, kernel_initializer="ones", use_bias=False)(images)
    model = keras.Model(images, features)
    model.set_weights([np.full((1, 1, 1, 1), 3.0)])
    return model


@pytest.mark.parametrize(("features", "factor"), [(None, 1), (make_features, 9)])
def test_what_an_srgan_s_generator_pays(features, factor):
    gan = gankit.SRGAN(
        *make_enlarging_networks(),
        features=features and features(),
        content_weight=2.0,
        adversarial_weight=0.25,
    )
    gan.compile()
    real, fake = scored(np.zeros((2, 8, 8, 1)), [1, 1]), scored(np.full((2, 8, 8, 1), 0.5), [0, 0])
    terms = gan.generator_losses(real, fake)
    assert set(terms) == {"content", "adversarial"}
    np.testing.assert_allclose(terms["content"], 2 * factor * 0.25)
    np.testing.assert_allclose(terms["adversarial"], 0.25 * np.log(2), rtol=1e-6)


def test_features_are_kept_and_never_trained(tmp_path):
    features = make_features()
    gan = gankit.SRGAN(*make_enlarging_networks(), features=features)
    gan.compile()
    gan.fit(LARGE, SMALL, verbose=0)
    np.testing.assert_array_equal(features.get_weights()[0], 3)
    gan.save(tmp_path / "gan.keras")
    loaded = gankit.load(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.features.get_weights()[0], 3)
    np.testing.assert_array_equal(loaded.describe(LARGE), gan.describe(LARGE))


def test_features_that_are_none():
    with pytest.raises(TypeError, match="features must be None or a Keras layer"):
        gankit.SRGAN(*make_enlarging_networks(), features="vgg19")


def test_enlarges_images_of_any_size():
    gan = gankit.SRGAN(*make_enlarging_networks())
    assert gan.generate(condition=make_images(3, (5, 7, 1))).shape == (3, 10, 14, 1)


def test_a_generator_of_plain_keras_first():
    generator, discriminator = make_enlarging_networks()
    generator.compile("adam", "mse")
    before = values(generator)
    generator.fit(SMALL, LARGE, verbose=0)
    assert not np.array_equal(before[0], values(generator)[0])
    gan = gankit.SRGAN(generator, discriminator)
    gan.compile()
    gan.fit(LARGE, SMALL, verbose=0)


def test_what_pix2pix_pays():
    gan = gankit.Pix2Pix(*make_translating_networks(), l1_weight=10.0)
    gan.compile()
    real, fake = scored(np.zeros((2, 8, 8, 1)), [1, 1]), scored(np.full((2, 8, 8, 1), -0.5), [0, 0])
    terms = gan.generator_losses(real, fake)
    assert set(terms) == {"adversarial", "l1"}
    np.testing.assert_allclose(terms["l1"], 5)
    np.testing.assert_allclose(terms["adversarial"], np.log(2), rtol=1e-6)


def test_pix2pix_gives_the_same_for_the_same_image():
    gan = gankit.Pix2Pix(*make_translating_networks())
    given = make_images(2, seed=2)
    one, other = (gan.generate(condition=given) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (2, 8, 8, 1)
