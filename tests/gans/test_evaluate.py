"""Held-out data: what they cost, and that looking at them changes nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    all_state,
    assert_same_state,
    make_conditional_networks,
    make_dataset,
    make_gan,
    make_images,
    make_networks,
)

import gankit
from gankit import losses, penalties


def test_values_are_those_of_the_networks_as_they_are():
    gan = make_gan(generator_ema=0.5)
    gan.fit(make_dataset(), verbose=0)
    latents = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
    rows = iter([latents[:8], latents[8:16], latents[16:]])
    gan.sample_latents = lambda num_images, seed=None: next(rows)
    gan.compile(run_eagerly=True)
    held_out = make_images(20, seed=1)
    values = gan.evaluate(held_out, batch_size=8, verbose=0)  # the last batch has 4 images

    real_scores = gan.discriminator.predict(held_out, verbose=0)
    fakes = gan.ema_generator.predict(latents, verbose=0)
    fake_scores = gan.discriminator.predict(fakes, verbose=0)
    expected = {
        "discriminator_loss": (
            np.log1p(np.exp(-real_scores)).mean() + np.log1p(np.exp(fake_scores)).mean()
        )
        / 2,
        "generator_loss": np.log1p(np.exp(-fake_scores)).mean(),
        "real_accuracy": (real_scores > 0).mean(),
        "fake_accuracy": (fake_scores < 0).mean(),
    }
    assert values.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(values[name], expected[name], rtol=1e-5, err_msg=name)


def test_training_goes_on_as_if_nothing_had_been_evaluated():
    gans = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        noisy = losses.NonSaturating(label_noise=0.1)
        gans.append(make_gan(generator_ema=0.5, compile_options={"loss": noisy}))
    plain, watched = gans
    watched.evaluate(make_images(8), verbose=0)
    plain.fit(make_dataset(), epochs=2, verbose=0)
    history = watched.fit(
        make_dataset(), epochs=2, verbose=0, validation_data=(make_images(8, seed=1),)
    ).history
    assert {"val_discriminator_loss", "val_generator_loss", "val_real_accuracy"} <= set(history)
    for gan in gans:
        gan.means.reset_state()
    assert_same_state(plain, watched)


def test_evaluation_changes_nothing_and_gives_the_same_again():
    gan = make_gan(compile_options={"loss": losses.NonSaturating(label_noise=0.1)})
    before = all_state(gan)
    one = gan.evaluate(make_images(8), verbose=0)
    after = all_state(gan)
    assert [name for name in before if not np.array_equal(before[name], after[name])] == []
    assert one == gan.evaluate(make_images(8), verbose=0)


def test_a_penalty_belongs_to_training():
    gan = make_gan(
        compile_options={"loss": "wasserstein", "penalty": penalties.GradientPenalty()},
        discriminator_steps=2,
    )
    assert "discriminator_penalty" in gan.fit(make_dataset(), verbose=0).history
    values = gan.evaluate(make_images(9), batch_size=3, verbose=0)  # no multiple of the steps
    assert set(values) == {
        "discriminator_loss",
        "generator_loss",
        "real_accuracy",
        "fake_accuracy",
    }
    assert set(gan.fit(make_dataset(), verbose=0).history) > set(values)


def test_evaluates_what_keras_evaluates():
    gan = make_gan(make_conditional_networks)
    images, labels = make_images(8), np.arange(8) % 3
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)
    assert len(gan.evaluate(images, labels, verbose=0, return_dict=False)) == 4
    assert np.isfinite([*gan.evaluate(dataset, verbose=0).values()]).all()
    assert np.isfinite([*gan.evaluate(dataset.repeat(), steps=3, verbose=0).values()]).all()
    history = gan.fit(images, labels, validation_split=0.5, verbose=0).history
    assert "val_discriminator_loss" in history


def test_a_relativistic_loss():
    @keras.saving.register_keras_serializable(package="tests")
    class Relativistic(losses.Loss):
        needs_real = True

        def discriminator(self, real_scores, fake_scores, seed=None):
            return keras.ops.softplus(fake_scores - real_scores)

        def generator(self, fake_scores, real_scores=None):
            return keras.ops.softplus(real_scores - fake_scores)

    values = make_gan(compile_options={"loss": Relativistic()}).evaluate(make_images(8), verbose=0)
    costs = [values["discriminator_loss"], values["generator_loss"]]
    np.testing.assert_allclose(costs, np.log(2), atol=0.1)


def test_one_pass_evaluates_as_two_do():
    # Without batch statistics, which inference does not use, it is the same.
    values = []
    for variant in (gankit.GAN, gankit.OnePassGAN):
        keras.utils.set_random_seed(0)
        gan = make_gan(make_networks, variant=variant)
        values.append([*gan.evaluate(make_images(8), verbose=0).values()])
    np.testing.assert_allclose(*values, rtol=1e-5)


def test_bad_data():
    gan = make_gan()
    with pytest.raises(ValueError, match=r"lie in \[-1, 1\]"):
        gan.evaluate(make_images(8) * 255, verbose=0)
    with pytest.raises(ValueError, match=r"lie in \[-1, 1\]"):
        gan.fit(make_dataset(), verbose=0, validation_data=(make_images(8) * 255,))
    assert gan.optimizer.iterations == 0
    with pytest.raises(TypeError, match="takes no sample_weight"):
        gan.evaluate(make_images(8), sample_weight=np.ones(8), verbose=0)
