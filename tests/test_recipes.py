"""Recipes: what they choose, and that every choice can be overridden."""

import keras
import numpy as np
import pytest
from helpers import NUM_CLASSES, make_images, make_networks, make_networks_of_classes

import gankit
from gankit import losses, penalties, recipes
from gankit.regularizers import LeCam

SHAPE = (8, 8, 3)
RECIPES = [recipes.small, recipes.modern]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_trains_as_it_is(recipe):
    gan = recipe(SHAPE, filters=2, latent_dim=4)
    history = gan.fit(make_images(16, SHAPE), batch_size=8, verbose=0)
    assert np.isfinite(history.history["generator_loss"]).all()
    assert gan.generate(2, seed=0).shape == (2, *SHAPE)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_for_classes(recipe):
    gan = recipe(SHAPE, num_classes=NUM_CLASSES, filters=2, latent_dim=4)
    gan.fit(make_images(9, SHAPE), np.arange(9) % NUM_CLASSES, batch_size=3, verbose=0)
    assert gan.generate(condition=[0, 1, 2]).shape == (3, *SHAPE)


@pytest.mark.parametrize(
    ("num_images", "channels", "policy"),
    [
        (None, 3, None),
        (recipes.FEW_IMAGES, 3, None),
        (recipes.FEW_IMAGES - 1, 3, ("translation", "cutout")),
        (2000, 1, ("translation",)),  # a cutout turns digits into others
    ],
)
def test_few_images_are_augmented(num_images, channels, policy):
    gan = recipes.small((8, 8, channels), num_images=num_images, filters=2)
    assert (None if gan.augment is None else gan.augment.policy) == policy


def test_rates_fall_to_zero_where_the_end_is_known():
    gan = recipes.small(SHAPE, filters=2, learning_rate=0.5, total_steps=4)
    for optimizer in gan.optimizer.optimizers:
        assert float(optimizer.learning_rate) == 0.5
    gan.fit(make_images(16, SHAPE), batch_size=4, epochs=1, verbose=0)
    for optimizer in gan.optimizer.optimizers:
        np.testing.assert_allclose(float(optimizer.learning_rate), 0.0, atol=1e-7)
    constant = recipes.small(SHAPE, filters=2)
    assert float(constant.generator_optimizer.learning_rate) == pytest.approx(1e-3)


def test_every_choice_can_be_overridden():
    noise = keras.layers.GaussianNoise(0.1)
    gan = recipes.modern(
        SHAPE,
        num_images=100,
        filters=2,
        learning_rate=0.25,
        beta_1=0.5,
        loss="hinge",
        penalty=penalties.R2(3.0),
        regularizers=[LeCam(0.2)],
        augment=noise,
        generator_ema=None,
        discriminator_steps=2,
        seed=5,
    )
    assert isinstance(gan.loss, losses.Hinge)
    assert isinstance(gan.penalty, penalties.R2)
    assert [one.weight for one in gan.regularizers] == [0.2]
    assert gan.augment is noise
    assert gan.ema_generator is None
    assert (gan.discriminator_steps, gan.seed) == (2, 5)
    assert gan.generator_optimizer.beta_1 == 0.5
    assert float(gan.discriminator_optimizer.learning_rate) == 0.25


def test_networks_and_a_variant_of_your_own():
    networks = make_networks_of_classes()
    gan = recipes.assemble(*networks, variant=gankit.ACGAN, num_images=100)
    assert isinstance(gan, gankit.ACGAN)
    assert (gan.generator, gan.discriminator) == networks
    assert gan.augment.policy == ("translation",)


def test_a_recipe_is_saved_and_loaded(tmp_path):
    gan = recipes.modern(SHAPE, num_images=100, filters=2, total_steps=10)
    gan.fit(make_images(16, SHAPE), batch_size=8, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = gankit.load(tmp_path / "gan.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), gan.generate(2, seed=0))
    loaded.fit(make_images(16, SHAPE), batch_size=8, verbose=0)


def test_an_option_that_nobody_knows():
    with pytest.raises(ValueError, match="learning_rat"):
        recipes.assemble(*make_networks(), learning_rat=1e-3)
