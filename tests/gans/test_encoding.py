"""GANs with an encoder: what their three players see and pay, by hand, and what they give back."""

import keras
import numpy as np
import pytest
from helpers import (
    make_aae_networks,
    make_bigan_networks,
    make_images,
    make_networks,
    make_plain_networks,
    make_vae_gan_networks,
    values,
)
from keras import layers, ops

import gankit
from gankit import Batch, penalties
from gankit.gans.vae_gan import divergence_from_normal, feature_distance
from gankit.training.optimizers import ByPart

IMAGES = make_images(8)
PIXEL = (1, 1, 1)  # images of one value, whose networks are a product


def tensor(numbers):
    return ops.convert_to_tensor(np.array(numbers, "float32"))


def pixels(*numbers):
    return Batch(tensor(np.reshape(numbers, (-1, *PIXEL))))


def floats(terms):
    return {name: float(term) for name, term in terms.items()}


def product(factor, shape=(1,), name=None):
    """Returns a layer that multiplies what it gets by a number, and forms it."""
    dense = layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(factor))
    return keras.Sequential([layers.Flatten(), dense, layers.Reshape(shape)], name=name)


def build_decoder(factor):
    latents = keras.Input((1,), name="latents")
    return keras.Model(latents, product(factor, PIXEL)(latents))


def build_encoder(factor, log_variance=None):
    images = keras.Input(PIXEL, name="images")
    outputs = [product(factor)(images)]
    if log_variance is not None:
        outputs.append(layers.Lambda(lambda x: 0 * x + log_variance)(outputs[0]))
    return keras.Model(images, outputs, name="encoder")


def make(variant, *networks, **options):
    gan = variant(*networks, seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


# BiGAN


def make_bigan(**options):
    """Returns a BiGAN of numbers: images are 3 * latents, codes 0.5 * images."""
    images, latents = keras.Input(PIXEL, name="images"), keras.Input((1,), name="latents")
    scores = layers.Add()([product(2.0)(images), product(-1.0)(latents)])
    discriminator = keras.Model([images, latents], scores)
    return make(gankit.BiGAN, build_decoder(3.0), discriminator, build_encoder(0.5), **options)


def test_bigan_pairs_images_with_codes_and_latents_with_images():
    gan = make_bigan()
    pair = gan.discriminate_pair(*gan.make(pixels(4.0, -2.0)))
    real, fake = pair
    np.testing.assert_allclose(real.scores[:, 0], [2 * 4 - 2, 2 * -2 + 1])
    drawn = np.array(fake.latents)
    np.testing.assert_allclose(fake.images[:, 0, 0], 3 * drawn)
    np.testing.assert_allclose(fake.scores, 2 * 3 * drawn - drawn, rtol=1e-6)
    # Cross-entropy, where real pairs are to be taken for fake and the other way round.
    expected = np.logaddexp(0, real.scores).mean() / 2 + np.logaddexp(0, -fake.scores).mean() / 2
    np.testing.assert_allclose(gan.generator_losses(*pair)["adversarial"], expected, rtol=1e-6)


def test_bigan_trains_encoder_and_generator_together():
    gan = make_bigan()
    assert list(gan.phases) == ["discriminator", "generator"]
    assert gan.phases["generator"].networks == [gan.generator, gan.encoder]
    of_encoder = ByPart(keras.optimizers.SGD(0.0), {"encoder": keras.optimizers.SGD(0.1)})
    gan.compile(generator_optimizer=of_encoder, run_eagerly=True)
    before = values(gan.generator), values(gan.encoder)
    gan.fit(make_images(4, PIXEL), verbose=0)
    np.testing.assert_array_equal(values(gan.generator), before[0])
    assert not np.array_equal(values(gan.encoder), before[1])


def test_bigan_scores_images_with_their_codes():
    np.testing.assert_allclose(make_bigan().score(np.array(pixels(4.0).images)), [2 * 4 - 2])


def test_stochastic_codes_are_drawn_in_steps_alone():
    gan = make(gankit.AAE, *make_aae_networks())
    real = Batch(tensor(IMAGES))
    before = np.array(gan.training_seed.state)
    np.testing.assert_allclose(gan.encoded(real).latents, gan.encode(IMAGES), atol=1e-5)
    np.testing.assert_array_equal(gan.training_seed.state, before)
    with gan.step(training=True):
        one, other = gan.encoded(real), gan.encoded(real)
    assert not np.allclose(one.latents, other.latents)
    np.testing.assert_array_equal(one.extra["mean"], other.extra["mean"])
    # The variance begins at 1.
    np.testing.assert_array_equal(one.extra["log_variance"], np.zeros((8, 4)))


# VAE-GAN


def make_vae_gan(log_variance, features=(1.0, 2.0), **options):
    """Returns a VAE-GAN of numbers: a score is the image, features are multiples of it."""
    images = keras.Input(PIXEL, name="images")
    flat = layers.Flatten()(images)
    found = layers.Concatenate()([layers.Rescaling(factor)(flat) for factor in features])
    discriminator = keras.Model(images, [product(1.0)(images), found])
    encoder = build_encoder(0.5, log_variance)
    return make(gankit.VAEGAN, build_decoder(3.0), discriminator, encoder, **options)


def test_divergence_from_the_normal_distribution():
    mean, log_variance = tensor([[0.0, 0.0], [1.0, -2.0]]), tensor([[0.0, 0.0], [0.0, np.log(4)]])
    expected = [0.0, 1 / 2 + (4 + 4 - 1 - np.log(4)) / 2]
    np.testing.assert_allclose(divergence_from_normal(mean, log_variance), expected, rtol=1e-6)


def test_distance_of_features():
    again = Batch(None, heads=(tensor([[1.0, 2.0], [0.0, 0.0]]),))
    real = Batch(None, heads=(tensor([[0.0, 4.0], [3.0, 0.0]]),), extra={"again": again})
    np.testing.assert_allclose(feature_distance(real), ((1 + 4) / 2 + 9 / 2) / 2)


def test_what_each_player_of_a_vae_gan_pays():
    gan = make_vae_gan(np.log(4.0), feature_weight=0.1)
    with gan.step(training=True):
        real, fake = gan.discriminate_pair(*gan.make(pixels(2.0)))
    again, drawn = float(real.reconstructed[0, 0, 0, 0]), float(fake.images[0, 0, 0, 0])
    np.testing.assert_allclose(real.reconstructed[:, 0, 0], 3 * np.array(real.latents), rtol=1e-6)
    distance = ((again - 2) ** 2 + (2 * again - 4) ** 2) / 2

    def loss_of(*scores):
        return sum(np.logaddexp(0, score) for score in scores)

    assert floats(gan.discriminator_losses(real, fake)) == pytest.approx(
        {"adversarial": loss_of(-2, drawn) / 2, "adversarial_again": loss_of(-2, again) / 2},
        rel=1e-5,
    )
    assert floats(gan.generator_losses(real, fake)) == pytest.approx(
        {
            "adversarial": loss_of(-drawn),
            "adversarial_again": loss_of(-again),
            "features": 0.1 * distance,
        },
        rel=1e-5,
    )
    # The mean is 1, the variance 4.
    divergence = (1 + 4 - 1 - np.log(4)) / 2
    assert floats(gan.encoder_losses(real, fake)) == pytest.approx(
        {"divergence": divergence, "features": distance}, rel=1e-5
    )


def test_no_gradient_of_scores_reaches_a_vae_gans_encoder():
    gan = make_vae_gan(0.0, features=(0.0, 0.0))  # of the encoder's terms the divergence is left
    frozen = {"discriminator": keras.optimizers.SGD(0.0), "encoder": keras.optimizers.SGD(0.1)}
    gan.compile(optimizers=frozen, run_eagerly=True)
    decoder = values(gan.generator)
    gan.train_on_batch(np.array(pixels(2.0, 4.0).images))
    # d/dw mean((w x)^2 / 2) = w mean(x^2) = 0.5 * 10
    np.testing.assert_allclose(values(gan.encoder), [[[0.5 - 0.1 * 0.5 * 10]]], rtol=1e-5)
    assert not np.array_equal(values(gan.generator), decoder)


# AAE


def make_aae(**options):
    """Returns an AAE of numbers, whose score is 1.5 * latents."""
    latents = keras.Input((1,), name="latents")
    discriminator = keras.Model(latents, product(1.5)(latents))
    return make(gankit.AAE, build_decoder(3.0), discriminator, build_encoder(0.5), **options)


def test_what_each_player_of_an_aae_pays():
    gan = make_aae(reconstruction_weight=10.0)
    real, fake = gan.discriminate_pair(*gan.make(pixels(2.0)))
    drawn = float(real.latents[0, 0])
    np.testing.assert_allclose(fake.latents, [[1.0]])
    np.testing.assert_allclose(fake.images, [[[[3.0]]]])
    cost = (np.logaddexp(0, -1.5 * drawn) + np.logaddexp(0, 1.5)) / 2
    assert floats(gan.discriminator_losses(real, fake)) == pytest.approx(
        {"adversarial": cost}, rel=1e-5
    )
    assert floats(gan.generator_losses(real, fake)) == pytest.approx({"reconstruction": 1.0})
    expected = {"adversarial": np.logaddexp(0, -1.5), "reconstruction": 10.0}
    assert floats(gan.encoder_losses(real, fake)) == pytest.approx(expected, rel=1e-5)


def test_an_aaes_penalty_is_on_slopes_by_latents():
    gan = make_aae()
    pair = gan.make(Batch(tensor(make_images(3, PIXEL))))
    cost = gan.gradient_penalty(penalties.R1(2.0), *pair)
    np.testing.assert_allclose(cost, 2.0 / 2 * 1.5**2, rtol=1e-6)


# What they give back


@pytest.mark.parametrize(
    ("variant", "networks"),
    [
        (gankit.BiGAN, make_bigan_networks),
        (gankit.VAEGAN, make_vae_gan_networks),
        (gankit.AAE, make_aae_networks),
    ],
    ids=["bigan", "vae_gan", "aae"],
)
def test_codes_and_reconstructions(variant, networks, tmp_path):
    gan = make(variant, *networks())
    gan.fit(IMAGES, batch_size=4, epochs=2, verbose=0)
    codes = gan.encode(IMAGES)
    assert codes.shape == (8, 4)
    assert codes.dtype == np.float32
    np.testing.assert_allclose(gan.encode(IMAGES, batch_size=3), codes, atol=1e-5)
    again = gan.reconstruct_images(IMAGES)
    np.testing.assert_allclose(again, gan.generate(latents=codes), atol=1e-5)
    bytes_ = np.uint8((IMAGES + 1) * 127.5)
    same = bytes_ / np.float32(127.5) - 1
    np.testing.assert_allclose(gan.encode(bytes_), gan.encode(same), atol=1e-5)
    # Both are of averages, unless they are asked for otherwise.
    averages = keras.tree.flatten(gan.ema_encoder(IMAGES, training=False))
    np.testing.assert_allclose(codes, averages[0], atol=1e-5)
    own = keras.tree.flatten(gan.encoder(IMAGES, training=False))[0]
    np.testing.assert_allclose(gan.encode(IMAGES, ema=False), own, atol=1e-5)
    own = gan.generator(own, training=False)
    np.testing.assert_allclose(gan.reconstruct_images(IMAGES, ema=False), own, atol=1e-5)
    gan.save(tmp_path / "gan.keras")
    loaded = gankit.load(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.reconstruct_images(IMAGES), again)


def test_a_decoder_that_is_told_a_class():
    latents = keras.Input((4,), name="latents")
    condition = keras.Input((), dtype="int32", name="condition")
    x = layers.concatenate([latents, layers.Embedding(3, 2)(condition)])
    decoder = keras.Model(
        [latents, condition], layers.Reshape((8, 8, 1))(layers.Dense(64, "tanh")(x))
    )
    _, discriminator, encoder = make_aae_networks()
    gan = make(gankit.AAE, decoder, discriminator, encoder)
    gan.fit(IMAGES, np.arange(8) % 3, verbose=0)
    labels = [0, 1, 2, 0, 1, 2, 0, 1]
    again = gan.reconstruct_images(IMAGES, labels)
    np.testing.assert_allclose(again, gan.generate(condition=labels, latents=gan.encode(IMAGES)))
    assert not np.allclose(again[0], gan.reconstruct_images(IMAGES, 1)[0])
    with pytest.raises(ValueError, match="takes a condition"):
        gan.reconstruct_images(IMAGES)


def test_images_that_an_encoder_does_not_take():
    gan = make(gankit.AAE, *make_aae_networks())
    with pytest.raises(ValueError, match="the encoder takes images of shape"):
        gan.encode(make_images(2, (9, 9, 1)))
    with pytest.raises(ValueError, match="batch_size"):
        gan.encode(IMAGES, batch_size=0)


def test_networks_that_do_not_fit():
    generator, discriminator, encoder = make_aae_networks()
    plain = make_plain_networks()[1]
    _, _, longer = [*make_networks(), gankit.architectures.mlp.build_encoder((8, 8, 1), 5, (4,))]
    with pytest.raises(ValueError, match=r"latents' shape \(4,\)"):
        gankit.AAE(generator, discriminator, longer)
    larger = gankit.architectures.mlp.build_encoder((9, 9, 1), 4, (4,))
    with pytest.raises(ValueError, match="Build both with the same image_shape"):
        gankit.AAE(generator, discriminator, larger)
    with pytest.raises(ValueError, match="needs 1 input for latents"):
        gankit.BiGAN(generator, plain, encoder)
    with pytest.raises(ValueError, match="needs 1 input for latents"):
        gankit.AAE(generator, plain, encoder)
    with pytest.raises(ValueError, match="has two outputs, scores and features"):
        gankit.VAEGAN(generator, plain, encoder)
    with pytest.raises(ValueError, match="normal prior"):
        gankit.VAEGAN(*make_vae_gan_networks(), latent_prior="uniform")
