"""What holds on every backend of Keras, and needs no TensorFlow: run it with KERAS_BACKEND set."""

import importlib.util

import contract
import keras
import numpy as np
import pytest
from helpers import (
    NUM_CLASSES,
    fingerprint,
    make_cycle_networks,
    make_dcgan_of_classes,
    make_images,
    make_networks,
    make_networks_of_classes,
    make_plain_networks,
    make_residual_networks,
    run_python,
)

import gankit
from gankit import data
from gankit.augment import ADA
from gankit.data.batches import batches_in_memory
from gankit.penalties import R1, R2

OTHER = pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="this is TensorFlow")
LABELS = np.arange(40) % NUM_CLASSES


def make_dataset(**options):
    return data.from_arrays(make_images(40), LABELS, batch_size=10, **options)


GANS = {
    "batch normalization": lambda: gankit.GAN(*make_dcgan_of_classes(), seed=0),
    "dropout": lambda: gankit.ACGAN(*make_networks_of_classes(), seed=0),
    "spectral": lambda: gankit.GAN(*make_residual_networks(), augment=ADA(target=-0.99), seed=0),
    "two steps": lambda: gankit.WGANGP(*make_networks(), discriminator_steps=2, seed=0),
}


def make_gan(name, **options):
    gan = GANS[name]()
    gan.compile(**options)
    return gan


# JAX compiles a step in seconds and takes many more to run one eagerly: steps are compiled here.


@pytest.mark.parametrize("name", ["batch normalization", "spectral", "two steps"])
def test_trains_and_logs(name):
    contract.trains_and_logs(make_gan(name), make_dataset())


def test_phases_are_separate():
    contract.phases_are_separate(make_gan("two steps", run_eagerly=True), make_dataset())


def test_saves_loads_and_continues_exactly(tmp_path):
    gan = make_gan("batch normalization")
    contract.saves_loads_and_continues_exactly(gan, make_dataset(), tmp_path)


def test_stopped_in_mid_epoch_equals_not_stopped(tmp_path):
    contract.stopped_in_mid_epoch_equals_not_stopped(
        lambda **_: make_gan("dropout"), make_dataset, tmp_path
    )


def test_evaluate_changes_nothing():
    contract.evaluate_changes_nothing(make_gan("batch normalization"), make_dataset())


@pytest.mark.parametrize("name", ["one", "two"])
def test_each_network_has_an_average_of_its_own(name):
    networks = make_networks if name == "one" else make_cycle_networks
    gan = (gankit.GAN if name == "one" else gankit.CycleGAN)(*networks(), seed=0)
    gan.compile()
    averages = [gan.averaged(network) for network in gan.generator_networks()]
    assert all(a is not n for a, n in zip(averages, gan.generator_networks(), strict=True))
    assert gan.ema_generator is averages[0]


# What three steps from the same weights, batches and latents make: the arguments of compile and of
# the GAN, and the fingerprints of TensorFlow 2.21 for generator, discriminator and average.
STEPS = {
    "non-saturating": ({"penalty": R1(1.0)}, {}, [-1.364796, -3.947497, -1.356523]),
    "relativistic": (
        {"loss": "relativistic", "penalty": R1(1.0, every=2) + R2(1.0)},
        {},
        [-1.346454, -4.252154, -1.331177],
    ),
    "fresh fakes": (
        {"penalty": None},
        {"share_fakes": False, "generator_ema": 0.5},
        [-1.272112, -3.957443, -1.262175],
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_those_of_tensorflow(name):
    compiled, options, expected = STEPS[name]
    gan = gankit.GAN(*make_plain_networks(), **{"generator_ema": 0.9} | options)
    gan.sample_latents = lambda number, seed=None: np.linspace(-1, 1, 32, dtype="f").reshape(8, 4)
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.SGD(0.1, momentum=0.9), **compiled)
    draw = np.random.default_rng(0)
    for weight in [*gan.generator.weights, *gan.discriminator.weights]:
        weight.assign(draw.normal(size=weight.shape) * 0.3)
    for mean, weight in zip(gan.ema_generator.weights, gan.generator.weights, strict=True):
        mean.assign(np.array(weight))
    gan.fit(make_images(24), batch_size=8, shuffle=False, verbose=0)
    found = [
        fingerprint(network) for network in (gan.generator, gan.discriminator, gan.ema_generator)
    ]
    np.testing.assert_allclose(found, expected, atol=2e-5)


@OTHER
def test_without_tensorflow(tmp_path):
    code = (
        "import sys, gankit; gan = gankit.load('digits'); images = gan.generate(condition=[7]); "
        "print(images.shape, 'tensorflow' in sys.modules)"
    )
    assert run_python(code, tmp_path).split("\n")[-2] == "(1, 28, 28, 1) False"


@OTHER
def test_an_adapter_that_needs_tensorflow_says_so():
    if importlib.util.find_spec("tensorflow"):
        pytest.skip("TensorFlow is there")
    with pytest.raises(ImportError, match="needs TensorFlow"):
        data.from_arrays(make_images(8), batch_size=2, image_size=(4, 4))


# Batches for backends that don't train from tf.data.


def make_batches(**options):
    images = np.arange(10, dtype="float32").reshape(10, 1, 1, 1) * np.ones((1, 2, 1), "f")
    images[:, 0, 1] = -images[:, 0, 1]
    chosen = {"flip": None, "seed": 0, "shuffle": True} | options
    return batches_in_memory(images, np.arange(10), 3, (-1.0, 1.0), **chosen)


def labels_of(batches):
    return np.concatenate([labels for _, labels in batches]).tolist()


def test_each_epoch_has_its_own_order():
    batches = make_batches()
    epochs = [labels_of(batches) for _ in range(3)]
    assert all(len(set(epoch)) == 9 for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    batches.epoch_counter.assign(1)
    assert labels_of(batches) == epochs[1]
    assert labels_of(make_batches()) == epochs[0]
    assert labels_of(make_batches(shuffle=False)) == list(range(9))


def test_repeat_goes_through_the_epochs():
    batches = make_batches()
    expected = [labels_of(batches) for _ in range(2)]
    endless = make_batches().repeat()
    found = [endless[number][1].tolist() for number in range(6)]
    assert np.ravel(found).tolist() == np.ravel(expected).tolist()
    assert endless.repeat() is endless
    with pytest.raises(TypeError, match="no end"):
        len(endless)


def test_take_and_map():
    batches = make_batches(shuffle=False)
    assert len(batches) == 3
    taken = batches.take(2).map(lambda images, labels: (images, -labels))
    assert labels_of(taken) == [0, -1, -2, -3, -4, -5]
    assert batches.epoch_counter.numpy() == 1  # a pass over a part is one over the data
    assert len(batches.take(9)) == 3


def test_half_of_the_images_are_mirrored_and_keep_their_labels():
    batches = make_batches(flip="horizontal", shuffle=False)
    mirrored = [images[:, 0, 0, 0] < 0 for images, _ in (*batches, *batches, *batches, *batches)]
    assert 0.2 < np.mean(mirrored) < 0.8
    for images, labels in batches:
        np.testing.assert_array_equal(np.abs(images[:, 0, 0, 0]), labels)


def test_uint8_is_scaled():
    images = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    batches = batches_in_memory(images, None, 3, (0.0, 1.0), flip=None, seed=0, shuffle=False)
    np.testing.assert_allclose(batches[0].ravel(), [0, 0.2, 1], rtol=1e-6)
