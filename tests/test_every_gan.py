"""The contract that every GAN meets. A variant adds one row."""

from collections.abc import Callable
from typing import NamedTuple

import contract
import keras
import numpy as np
import pytest
from helpers import (
    NUM_CLASSES,
    fingerprint,
    make_aae_networks,
    make_attentive_networks,
    make_autoencoders,
    make_bigan_networks,
    make_cycle_networks,
    make_dcgan_of_classes,
    make_enlarging_networks,
    make_grown_networks,
    make_images,
    make_networks,
    make_networks_and_decoders,
    make_networks_of_a_table,
    make_networks_of_classes,
    make_networks_of_codes,
    make_networks_of_domains,
    make_networks_of_embeddings,
    make_networks_of_few_labels,
    make_networks_of_frames,
    make_networks_of_own_classes,
    make_networks_of_rotations,
    make_networks_of_signals,
    make_networks_of_styles,
    make_projected_networks,
    make_residual_networks,
    make_transformer,
    make_translating_networks,
    make_vae_gan_networks,
    make_volumetric_networks,
)
from keras.optimizers import SGD

import gankit
from gankit import data

LABELS = np.arange(40) % NUM_CLASSES
SMALL = make_images(40, (4, 4, 1), seed=1)
GIVEN = make_images(40, seed=1)
COLORS = np.eye(3, dtype="float32")[LABELS]
ROWS = np.concatenate([make_images(40, (1,)), np.eye(2)[LABELS % 2], COLORS], 1, dtype="float32")
FRAMES = make_images(40, (8, 8, 3), seed=1)
VOLUMES = make_images(40, (8, 8, 8)) > 0
SIGNALS = make_images(40, (70, 2))


class Row(NamedTuple):
    """A variant, its networks and arguments, and the images and what they come with in its data.

    ``asked`` is what ``generate`` needs for three images. ``steps`` are what TensorFlow 2.21
    makes in ``test_steps_are_those_of_tensorflow``, which tells a new row what to have there, from
    weights of the standard deviation ``spread``.
    """

    variant: type
    networks: Callable
    options: dict = {}  # noqa: RUF012 (never changed)
    condition: np.ndarray = LABELS
    asked: dict = {"num_images": 3}  # noqa: RUF012
    images: np.ndarray = make_images(40)
    steps: tuple[float, ...] = ()
    spread: float = 0.1


def conditional(condition):
    return {"condition": condition, "asked": {"condition": condition[:3]}}


GANS = [
    Row(gankit.GAN, make_networks, steps=(2.796773, 0.115378, 2.796742)),
    Row(
        gankit.GAN,
        make_dcgan_of_classes,
        **conditional(LABELS),
        steps=(4.559647, 0.777550, 4.559610),
    ),
    Row(
        gankit.GAN,
        make_residual_networks,
        {"augment": "ADA"},
        **conditional(LABELS),
        steps=(-6.140171, -0.957549, -6.140672),
    ),
    Row(gankit.GAN, make_projected_networks, steps=(2.796495, -0.749294, 2.796498)),
    Row(gankit.GAN, make_networks_of_own_classes, steps=(1.474075, 1.004474, 1.474079)),
    Row(
        gankit.GAN,
        make_attentive_networks,
        **conditional(LABELS),
        steps=(2.637450, 1.799004, 2.637965),
    ),
    Row(
        gankit.ACGAN,
        make_networks_of_classes,
        **conditional(LABELS),
        steps=(-2.304137, 2.038816, -2.298547),
    ),
    Row(
        gankit.ReACGAN,
        make_networks_of_embeddings,
        **conditional(LABELS),
        steps=(4.580075, -1.204430, 4.577256),
    ),
    Row(
        gankit.SGAN,
        make_networks_of_few_labels,
        condition=LABELS - 1,
        steps=(2.805442, 1.922553, 2.805451),
    ),
    Row(gankit.SSGAN, make_networks_of_rotations, steps=(2.796711, -0.712471, 2.796688)),
    Row(
        gankit.WGAN, make_networks, {"discriminator_steps": 2}, steps=(2.755826, 0.000025, 2.755825)
    ),
    Row(
        gankit.WGANGP,
        make_networks,
        {"discriminator_steps": 2},
        steps=(2.756446, 0.082766, 2.756365),
    ),
    Row(gankit.InfoGAN, make_networks_of_codes, steps=(1.890210, 1.335224, 1.890549)),
    Row(
        gankit.EBGAN, make_autoencoders, {"pulling_away": 0.1}, steps=(2.795935, 1.979345, 2.796004)
    ),
    Row(
        gankit.BEGAN, make_autoencoders, {"balance_rate": 0.1}, steps=(2.793787, 1.978625, 2.794114)
    ),
    Row(
        gankit.SRGAN,
        make_enlarging_networks,
        {"adversarial_weight": 0.1},
        **conditional(SMALL),
        steps=(9.262528, -6.477873, 9.262751),
    ),
    Row(
        gankit.Pix2Pix,
        make_translating_networks,
        {"l1_weight": 10.0},
        **conditional(GIVEN),
        steps=(-4.536166, -2.034364, -4.534666),
    ),
    Row(
        gankit.CycleGAN,
        make_cycle_networks,
        {"pool_size": 5},
        **conditional(GIVEN),
        steps=(3.131223, -0.588382, 2.800788, -0.474231, 3.132020, 2.804050),
    ),
    Row(
        gankit.StarGAN,
        make_networks_of_domains,
        {"discriminator_steps": 2},
        asked={"condition": (GIVEN[:3], LABELS[:3])},
        steps=(-0.808000, 0.651203, -0.798467),
    ),
    Row(
        gankit.GAN3D,
        make_volumetric_networks,
        {"accuracy_limit": 0.9},
        images=VOLUMES,
        steps=(-4.105265, -0.313618, -4.105218),
    ),
    Row(
        gankit.CTGAN,
        make_networks_of_a_table,
        {"transformer": make_transformer(), "condition_weight": 0.5},
        condition=COLORS,
        images=ROWS,
        steps=(2.185181, -0.565818, 2.184391),
    ),
    Row(
        gankit.NextFrameGAN,
        make_networks_of_frames,
        {"norm": 2},
        **conditional(FRAMES),
        steps=(-2.553985, 1.882249, -2.553984),
    ),
    Row(
        gankit.BiGAN,
        make_bigan_networks,
        steps=(2.796505, -3.108199, 0.143051, 2.796507, 0.143051),
    ),
    Row(
        gankit.VAEGAN,
        make_vae_gan_networks,
        {"feature_weight": 0.1},
        steps=(-2.173719, -2.086809, 3.897696, -2.173387, 3.893698),
    ),
    Row(
        gankit.AAE,
        make_aae_networks,
        {"reconstruction_weight": 5.0},
        steps=(1.474012, 0.115761, -0.783950, 1.474017, -0.783950),
    ),
    Row(
        gankit.WGANGP,
        make_networks_of_signals,
        {"discriminator_steps": 2},
        images=SIGNALS,
        steps=(0.855489, 0.700573, 0.855483),
    ),
    Row(
        gankit.FastGAN,
        make_networks_and_decoders,
        steps=(2.574585, -8.139461, 4.242334, -0.158107, 2.567018),
    ),
    Row(
        gankit.ProgressiveGAN,
        make_grown_networks,
        {"fade_steps": 10},
        images=make_images(40, (16, 16, 1)),
        steps=(-1.474332, 0.620236, -1.474332),
    ),
    Row(
        gankit.StyleGAN2,
        make_networks_of_styles,
        {"path_every": 2},
        **conditional(LABELS),
        steps=(-73.288058, 16.421953, -73.303644),
        spread=2.0,  # an equalized learning rate
    ),
]


@pytest.fixture(params=GANS, ids=lambda row: f"{row.variant.__name__}-{row.networks.__name__}")
def row(request):
    return request.param


@pytest.fixture
def make_gan(row):
    def make(*optimizers, networks=None, **compile_options):
        options = dict(row.options)
        if "augment" in options:
            options["augment"] = gankit.augment.ADA(target=-0.99)
        gan = row.variant(*(networks or row.networks()), seed=0, **options)
        gan.compile(*optimizers, **compile_options)
        return gan

    return make


@pytest.fixture
def make_dataset(row):
    import tensorflow as tf  # here, since one test runs without it

    if row.images.ndim == 2:
        return lambda **_: tf.data.Dataset.from_tensor_slices((row.images, row.condition)).batch(10)
    if row.condition.ndim == 1:
        of_arrays = data.from_signals if row.images.ndim == 3 else data.from_arrays
        adapt = data.from_voxels if row.images.dtype == bool else of_arrays
        return lambda **options: adapt(row.images, row.condition, batch_size=10, **options)
    return lambda **options: tf.data.Dataset.zip(
        data.from_arrays(row.images, batch_size=10, **options),
        data.from_arrays(row.condition, batch_size=10, **options),
    )


def test_trains_and_logs(make_gan, make_dataset):
    contract.trains_and_logs(make_gan(run_eagerly=True), make_dataset().take(1))


def test_phases_are_separate(make_gan, make_dataset):
    contract.phases_are_separate(make_gan(run_eagerly=True), make_dataset())


# Graphs take longer to build than a few eager steps: one test of each row builds one.


def test_saves_loads_and_continues_exactly(make_gan, make_dataset, tmp_path):
    gan = make_gan(run_eagerly=True)
    contract.saves_loads_and_continues_exactly(gan, make_dataset(), tmp_path)


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
    history = gan.fit(make_dataset().take(1), verbose=0).history
    assert np.isfinite([*history.values()]).all()
    assert all(np.isfinite(weight).all() for weight in gan.get_weights())


def test_evaluates_held_out_data(make_gan, make_dataset):
    gan = make_gan(run_eagerly=True)
    held_out = make_dataset().take(1)
    history = gan.fit(make_dataset().take(1), validation_data=held_out, verbose=0).history
    values = gan.evaluate(held_out, verbose=0)
    assert {f"val_{name}" for name in values} == {n for n in history if n.startswith("val_")}
    assert set(values) <= set(history)
    assert np.isfinite([*values.values()]).all()


def test_evaluate_changes_nothing(make_gan, make_dataset):
    contract.evaluate_changes_nothing(make_gan(run_eagerly=True), make_dataset())


def test_stopped_in_mid_epoch_equals_not_stopped(make_gan, make_dataset, tmp_path):
    contract.stopped_in_mid_epoch_equals_not_stopped(make_gan, make_dataset, tmp_path)


def test_generates_what_it_was_asked_for(make_gan, row):
    gan, asked = make_gan(), row.asked
    images = gan.generate(**asked, seed=0)
    assert images.shape[0] == 3
    np.testing.assert_array_equal(images, gan.generate(**asked, seed=0))


# JAX and PyTorch run what follows in environments without TensorFlow.


def test_steps_are_those_of_tensorflow(row, make_gan, fixed_numbers):
    networks = row.networks()
    draw = np.random.default_rng(0)
    for weight in [weight for network in networks for weight in network.weights]:
        if len(weight.shape) > 1:
            weight.assign(draw.normal(size=weight.shape) * row.spread)
    # Longer steps would go over kinks of the losses: rounding then changes the third decimal.
    gan = make_gan(networks=networks)
    optimizers = {name: SGD(0.001, momentum=0.5) for name in gan.sides()}
    gan.compile(optimizers=optimizers, run_eagerly=keras.backend.backend() != "jax")
    images = row.images.astype("float32")
    images = images[..., None] if row.images.dtype == bool else images
    gan.fit(images[:30], row.condition[:30], batch_size=10, shuffle=False, verbose=0)
    averages = map(gan.averaged, gan.generator_networks())
    found = [fingerprint(network) for network in (*networks, *averages)]
    np.testing.assert_allclose(found, row.steps, rtol=0, atol=1e-5)
