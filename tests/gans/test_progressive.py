"""Growing networks: how they fade, what stays, and that all of it is saved."""

import itertools

import keras
import numpy as np
import pytest
from helpers import assert_same_state, make_images, make_networks
from keras import ops

import gankit
from gankit.architectures import progressive
from gankit.gans.progressive import blend_sizes

LATENTS = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def build_networks(image_shape=(8, 8, 1)):
    keras.utils.set_random_seed(0)
    generator = progressive.build_generator(image_shape, latent_dim=4, filters=4)
    return generator, progressive.build_discriminator(image_shape, filters=4)


def set_alpha(network, alpha):
    (layer,) = (layer for layer in network.layers if isinstance(layer, gankit.layers.FadeIn))
    layer.alpha.assign(alpha)


def test_a_grown_generator_fades_from_the_enlarged_old_one_to_the_new_one():
    old, discriminator = build_networks()
    before = np.array(old(LATENTS))
    grown, _ = progressive.grow(old, discriminator)
    np.testing.assert_allclose(grown(LATENTS), np.kron(before, np.ones((1, 2, 2, 1))), atol=1e-6)
    new = keras.Model(grown.input, ops.tanh(grown.get_layer("to_image_2").output))
    set_alpha(grown, 1.0)
    np.testing.assert_allclose(grown(LATENTS), new(LATENTS), atol=1e-6)
    set_alpha(grown, 0.25)
    parts = [np.arctanh(np.kron(before, np.ones((1, 2, 2, 1)))), np.arctanh(new(LATENTS))]
    expected = np.tanh(0.75 * parts[0] + 0.25 * parts[1])
    np.testing.assert_allclose(grown(LATENTS), expected, atol=1e-5)


def test_a_grown_discriminator_fades_from_shrunk_images_to_all_of_them():
    generator, old = build_networks()
    images = make_images(3, (16, 16, 1))
    shrunk = images.reshape(3, 8, 2, 8, 2, 1).mean(axis=(2, 4))
    before = np.array(old(shrunk))
    _, grown = progressive.grow(generator, old)
    np.testing.assert_allclose(grown(images), before, atol=1e-6)
    set_alpha(grown, 1.0)
    features = grown.get_layer("block_2")(grown.get_layer("from_image_2")(images))
    expected = grown.get_layer("head")(grown.get_layer("block_1")(features))
    np.testing.assert_allclose(grown(images), expected, atol=1e-6)
    assert np.abs(grown(images) - before).max() > 1e-3


def test_networks_grow_again_and_drop_what_has_faded_out():
    networks = build_networks()
    for _ in range(3):
        networks = progressive.grow(*networks)
    assert networks[0].output_shape == (None, 64, 64, 1)
    assert networks[1].input_shape == (None, 64, 64, 1)
    whole = build_networks((64, 64, 1))
    # What fades out: a 1x1 convolution of two maps of 2 channels, and both alphas.
    spare = [old.count_params() - new.count_params() for old, new in zip(networks, whole)]  # noqa: B905
    assert spare == [(4 + 1) * 1 + 1, (1 + 1) * 4 + 1]


def test_counts_of_the_paper():
    # Table 2: 23.1 million weights each for 1024x1024.
    widths = [512, 512, 512, 512, 256, 128, 64, 32, 16]
    blocks = sum(9 * a * b + b + 9 * b * b + b for a, b in itertools.pairwise(widths))
    generator = 512 * 8192 + 8192 + 9 * 512 * 512 + 512 + blocks + 16 * 3 + 3
    assert progressive.build_generator((1024, 1024, 3)).count_params() == generator
    blocks = sum(9 * b * b + b + 9 * a * b + a for a, b in itertools.pairwise(widths))
    head = 9 * 512 * 512 + 512 + 8192 * 512 + 512 + 512 + 1
    discriminator = 3 * 16 + 16 + blocks + head
    assert progressive.build_discriminator((1024, 1024, 3)).count_params() == discriminator
    assert [round(count / 1e6, 1) for count in (generator, discriminator)] == [23.1, 23.1]


def grow(gan):
    gan.replace_networks(*progressive.grow(gan.generator, gan.discriminator))


def make_gan(**options):
    gan = gankit.ProgressiveGAN(*build_networks(), fade_steps=4, seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def alphas(gan):
    networks = gan.generator, gan.discriminator, gan.averaged(gan.generator)
    return [round(float(one.get_layer("fade_in_2").alpha), 6) for one in networks]


def test_new_layers_fade_in_by_steps_in_all_networks():
    gan, images = make_gan(), make_images(8, (16, 16, 1))
    gan.fit(make_images(8), batch_size=4, verbose=0)
    grow(gan)
    assert alphas(gan) == [0, 0, 0]
    for expected in (0.5, 1, 1):
        gan.fit(images, batch_size=4, verbose=0)
        assert alphas(gan) == [expected] * 3
    gan.evaluate(images, verbose=0)
    assert alphas(gan) == [1] * 3


def test_real_images_fade_too():
    gan, images = make_gan(), make_images(4, (16, 16, 1))
    np.testing.assert_array_equal(gan.unpack(make_images(4)).images, make_images(4))
    grow(gan)
    coarse = images.reshape(4, 8, 2, 8, 2, 1).mean(axis=(2, 4)).repeat(2, 1).repeat(2, 2)
    for alpha in (0.0, 0.25, 1.0):
        set_alpha(gan.discriminator, alpha)
        expected = (1 - alpha) * coarse + alpha * images
        np.testing.assert_allclose(gan.unpack(images).images, expected, atol=1e-6)
    odd = make_images(1, (9, 7, 1))
    assert blend_sizes(ops.convert_to_tensor(odd), 0.5).shape == odd.shape


def test_a_gan_saved_in_mid_fade_goes_on_and_grows_exactly(tmp_path):
    gan = make_gan()
    gan.fit(make_images(4), batch_size=4, verbose=0)
    grow(gan)
    images = make_images(8, (16, 16, 1))
    gan.fit(images, batch_size=8, verbose=0)
    assert alphas(gan) == [0.25] * 3
    gan.save(tmp_path / "gan.keras")
    loaded = gankit.load(tmp_path / "gan.keras")
    for one in (gan, loaded):
        one.fit(images, batch_size=4, shuffle=False, verbose=0)
        assert alphas(one) == [0.75] * 3
    assert_same_state(gan, loaded)
    keras.backend.clear_session()  # number layers from 1 again, as in another process
    grow(loaded)
    assert loaded.generate(2).shape == (2, 32, 32, 1)


def test_a_grown_generator_becomes_one_of_keras_alone():
    grown, _ = progressive.grow(*build_networks())
    set_alpha(grown, 0.25)
    alone = gankit.to_keras(grown)
    assert not any(isinstance(layer, gankit.layers.FadeIn) for layer in alone.layers)
    np.testing.assert_allclose(alone(LATENTS), grown(LATENTS), atol=1e-5)


def test_only_networks_that_can_grow_do():
    generator, discriminator = build_networks()
    with pytest.raises(ValueError, match=r"only networks of architectures\.progressive"):
        progressive.grow(*make_networks())
    with pytest.raises(ValueError, match="not of one size"):
        progressive.grow(progressive.grow(generator, discriminator)[0], discriminator)
    with pytest.raises(ValueError, match="fade_steps"):
        gankit.ProgressiveGAN(generator, discriminator, fade_steps=0)
