"""What every GAN must do, whatever it is made of.

``make_gan(**compile_options)`` returns a compiled GAN of new networks, and ``make_dataset`` a
dataset of at least two batches, in an order that follows from the epoch alone.
"""

import shutil

import keras
import numpy as np
from helpers import (
    all_state,
    assert_same_state,
    assert_same_values,
    put_back,
    sampling_stream,
    values,
)

from gankit.callbacks import Checkpoint


def trains_and_logs(gan, dataset):
    before = kernels(gan)
    history = gan.fit(dataset, epochs=2, verbose=0).history
    assert {f"{name}_loss" for name in gan.phases} <= set(history)
    assert np.isfinite([*history.values()]).all()
    assert all(not np.array_equal(a, b) for a, b in zip(before, kernels(gan), strict=True))


def kernels(gan):
    # Not biases: the last one of a critic moves real and fake scores alike, and has no gradient.
    networks = [network for side in gan.sides().values() for network in side]
    return [value for network in networks for value in values(network) if value.ndim > 1]


def phases_are_separate(gan, dataset):
    """Trains a step, in which each phase changes its own variables and no other's."""
    ran = []

    def watch(method, name_of):
        update = getattr(gan, method)

        def watched(*arguments):
            name = name_of(*arguments)
            others = [phase for phase in gan.phases.values() if phase.name != name]
            theirs = [variable for phase in others for variable in phase.variables]
            before = [np.array(variable) for variable in theirs]
            result = update(*arguments)
            for variable, value in zip(theirs, before, strict=True):
                np.testing.assert_array_equal(variable, value)
            ran.append(name)
            return result

        setattr(gan, method, watched)

    watch("train_discriminator", lambda *_: "discriminator")
    watch("train_generator", lambda name, *_: name)
    gan.fit(dataset.take(1), verbose=0)
    assert ran[: gan.discriminator_steps] == ["discriminator"] * gan.discriminator_steps
    assert ran[gan.discriminator_steps :] == [n for n in gan.phases if n != "discriminator"]


def saves_loads_and_continues_exactly(gan, dataset, folder):
    gan.fit(dataset.take(2), verbose=0)
    gan.save(folder / "gan.keras")
    loaded = keras.models.load_model(folder / "gan.keras")
    assert type(loaded) is type(gan)
    for one in (gan, loaded):
        one.fit(dataset.take(1), verbose=0)
    assert_same_state(gan, loaded)


def evaluate_changes_nothing(gan, dataset):
    dataset, start = dataset.take(1), all_state(gan)
    logs = gan.fit(dataset, verbose=0).history
    trained = all_state(gan)
    gan.evaluate(dataset, verbose=0)  # of the data of training, whose order must not move either
    # One state may move: fakes are drawn as ``generate`` without a seed draws them, from a stream
    # of random numbers beside training's.
    moved = sampling_stream(gan)
    assert_same_values(all_state(gan), trained | moved)
    # Nor does it leave anything behind that is no variable: the same step is the same again.
    put_back(gan, start | moved)
    assert gan.fit(dataset, verbose=0).history == logs
    assert_same_values(all_state(gan), trained | moved)


class CopyFolder(keras.callbacks.Callback):
    """Copies a folder before a step of ``fit``: what a process killed then leaves behind."""

    def __init__(self, folder, copy, step):
        super().__init__()
        self.folder, self.copy, self.step = folder, copy, step

    def on_train_begin(self, logs=None):
        self.begun = self.model.optimizer.iterations.numpy()

    def on_train_batch_begin(self, batch, logs=None):
        if self.model.optimizer.iterations == self.begun + self.step:
            shutil.copytree(self.folder, self.copy)


def stopped_in_mid_epoch_equals_not_stopped(make_gan, make_dataset, folder):
    def run(folder, seed, *callbacks):
        folder.mkdir(exist_ok=True)
        keras.utils.set_random_seed(seed)  # other weights and dropout, if they are not restored
        gan = make_gan(run_eagerly=True)
        history = gan.fit(
            make_dataset().take(2),
            epochs=2,
            validation_data=make_dataset(shuffle=False).take(1),
            callbacks=[
                Checkpoint(folder / "run", every=3),  # in the middle of the second epoch
                keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 * 0.9**epoch),
                keras.callbacks.CSVLogger(folder / "log.csv", append=True),
                *callbacks,
            ],
            verbose=0,
        )
        return gan, history.history

    folder, left = folder / "whole", folder / "stopped"
    whole, expected = run(folder, 0, CopyFolder(folder, left, step=3))
    assert len((left / "log.csv").read_text().splitlines()) == 2  # names, and the first epoch
    resumed, history = run(left, 1)
    assert_same_state(whole, resumed)
    assert history == {name: values[1:] for name, values in expected.items()}
    assert (left / "log.csv").read_text() == (folder / "log.csv").read_text()
