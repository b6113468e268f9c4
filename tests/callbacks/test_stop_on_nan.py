"""Training ends, or goes back, at the first number that is none."""

import re

import keras
import numpy as np
import pytest
from helpers import all_state, make_dataset, make_gan, make_images, make_plain_networks, values

import gankit
from gankit.callbacks import Checkpoint, StopOnNaN


@keras.saving.register_keras_serializable(package="tests")
class BreakingGAN(gankit.GAN):
    """A GAN with one more term, which the test makes NaN or infinite."""

    def create_state(self, seed):
        super().create_state(seed)
        self.factor = self.add_weight(name="factor", initializer="zeros", trainable=False)

    def generator_losses(self, real, fake):
        terms = super().generator_losses(real, fake)
        return terms | {"strange": self.factor * keras.ops.mean(fake.images)}


@keras.saving.register_keras_serializable(package="tests")
class SteepGAN(gankit.GAN):
    """A GAN with one more term, which is always 0, and whose slope is infinite there."""

    def generator_losses(self, real, fake):
        steep = keras.ops.sqrt(0 * keras.ops.mean(fake.images))
        return super().generator_losses(real, fake) | {"steep": steep}


class Break(keras.callbacks.Callback):
    """Gives the strange term a factor for the steps that are named."""

    def __init__(self, steps, value=np.nan):
        super().__init__()
        self.steps, self.value, self.seen = steps, value, 0

    def on_train_batch_begin(self, batch, logs=None):
        self.seen += 1
        self.model.factor.assign(self.value if self.seen in self.steps else 0.0)


class Poison(keras.callbacks.Callback):
    """Gives a weight of a network a value before the third step."""

    def __init__(self, value, network="discriminator"):
        super().__init__()
        self.value, self.network = value, network

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 2:
            weight = getattr(self.model, self.network).weights[0]
            weight.assign(np.full(weight.shape, self.value))


def make_breaking_gan(variant=BreakingGAN, **options):
    gan = variant(*make_plain_networks(), seed=0)
    gan.compile(**options)
    return gan


CAUSES = {
    "data": "discriminator_adversarial.* The data hold NaN or infinity themselves",
    "networks": "discriminator_adversarial.* what the networks make of them is not",
    "losses": "generator_strange.* the discriminator's scores are finite, so look at how the first",
}


@pytest.mark.parametrize(
    ("policy", "value"),
    [("float32", np.nan), ("mixed_float16", np.inf), ("mixed_bfloat16", np.nan)],
)
@pytest.mark.parametrize("source", CAUSES)
def test_says_where_it_comes_from_and_goes_back(policy, source, value, tmp_path):
    keras.config.set_dtype_policy(policy)
    gan = make_breaking_gan()
    checkpoint = Checkpoint(tmp_path / "run", every=1, keep=99)
    given = [checkpoint, StopOnNaN(checkpoint)]
    images = make_images(32)
    if source == "data":
        images[20, 3, 3, 0] = value  # in the third batch of four
    else:
        given.append(Poison(value) if source == "networks" else Break([3], value))
    with pytest.warns(UserWarning, match="Back to") as caught:
        gan.fit(images, batch_size=8, shuffle=False, verbose=0, callbacks=given)
    (message,) = [str(one.message) for one in caught if "Back to" in str(one.message)]
    assert re.match(f"After 3 training steps {CAUSES[source]}", message)
    assert "epoch_00000_step_0000002.keras, with" in message
    assert int(gan.steps_completed) == 4
    written = sorted((tmp_path / "run").glob("*.keras"))
    assert len(written) == 4  # after 1, 2 and 4 steps, and at the epoch's end
    for path in written:
        state = all_state(gankit.load(path))
        assert all(np.isfinite(part).all() for part in state.values())


def test_says_that_a_slope_is_infinite():
    gan = make_breaking_gan(SteepGAN)
    with pytest.raises(FloatingPointError, match=r"After 1 .*generator's .* All terms were"):
        gan.fit(make_dataset(), verbose=0, callbacks=[StopOnNaN()])


# Float16's scaling of the loss


def scaled(power):
    adam = keras.optimizers.Adam(1e-3)
    return keras.optimizers.LossScaleOptimizer(adam, initial_scale=2.0**power)


def test_updates_that_are_skipped_for_a_smaller_scale_are_no_failure():
    keras.config.set_dtype_policy("mixed_float16")
    gan = make_breaking_gan(generator_optimizer=scaled(40))
    before = values(gan.generator)
    gan.fit(make_dataset(), epochs=8, verbose=0, callbacks=[StopOnNaN()])
    assert float(gan.generator_optimizer.dynamic_scale) < 2.0**30
    assert not np.array_equal(values(gan.generator)[0], before[0])


def test_a_slope_that_no_scale_makes_finite_is_found():
    keras.config.set_dtype_policy("mixed_float16")
    gan = make_breaking_gan(SteepGAN, generator_optimizer=scaled(-10))
    found = r"After 5 training steps the generator's loss scale has fallen below 6e-05\. Even"
    with pytest.raises(FloatingPointError, match=found):
        gan.fit(make_dataset(), epochs=3, verbose=0, callbacks=[StopOnNaN()])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_names_the_term_and_the_step(value, tmp_path):
    gan = make_breaking_gan()
    callbacks = [Checkpoint(tmp_path / "run", every=1), Break([6], value), StopOnNaN()]
    with pytest.raises(FloatingPointError, match=r"After 6 training steps .*generator_strange"):
        gan.fit(make_dataset(), epochs=3, verbose=0, callbacks=callbacks)
    newest = max((tmp_path / "run").glob("*.keras"))
    assert newest.name == "epoch_00001_step_0000001.keras"  # of 5 steps: the last good one
    good = gankit.load(newest)
    assert all(np.isfinite(weight).all() for weight in good.get_weights())


def test_names_weights_that_are_not_logged():
    gan = make_gan(make_plain_networks, generator_ema=0.9)
    poison = Poison(np.nan, "ema_generator")
    with pytest.raises(FloatingPointError, match=r"After 3 .* ema_generator's dense/kernel is NaN"):
        gan.fit(make_dataset(), verbose=0, callbacks=[poison, StopOnNaN()])


def test_goes_back_and_lowers_the_learning_rates(tmp_path):
    gan = make_breaking_gan(generator_optimizer=keras.optimizers.Adam(0.01))
    checkpoint = Checkpoint(tmp_path / "run", every=1)
    callbacks = [Break([6]), checkpoint, StopOnNaN(checkpoint, learning_rate_factor=0.1)]
    with pytest.warns(UserWarning, match="After 6 training steps .*Back to .*step_0000001"):
        history = gan.fit(make_dataset(), epochs=3, verbose=0, callbacks=callbacks).history
    assert all(np.isfinite(values).all() for values in history.values())
    np.testing.assert_allclose(gan.generator_optimizer.learning_rate, 1e-3, rtol=1e-5)
    np.testing.assert_allclose(gan.discriminator_optimizer.learning_rate, 5e-5, rtol=1e-5)
    assert gan.optimizer.iterations == 12 - 1
    assert all(np.isfinite(weight).all() for weight in gan.get_weights())


def test_a_checkpoint_after_going_back_is_the_newest(tmp_path):
    gan = make_breaking_gan()
    checkpoint = Checkpoint(tmp_path / "run", every=3, keep=9)
    callbacks = [Break([5]), checkpoint, StopOnNaN(checkpoint)]  # an epoch has 4 steps
    with pytest.warns(UserWarning, match="Back to .*epoch_00000_step_0000003"):
        gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=callbacks)
    newest = max((tmp_path / "run").glob("*.keras"))
    assert newest.name == "epoch_00001_step_0000002.keras"
    assert int(gankit.load(newest).steps_completed) == 6
    assert int(gan.epochs_completed) == 2


def test_goes_back_only_so_often(tmp_path):
    gan = make_breaking_gan()
    checkpoint = Checkpoint(tmp_path / "run", every=1)
    callbacks = [Break(range(3, 99)), checkpoint, StopOnNaN(checkpoint, max_returns=2)]
    with pytest.warns(UserWarning, match="Back to"), pytest.raises(FloatingPointError):
        gan.fit(make_dataset(), epochs=3, verbose=0, callbacks=callbacks)
    np.testing.assert_allclose(gan.generator_optimizer.learning_rate, 5e-4 / 4, rtol=1e-5)


def test_says_what_can_t_work(tmp_path):
    with pytest.raises(ValueError, match=r"learning_rate_factor must lie in \(0, 1\], got 2"):
        StopOnNaN(learning_rate_factor=2)
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, 1, 0.1)
    gan = make_breaking_gan(generator_optimizer=keras.optimizers.Adam(schedule))
    checkpoint = Checkpoint(tmp_path / "run")
    with pytest.raises(ValueError, match="generator's learning rate follows a schedule"):
        gan.fit(make_dataset(), verbose=0, callbacks=[checkpoint, StopOnNaN(checkpoint)])
