"""Latents that are found again, and edits, by hand where they can be told."""

import keras
import numpy as np
import pytest
from helpers import IMAGE_SHAPE, LATENT_DIM, make_conditional_networks, make_images

import gankit
from gankit import latents

LATENT = np.array([0.5, -0.25, 0.75, 0.0], "float32")


def make_linear_gan(**options):
    """Returns a GAN whose generator puts each latent into 16 of 64 pixels, and can be inverted."""
    inputs = keras.Input((LATENT_DIM,), name="latents")
    outputs = keras.layers.Reshape(IMAGE_SHAPE)(keras.layers.UpSampling1D(16)(inputs[..., None]))
    images = keras.Input(IMAGE_SHAPE, name="images")
    scores = keras.layers.Dense(1)(keras.layers.Flatten()(images))
    gan = gankit.GAN(keras.Model(inputs, outputs), keras.Model(images, scores), seed=0, **options)
    return gan


@pytest.mark.parametrize("batch_size", [256, 4])
def test_latents_are_found_again(batch_size):
    gan = make_linear_gan()
    given = np.random.default_rng(0).uniform(-1, 1, (3, LATENT_DIM)).astype("float32")
    options = {"starts": 2, "steps": 150, "seed": 0, "batch_size": batch_size, "verbose": 0}
    found = latents.project(gan, gan.generate(latents=given), **options)
    np.testing.assert_allclose(found.latents, given, atol=1e-3)
    np.testing.assert_array_equal(found.images, gan.generate(latents=found.latents))
    assert found.costs.shape == (3,)
    assert (found.costs < 1e-5).all()
    assert np.isfinite(gan.generate(1)).all()


def test_images_of_uint8_are_scaled():
    gan = make_linear_gan()
    pixels = np.uint8((make_images(2) + 1) * 127.5)
    options = {"starts": 1, "steps": 1, "seed": 0, "verbose": 0}
    found = latents.project(gan, pixels, **options)
    floats = latents.project(gan, pixels / np.float32(127.5) - 1, **options)
    np.testing.assert_allclose(found.costs, floats.costs, rtol=1e-5)


def test_the_nearest_end_is_kept():
    gan = make_linear_gan()
    images = make_images(2)
    few = latents.project(gan, images, starts=1, steps=1, seed=0, verbose=0)
    many = latents.project(gan, images, starts=8, steps=1, seed=0, verbose=0)
    assert (many.costs < few.costs).all()
    difference = np.square(many.images - images).reshape(2, -1).mean(axis=1)
    np.testing.assert_allclose(many.costs, difference, rtol=1e-5)


def test_an_encoder_gives_the_first_start():
    gan = make_linear_gan()
    encoder = keras.Sequential([keras.Input(IMAGE_SHAPE), keras.layers.Flatten()])
    encoder.add(keras.layers.Reshape((LATENT_DIM, 16)))
    encoder.add(keras.layers.GlobalAveragePooling1D(data_format="channels_first"))
    images = gan.generate(latents=LATENT[None])
    stochastic = keras.Model(encoder.inputs, [encoder.outputs[0], encoder.outputs[0] * 0])
    for one in (encoder, stochastic):
        found = latents.project(gan, images, encoder=one, starts=3, steps=1, seed=0, verbose=0)
        np.testing.assert_allclose(found.latents, LATENT[None], atol=1e-5)
    wrong = keras.Sequential([keras.Input(IMAGE_SHAPE), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"latents of shape \(1, 4\), got \(1, 64\)"):
        latents.project(gan, images, encoder=wrong, steps=1, verbose=0)


def test_latents_of_a_uniform_prior_stay_within_it():
    gan = make_linear_gan(latent_prior="uniform")
    white = np.ones((1, *IMAGE_SHAPE), "float32")
    found = latents.project(gan, white, starts=2, steps=50, learning_rate=1.0, verbose=0)
    np.testing.assert_allclose(found.latents, 1)
    edited = latents.edit(gan, LATENT[None], [lambda images: -images[:, 0, 0, 0]], verbose=0)
    assert np.abs(edited.latents).max() <= 1


def test_weights_and_training_are_left_alone():
    gan = make_linear_gan()
    before = [np.array(v) for v in gan.variables if v is not gan.sampling_seed.state]
    latents.project(gan, make_images(1), steps=2, verbose=0)
    after = [np.array(v) for v in gan.variables if v is not gan.sampling_seed.state]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_condition_goes_along():
    gan = gankit.GAN(*make_conditional_networks(), seed=0)
    images = gan.generate(condition=[0, 2], seed=0)
    found = latents.project(gan, images, condition=[0, 2], starts=3, steps=100, seed=1, verbose=0)
    assert (found.costs < 1e-5).all()
    told = gan.generate(condition=[0, 2], latents=found.latents)
    np.testing.assert_allclose(found.images, told, atol=1e-6)
    with pytest.raises(ValueError, match="Class labels must be below 3"):
        latents.project(gan, images, condition=[0, 3])
    with pytest.raises(ValueError, match="numbers of images don't agree"):
        latents.project(gan, images, condition=[0, 1, 2])


# The linear generator's upper 16 pixels, two rows, are its first latent, and so on.
UPPER = np.zeros(IMAGE_SHAPE[:2])
UPPER[:2] = 1


def test_what_a_mask_takes_in_is_kept_and_the_rest_is_free():
    gan = make_linear_gan()
    start = np.array([LATENT, -LATENT])
    white = latents.Pixels([1.0], UPPER)
    found = latents.edit(gan, start, [white], closeness=0, steps=200, verbose=0)
    np.testing.assert_allclose(found.latents[:, 0], 1, atol=1e-2)
    np.testing.assert_array_equal(found.latents[:, 1:], start[:, 1:])
    kept = gan.generate(latents=start)
    found = latents.edit(gan, start, [latents.Pixels(kept, 1 - UPPER), white], verbose=0)
    np.testing.assert_allclose(found.latents[:, 1:], start[:, 1:], atol=1e-4)
    assert (found.latents[:, 0] > 0.9).all()


def test_closeness_costs_what_is_left_behind():
    gan = make_linear_gan()
    found = latents.edit(
        gan, LATENT[None], [latents.Pixels([1.0], UPPER)], closeness=4.0, steps=300, verbose=0
    )
    # The least of (1 - z)^2 + 4 / 4 * (z - 0.5)^2 lies in the middle.
    np.testing.assert_allclose(found.latents, [[0.75, *LATENT[1:]]], atol=1e-3)
    np.testing.assert_allclose(found.costs, [0.125], atol=1e-3)


def test_edits_that_can_t_be():
    gan = make_linear_gan()
    with pytest.raises(ValueError, match="constraints is empty"):
        latents.edit(gan, LATENT[None], [])
    with pytest.raises(ValueError, match="latents must have the shape"):
        latents.edit(gan, LATENT[None, :2], [latents.Pixels(0.0, UPPER)])
    with pytest.raises(ValueError, match="takes no condition"):
        latents.edit(gan, LATENT[None], [latents.Pixels(0.0, UPPER)], condition=[1])
    with pytest.raises(ValueError, match="of shape"):
        latents.project(gan, make_images(1, (4, 4, 1)))
