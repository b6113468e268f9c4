"""Where training is, what is written of it, and which learning rates are set."""

import keras
import numpy as np
import pytest
from helpers import make_dataset, make_gan
from keras.optimizers import SGD

from gankit.training.position import follows_schedule, read_given_rates, read_learning_rates


def test_where_training_is():
    gan = make_gan()
    assert (gan.position.epoch, gan.position.steps, gan.position.step) == (0, 0, 0)
    gan.fit(make_dataset(), epochs=2, verbose=0)  # 4 batches each
    assert (gan.position.epoch, gan.position.steps, gan.position.step) == (2, 8, 0)


def test_epochs_are_counted_on_unless_said_otherwise():
    gan = make_gan()
    gan.epochs_completed.assign(3)
    gan.position.step = gan.position.behind = 2
    gan.position.begin(initial_epoch=0)
    assert (gan.position.epoch_offset, gan.position.step, gan.position.behind) == (3, 0, 0)
    gan.position.begin(initial_epoch=2)
    assert gan.position.epoch_offset == 0


def test_what_is_written_is_taken_up():
    gan, other = make_gan(), make_gan()
    gan.position.step, gan.position.learning_rates = 3, [0.5, 0.25]
    gan.position.given_rates, gan.position.data = [0.5, None], {"batches": 4}
    gan.means.update_state({"generator_loss": 2.0})
    saved = gan.position.save()
    assert saved == {
        "step": 3,
        "learning_rates": [0.5, 0.25],
        "given_rates": [0.5, None],
        "data": {"batches": 4},
        "means": {"generator_loss": [2, 1]},
    }
    other.position.restore(saved)
    assert (other.position.step, other.position.behind) == (3, 3)
    assert other.position.learning_rates == [0.5, 0.25]
    assert other.position.means == {"generator_loss": [2, 1]}


def test_the_first_epoch_of_a_call():
    position = make_gan().position
    position.begin(initial_epoch=0)
    assert position.first_epoch(2) == 0
    position.restore({"step": 3, "learning_rates": [], "means": {}})
    position.initial_epoch = 2
    assert position.first_epoch(3) == 2
    with pytest.raises(ValueError, match="2 epochs and 3 steps are done, but epochs=2 asks for"):
        position.first_epoch(2)
    position.step = position.behind = 0
    assert position.first_epoch(2) == 2
    with pytest.raises(ValueError, match="2 epochs are done, but epochs=1 asks for fewer"):
        position.first_epoch(1)
    position.ended = True
    assert position.first_epoch(9) == 9  # none is left


def test_learning_rates_and_schedules():
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.5, 1, 1.0)
    decaying, constant = SGD(schedule), SGD(0.25)
    assert read_learning_rates([decaying, constant]) == [0.5, 0.25]
    assert read_given_rates([decaying, constant]) == [None, 0.25]
    decaying.iterations.assign(3)
    np.testing.assert_allclose(read_learning_rates([decaying]), [0.125])  # 0.5 / (1 + 3)
    assert follows_schedule(decaying)
    assert follows_schedule(keras.optimizers.LossScaleOptimizer(decaying))
    assert not follows_schedule(constant)
