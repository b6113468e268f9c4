"""The contract that every GAN meets. A variant adds one row."""

import shutil
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    NUM_CLASSES,
    all_state,
    assert_same_state,
    assert_same_values,
    make_autoencoders,
    make_cycle_networks,
    make_dcgan_of_classes,
    make_enlarging_networks,
    make_images,
    make_networks,
    make_networks_of_classes,
    make_networks_of_codes,
    make_networks_of_domains,
    make_networks_of_frames,
    make_residual_networks,
    make_translating_networks,
    make_volumetric_networks,
    put_back,
    sampling_stream,
    values,
)

import gankit
from gankit import data
from gankit.callbacks import Checkpoint

LABELS = np.arange(40) % NUM_CLASSES
SMALL = make_images(40, (4, 4, 1), seed=1)
GIVEN = make_images(40, seed=1)
FRAMES = make_images(40, (8, 8, 3), seed=1)
VOLUMES = make_images(40, (8, 8, 8)) > 0


class Row(NamedTuple):
    """A variant, its networks and arguments, and the images and what they come with in its data.

    ``asked`` is what ``generate`` needs for three images.
    """

    variant: type
    networks: Callable
    options: dict = {}  # noqa: RUF012 (never changed)
    condition: np.ndarray = LABELS
    asked: dict = {"num_images": 3}  # noqa: RUF012
    images: np.ndarray = make_images(40)


def conditional(condition):
    return {"condition": condition, "asked": {"condition": condition[:3]}}


GANS = [
    Row(gankit.GAN, make_networks),
    Row(gankit.GAN, make_dcgan_of_classes, **conditional(LABELS)),
    Row(gankit.GAN, make_residual_networks, {"augment": "ADA"}, **conditional(LABELS)),
    Row(gankit.ACGAN, make_networks_of_classes, **conditional(LABELS)),
    Row(gankit.WGAN, make_networks, {"discriminator_steps": 2}),
    Row(gankit.WGANGP, make_networks, {"discriminator_steps": 2}),
    Row(gankit.InfoGAN, make_networks_of_codes),
    Row(gankit.EBGAN, make_autoencoders, {"pulling_away": 0.1}),
    Row(gankit.BEGAN, make_autoencoders, {"balance_rate": 0.1}),
    Row(gankit.SRGAN, make_enlarging_networks, {"adversarial_weight": 0.1}, **conditional(SMALL)),
    Row(gankit.Pix2Pix, make_translating_networks, {"l1_weight": 10.0}, **conditional(GIVEN)),
    Row(gankit.CycleGAN, make_cycle_networks, {"pool_size": 5}, **conditional(GIVEN)),
    Row(
        gankit.StarGAN,
        make_networks_of_domains,
        {"discriminator_steps": 2},
        asked={"condition": (GIVEN[:3], LABELS[:3])},
    ),
    Row(gankit.GAN3D, make_volumetric_networks, {"accuracy_limit": 0.9}, images=VOLUMES),
    Row(gankit.NextFrameGAN, make_networks_of_frames, {"norm": 2}, **conditional(FRAMES)),
]


@pytest.fixture(params=GANS, ids=lambda row: f"{row.variant.__name__}-{row.networks.__name__}")
def row(request):
    return request.param


@pytest.fixture
def make_gan(row):
    def make(**compile_options):
        options = dict(row.options)
        if "augment" in options:
            options["augment"] = gankit.augment.ADA(target=-0.99)
        gan = row.variant(*row.networks(), seed=0, **options)
        gan.compile(**compile_options)
        return gan

    return make


@pytest.fixture
def make_dataset(row):
    if row.condition.ndim == 1:
        adapt = data.from_voxels if row.images.dtype == bool else data.from_arrays
        return lambda **options: adapt(row.images, row.condition, batch_size=10, **options)
    return lambda **options: tf.data.Dataset.zip(
        data.from_arrays(row.images, batch_size=10, **options),
        data.from_arrays(row.condition, batch_size=10, **options),
    )


def test_trains_and_logs(make_gan, make_dataset):
    gan = make_gan()
    before = kernels(gan)
    history = gan.fit(make_dataset(), epochs=2, verbose=0).history
    assert {"discriminator_loss", "generator_loss"} <= set(history)
    assert np.isfinite([*history.values()]).all()
    assert all(not np.array_equal(a, b) for a, b in zip(before, kernels(gan), strict=True))


def kernels(gan):
    # Not biases: the last one of a critic moves real and fake scores alike, and has no gradient.
    every = values(gan.generator) + values(gan.discriminator)
    return [value for value in every if value.ndim > 1]


def test_phases_are_separate(make_gan, make_dataset):
    gan = make_gan(run_eagerly=True)
    ran = []

    def watch(phase, theirs):
        update = getattr(gan, phase)

        def watched(*arguments):
            before = [np.array(variable) for variable in theirs]
            result = update(*arguments)
            for variable, value in zip(theirs, before, strict=True):
                np.testing.assert_array_equal(variable, value)
            ran.append(phase)
            return result

        setattr(gan, phase, watched)

    watch("train_discriminator", gan.generator_variables)
    watch("train_generator", gan.discriminator_variables)
    gan.fit(make_dataset().take(1), verbose=0)
    assert ran == ["train_discriminator"] * gan.discriminator_steps + ["train_generator"]


# Graphs take longer to build than a few eager steps: two tests of each row build one.


def test_saves_loads_and_continues_exactly(make_gan, make_dataset, tmp_path):
    gan = make_gan(run_eagerly=True)
    gan.fit(make_dataset().take(2), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert type(loaded) is type(gan)
    for one in (gan, loaded):
        one.fit(make_dataset().take(2), verbose=0)
    assert_same_state(gan, loaded)


def test_eager_and_graph_agree(make_gan, make_dataset):
    eager, graph = make_gan(run_eagerly=True), make_gan()
    graph.set_weights(eager.get_weights())
    copy_random_state(eager, graph)
    for gan in (eager, graph):
        gan.fit(make_dataset().take(2), verbose=0)
    for one, other in zip(eager.get_weights(), graph.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def copy_random_state(one, other):
    store = {}
    one.save_own_variables(store)
    other.load_own_variables({name: np.array(value) for name, value in store.items()})


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(make_gan, make_dataset, policy):
    keras.config.set_dtype_policy(policy)
    gan = make_gan(run_eagerly=True)
    history = gan.fit(make_dataset().take(2), verbose=0).history
    assert np.isfinite([*history.values()]).all()


def test_evaluates_held_out_data(make_gan, make_dataset):
    gan = make_gan(run_eagerly=True)
    held_out = make_dataset().take(2)
    history = gan.fit(make_dataset().take(2), validation_data=held_out, verbose=0).history
    values = gan.evaluate(held_out, verbose=0)
    assert {f"val_{name}" for name in values} == {n for n in history if n.startswith("val_")}
    assert set(values) <= set(history)
    assert np.isfinite([*values.values()]).all()


def test_evaluate_changes_nothing(make_gan, make_dataset):
    gan, dataset = make_gan(run_eagerly=True), make_dataset().take(1)
    start = all_state(gan)
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
    """Copies a folder before a training step begins: what a process killed then leaves behind."""

    def __init__(self, folder, copy, step):
        super().__init__()
        self.folder, self.copy, self.step = folder, copy, step

    def on_train_batch_begin(self, batch, logs=None):
        if self.model.optimizer.iterations == self.step:
            shutil.copytree(self.folder, self.copy)


def test_stopped_in_mid_epoch_equals_not_stopped(make_gan, make_dataset, tmp_path):
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

    folder, left = tmp_path / "whole", tmp_path / "stopped"
    whole, expected = run(folder, 0, CopyFolder(folder, left, step=3))
    assert len((left / "log.csv").read_text().splitlines()) == 2  # names, and the first epoch
    resumed, history = run(left, 1)
    assert_same_state(whole, resumed)
    assert history == {name: values[1:] for name, values in expected.items()}
    assert (left / "log.csv").read_text() == (folder / "log.csv").read_text()


def test_generates_what_it_was_asked_for(make_gan, row):
    gan, asked = make_gan(), row.asked
    images = gan.generate(**asked, seed=0)
    assert images.shape[0] == 3
    np.testing.assert_array_equal(images, gan.generate(**asked, seed=0))
