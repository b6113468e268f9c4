"""Training ends, or goes back, at the first number that is none."""

import keras
import numpy as np
import pytest
from helpers import make_dataset, make_gan, make_plain_networks

import gankit
from gankit.callbacks import Checkpoint, StopOnNaN

FACTOR = keras.Variable(0.0, trainable=False)


@keras.saving.register_keras_serializable(package="tests")
class BreakingGAN(gankit.GAN):
    """A GAN with one more term, which the test makes NaN or infinite."""

    def generator_losses(self, real, fake):
        terms = super().generator_losses(real, fake)
        return terms | {"strange": FACTOR * keras.ops.mean(fake.images)}


class Break(keras.callbacks.Callback):
    """Gives the strange term a factor for the steps that are named."""

    def __init__(self, steps, value=np.nan):
        super().__init__()
        self.steps, self.value, self.seen = steps, value, 0

    def on_train_batch_begin(self, batch, logs=None):
        self.seen += 1
        FACTOR.assign(self.value if self.seen in self.steps else 0.0)


def make_breaking_gan(**options):
    gan = BreakingGAN(*make_plain_networks(), seed=0)
    gan.compile(**options)
    return gan


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
    class Poison(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                self.model.ema_generator.weights[0].assign_add(
                    keras.ops.full_like(self.model.ema_generator.weights[0], np.nan)
                )

    gan = make_gan(make_plain_networks, generator_ema=0.9)
    with pytest.raises(FloatingPointError, match=r"After 3 training steps .*kernel are NaN"):
        gan.fit(make_dataset(), verbose=0, callbacks=[Poison(), StopOnNaN()])


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
