import keras
import numpy as np
import pytest
from helpers import IMAGE_SHAPE, make_features, make_images, make_projected_networks

import gankit
from gankit.architectures import projected
from gankit.layers import Frozen, SpectralNormalization


def make_gan(**options):
    gan = gankit.GAN(*make_projected_networks(), seed=0, **options)
    gan.compile(loss="hinge", penalty=None, run_eagerly=True)
    return gan


def frozen_state(gan):
    """Returns all weights of the discriminator but those of its heads."""
    layers = [x for x in gan.discriminator.layers if not isinstance(x, SpectralNormalization)]
    return [np.array(weight) for layer in layers for weight in layer.weights]


def test_features_and_random_convolutions_stay_as_they_are():
    gan = make_gan()
    before = frozen_state(gan)
    heads = [np.array(variable) for variable in gan.discriminator.trainable_variables]
    assert len(before) == 2 * 6 + 4  # two convolutions normalized, and four at random
    assert len(heads) == 2 * 2  # maps of 4x4 and 2x2 need no halving: a kernel and a bias each
    gan.fit(make_images(16), batch_size=8, verbose=0)
    for one, other in zip(before, frozen_state(gan), strict=True):
        np.testing.assert_array_equal(one, other)
    changed = zip(heads, gan.discriminator.trainable_variables, strict=True)
    assert all((one != np.array(other)).any() for one, other in changed if one.ndim > 1)


def test_features_are_those_of_inference_and_a_copy():
    network = make_features()
    images = make_images(8)
    layer = Frozen(network)
    expected = [np.array(part) for part in network(images, training=False)]
    for one, other in zip(layer(images, training=True), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert network.trainable
    network.set_weights([weight + 1 for weight in network.get_weights()])
    np.testing.assert_array_equal(layer(images)[0], expected[0])
    inside = keras.Model(x := keras.Input(IMAGE_SHAPE), layer(x))
    np.testing.assert_array_equal(inside(images, training=True)[1], expected[1])


def test_keras_alone_can_load_it(tmp_path):
    network, images = make_projected_networks()[1], make_images(4)
    gankit.to_keras(network).save(tmp_path / "discriminator.keras")
    loaded = keras.models.load_model(tmp_path / "discriminator.keras")
    assert not any(type(layer).__module__.startswith("gankit") for layer in loaded.layers)
    np.testing.assert_allclose(loaded(images), network(images), rtol=1e-4, atol=1e-6)


def test_features_see_augmented_images():
    augment = keras.layers.Rescaling(0.0)
    gan, images = make_gan(augment=augment), make_images(4)
    expected = np.array(gan.discriminator(0 * images))
    with gan.step(training=True):
        scores = gan.discriminate(gankit.Batch(images)).scores
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-6)


def test_scales_and_weights():
    images = keras.Input((32, 32, 3))
    maps = [
        keras.layers.Conv2D(c, 3, strides=s, padding="same")(images)
        for c, s in [(8, 2), (16, 4), (32, 8)]
    ]
    network = projected.build_discriminator(keras.Model(images, maps), channels=64, filters=32)
    assert network.output_shape == (None, 3)
    # maps of 4, 8 and 16 pixels: no halving, one and two; then a kernel as large as the map
    kernels = [4 * 4 * 64, 4 * 4 * 64 * 32 + 4 * 4 * 32]
    kernels.append(4 * 4 * 64 * 32 + 4 * 4 * 32 * 64 + 4 * 4 * 64)
    biases = 1 + (32 + 1) + (32 + 64 + 1)
    assert sum(np.prod(v.shape) for v in network.trainable_variables) == sum(kernels) + biases


def test_one_map_will_do():
    network = make_features()
    one = keras.Model(network.input, network.outputs[0])
    assert projected.build_discriminator(one, 4, 4).output_shape == (None, 1)


def test_says_which_features_will_not_do():
    network = make_features()
    reverse = keras.Model(network.input, network.outputs[::-1])
    flat = keras.Model(network.input, keras.layers.Flatten()(network.outputs[0]))
    for one in (reverse, flat):
        with pytest.raises(ValueError, match="features must give maps"):
            projected.build_discriminator(one)
