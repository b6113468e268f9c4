"""Bad input gives one clear error, at the earliest moment, and loses nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    IMAGE_SHAPE,
    all_state,
    make_conditional_networks,
    make_dataset,
    make_gan,
    make_images,
    make_networks,
    make_plain_networks,
)

import gankit

IMAGES = make_images(8)


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        (IMAGES * 127.5 + 127.5, ValueError, r"\[-1, 1\], but they reach from .* to 25\d"),
        (IMAGES.astype("uint8"), TypeError, "float images in .*got uint8.*from_arrays"),
        (np.where(IMAGES > 0.99, np.nan, IMAGES), ValueError, "hold NaN or infinity"),
        (
            IMAGES[..., 0],
            ValueError,
            r"batches of shape \(8, 8, 8\).*takes images of shape \(8, 8, 1",
        ),
        (IMAGES.repeat(3, -1), ValueError, r"batches of shape \(8, 8, 8, 3\).*\(8, 8, 1\)"),
        (IMAGES[:, :4], ValueError, r"\(8, 4, 8, 1\)"),
    ],
    ids=["0..255", "uint8", "nan", "rank", "channels", "size"],
)
def test_bad_data(batch, error, message):
    gan = make_gan()
    before = all_state(gan)
    for train in (
        lambda: gan.fit(tf.data.Dataset.from_tensors(batch), verbose=0),
        lambda: gan.fit(batch, verbose=0),
        lambda: gan.train_on_batch(batch),
    ):
        with pytest.raises(error, match=message):
            train()
    for name, value in all_state(gan).items():
        np.testing.assert_array_equal(value, before[name])
    gan.fit(make_dataset(), verbose=0)  # nothing is broken


def test_keras_own_utility_does_not_train_silently_into_nonsense(tmp_path):
    for number in range(4):
        keras.utils.save_img(tmp_path / f"{number}.png", make_images(1, (8, 8, 3))[0])
    dataset = keras.utils.image_dataset_from_directory(
        tmp_path, labels=None, image_size=(8, 8), color_mode="grayscale", verbose=False
    )
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\].*127.5"):
        make_gan().fit(dataset)


def test_networks_that_do_not_fit():
    generator, _ = make_networks()
    discriminator = gankit.architectures.dcgan.build_discriminator((16, 16, 3), filters=4)
    with pytest.raises(ValueError, match=r"makes images of shape \(8, 8, 1\).*\(16, 16, 3\)"):
        gankit.GAN(generator, discriminator)


def test_networks_that_are_none():
    generator, discriminator = make_networks()
    with pytest.raises(TypeError, match="generator must be a functional or sequential"):
        gankit.GAN(keras.layers.Dense(3), discriminator)
    with pytest.raises(TypeError, match="discriminator must be a functional or sequential"):
        gankit.GAN(generator, keras.Sequential([keras.layers.Dense(1)]))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"latent_prior": "gauss"}, ValueError, r"latent_prior must be one of \('normal', 'unif"),
        ({"discriminator_steps": 0}, ValueError, "discriminator_steps must be an integer of at"),
        ({"generator_ema": 1.0}, ValueError, r"generator_ema must be None or lie in \[0, 1\)"),
        ({"seed": 1.5}, TypeError, "seed must be an integer, got 1.5"),
        ({"generator_emma": 0.9}, (TypeError, ValueError), "generator_emma"),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        gankit.GAN(*make_networks(), **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"loss": "non_saturated"}, ValueError, "'hinge', 'least_squares'.*Did you mean 'non_sat"),
        ({"loss": 3}, TypeError, "loss must be one of the names"),
        ({"metrics": ["accuracy"]}, TypeError, "takes no 'metrics'"),
        ({"loss_weights": [1, 2]}, TypeError, "takes no 'loss_weights'"),
        ({"optimizer": "adam"}, TypeError, "has two optimizers: pass generator_optimizer"),
    ],
)
def test_bad_compile(options, error, message):
    with pytest.raises(error, match=message):
        gankit.GAN(*make_networks()).compile(**options)


def test_one_optimizer_for_both():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="are one object"):
        gankit.GAN(*make_networks()).compile(optimizer, optimizer)


def test_bad_fit():
    gan = make_gan()
    with pytest.raises(TypeError, match="takes no sample_weight"):
        gan.fit(IMAGES, sample_weight=np.ones(8))
    with pytest.raises(TypeError, match="takes no class_weight"):
        gan.fit(IMAGES, class_weight={0: 1.0})
    with pytest.raises(ValueError, match="compile"):
        gankit.GAN(*make_networks()).fit(IMAGES)
    with pytest.raises(ValueError, match="no batch"):
        gan.fit(tf.data.Dataset.from_tensors(IMAGES).take(0))


def test_conditions_that_are_missing_or_bad():
    gan = make_gan(make_conditional_networks)
    with pytest.raises(ValueError, match="generator takes a condition, but the data holds images"):
        gan.fit(IMAGES, verbose=0)
    with pytest.raises(ValueError, match="Class labels must be 0 or more, got -1"):
        gan.fit(IMAGES, np.full(8, -1), verbose=0)
    with pytest.raises(ValueError, match=r"Class labels must be below 3.*got 3"):
        gan.fit(IMAGES, np.full(8, 3), verbose=0)
    with pytest.raises(ValueError, match=r"Class labels must be below 3.*got 7"):
        gan.generate(condition=[7])


def test_latents_that_do_not_match():
    gan = make_gan()
    with pytest.raises(ValueError, match=r"shape \('num_images', 4\).*got \(2, 100\)"):
        gan.generate(latents=np.zeros((2, 100)))


def test_an_unlabelled_gan_takes_labelled_data():
    gan = make_gan(make_plain_networks)
    gan.fit(gankit.data.from_arrays(IMAGES, np.zeros(8, int), batch_size=4), verbose=0)
    assert gan.generate(1).shape == (1, *IMAGE_SHAPE)
