"""What holds on every backend of Keras, and needs no TensorFlow: run it with KERAS_BACKEND set."""

import re
from pathlib import Path

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
    run_process,
    run_python,
)

import gankit
from gankit import data, metrics
from gankit.augment import ADA
from gankit.data import stored
from gankit.data.ahead import ReadAhead
from gankit.data.arrays import source_of_arrays
from gankit.data.batches import Batches
from gankit.data.epochs import get_epochs, set_epoch
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


@pytest.mark.parametrize("made", ["in memory", "somebody's own"])
def test_stopped_in_mid_epoch_equals_not_stopped(made, tmp_path):
    make = make_dataset if made == "in memory" else lambda **_: data.from_dataset(OwnBatches())
    contract.stopped_in_mid_epoch_equals_not_stopped(
        lambda **_: make_gan("dropout"), make, tmp_path
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
def test_photos_are_read_without_tensorflow(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for number in range(4):
        image.fromarray(np.full((9, 12, 3), 50 * number, "uint8")).save(tmp_path / f"{number}.png")
    dataset = data.from_directory(tmp_path, image_size=(4, 4), batch_size=2)
    images = np.concatenate(list(dataset))
    assert images.shape == (4, 4, 4, 3)
    assert sorted(np.round((images[:, 0, 0, 0] + 1) * 127.5)) == [0, 50, 100, 150]
    small = dataset.map(lambda images: data.resize_bicubic(keras.ops.array(images), (2, 2)))
    assert [batch.shape for batch in small] == [(2, 2, 2, 3)] * 2


@OTHER
def test_the_command_line_without_tensorflow(tmp_path):
    image = pytest.importorskip("PIL.Image")
    digits, _ = data.sample_digits()
    for number, digit in enumerate(digits[:30]):
        image.fromarray(digit[..., 0]).save(tmp_path / f"{number}.png")
    options = ["--real", ".", "--num", "30", "--extractor", "digits", "--metrics", "kid"]
    printed = run_process(["-m", "gankit", "evaluate", "digits", *options], tmp_path)
    assert "30 real images, 30 generated ones" in printed


# Batches for backends that don't train from tf.data.


def make_batches(seed=0, number=10, **options):
    images = np.arange(number, dtype="float32").reshape(-1, 1, 1, 1) * np.ones((1, 2, 1), "f")
    images[:, 0, 1] = -images[:, 0, 1]
    chosen = {"seed": seed, "shuffle": True} | options
    return Batches.of(source_of_arrays(images, np.arange(number), 3, (-1.0, 1.0), **chosen))


def labels_of(batches):
    return np.concatenate([labels for _, labels in batches]).tolist()


def test_each_epoch_has_its_own_order():
    batches = make_batches()
    epochs = [labels_of(batches) for _ in range(3)]
    assert all(len(set(epoch)) == 9 for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    set_epoch(batches, 1)
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
    with pytest.raises(ValueError, match="no end"):
        metrics.extract(endless, metrics.extractors.digits())


def test_take_and_map():
    batches = make_batches(shuffle=False)
    assert len(batches) == 3
    taken = batches.take(2).map(lambda images, labels: (images, -labels))
    assert labels_of(taken) == [0, -1, -2, -3, -4, -5]
    assert get_epochs(batches) == [1]  # a pass over a part is one over the data
    assert len(batches.take(9)) == 3


def test_half_of_the_images_are_mirrored_and_keep_their_labels():
    batches = make_batches(flip="horizontal", shuffle=False)
    mirrored = [images[:, 0, 0, 0] < 0 for images, _ in (*batches, *batches, *batches, *batches)]
    assert 0.2 < np.mean(mirrored) < 0.8
    for images, labels in batches:
        np.testing.assert_array_equal(np.abs(images[:, 0, 0, 0]), labels)


class FirstLabels(keras.callbacks.Callback):
    """Collects from the mean loss of an epoch so far what each batch has added to it."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            set_epoch(self.batches, 0)  # as a GAN does: Keras may have looked at the data
        self.total = 0.0

    def on_train_batch_end(self, batch, logs=None):
        total = logs["loss"] * (batch + 1)
        self.seen.append(round(total - self.total))
        self.total = total


def first_labels_of_fit(batches, **options):
    """Returns the first label of each batch that Keras trains on."""
    model = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.SGD(0.0), lambda true, predicted: true + 0 * predicted)
    labelled = batches.map(lambda images, labels: (images, np.full((3, 1), labels[0], "f")))
    found = FirstLabels(labelled)
    model.fit(labelled, shuffle=False, verbose=0, callbacks=[found], **options)  # as a GAN does
    return found.seen


@OTHER  # TensorFlow would read ahead of what callbacks see, and trains from tf.data anyway
def test_fit_sees_the_epochs_in_turn():
    batches = make_batches()
    expected = [labels[0] for _ in range(4) for _, labels in batches]
    assert first_labels_of_fit(make_batches(), epochs=4) == expected
    endless = make_batches().repeat()
    assert first_labels_of_fit(endless, epochs=6, steps_per_epoch=2) == expected


def test_zip_goes_on_until_one_ends():
    short, long = make_batches(number=7), make_batches(number=20, seed=1)
    together = data.zip_datasets(short.map(lambda images, labels: labels), long)
    assert len(together) == 2
    for epoch in range(2):
        alone = [make_batches(number=7), make_batches(number=20, seed=1)]
        for part in alone:
            set_epoch(part, epoch)
        for (one, (images, other)), (_, left), (_, right) in zip(together, *alone, strict=False):
            np.testing.assert_array_equal([one, other], [left, right])
            np.testing.assert_array_equal(np.abs(images[:, 0, 0, 0]), right)
    assert get_epochs(together) == [2, 2]


def test_a_pass_over_parts_without_end_moves_on_by_all_that_it_began():
    short, long = make_batches(number=7), make_batches(number=20, seed=1)  # 2 batches and 6
    together = Batches.zip(short.repeat(), long)
    assert len(together) == 6
    list(together)
    assert get_epochs(together) == [3, 1]
    together.on_epoch_end()
    assert get_epochs(together) == [6, 2]
    some = short.repeat().take(3)
    list(some)
    assert get_epochs(some) == [8]
    assert Batches.zip(short.repeat(), long.repeat()).num_batches is None


def test_errors_come_with_their_batch():
    def fail_on_5(images, labels):
        if 5 in labels:
            raise ValueError("5 is there")
        return images

    batches = iter(make_batches(shuffle=False).map(fail_on_5))
    assert next(batches).shape == (3, 1, 2, 1)
    with pytest.raises(ValueError, match="5 is there"):
        next(batches)


def test_batches_are_read_once_and_ahead():
    read = []

    def remember(key):
        read.append(key)
        return key

    ahead = ReadAhead(remember)
    assert [ahead((n,), [(n + 1,), (n + 2,)]) for n in range(4)] == [0, 1, 2, 3]
    assert ahead((9,), []) == 9  # what is not needed any more is forgotten
    assert sorted(read) in ([0, 1, 2, 3, 4, 5, 9], [0, 1, 2, 3, 4, 9], [0, 1, 2, 3, 9])


def test_uint8_is_scaled():
    images = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    source = source_of_arrays(images, None, 3, (0.0, 1.0), seed=0, shuffle=False)
    np.testing.assert_allclose(Batches.of(source)[0].ravel(), [0, 0.2, 1], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("chain", [lambda x: x, lambda x: x.repeat(), lambda x: x.take(2)])
def test_a_gpu_cuts_the_same_batches_from_data_that_it_holds(dtype, chain, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (20, 5, 4, 3)).astype(dtype)
    images = images if dtype == "uint8" else images / np.float32(255)
    source = source_of_arrays(
        images, np.arange(20), 6, (-1.0, 1.0), flip="horizontal", seed=3, shuffle=True
    )
    on_cpu = chain(Batches.of(source))
    monkeypatch.setattr(stored, "holds_data", lambda: True)
    on_gpu = chain(Batches.of(source))
    for _ in range(2):
        for index in range(2):
            made = on_gpu[index]
            assert all(map(keras.ops.is_tensor, made))
            for one, other in zip(on_cpu[index], made, strict=True):
                np.testing.assert_array_equal(one, keras.ops.convert_to_numpy(other))
        on_cpu.on_epoch_end(), on_gpu.on_epoch_end()
    assert isinstance(next(iter(on_gpu))[0], np.ndarray)  # what a script sees


@OTHER
def test_fit_takes_batches_from_a_gpu(monkeypatch):
    source = source_of_arrays(
        make_images(40), LABELS, 10, (-1.0, 1.0), flip="horizontal", seed=0, shuffle=True
    )
    trained = []
    for on_gpu in (False, True):
        monkeypatch.setattr(stored, "holds_data", lambda on_gpu=on_gpu: on_gpu)
        keras.utils.set_random_seed(0)
        gan = make_gan("batch normalization")
        gan.fit(Batches.of(source), epochs=2, verbose=0)
        trained.append(gan.generator.get_weights())
    for one, other in zip(*trained, strict=True):
        np.testing.assert_array_equal(one, other)


class OwnBatches(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(10 * index, 10 * index + 10)
        return make_images(40)[rows], LABELS[rows]


def yield_batches():
    while True:
        yield from (OwnBatches()[index] for index in range(4))


def make_loader(images=None):
    torch_data = pytest.importorskip("torch.utils.data")
    images = make_images(40) if images is None else images
    return torch_data.DataLoader(list(zip(images, LABELS, strict=True)), batch_size=10)


def make_tf_dataset():
    tensorflow = pytest.importorskip("tensorflow")
    return tensorflow.data.Dataset.from_tensor_slices((make_images(40), LABELS)).batch(10)


DATA = {
    "arrays": lambda: (make_images(40), LABELS, 10),
    "a PyDataset": lambda: (OwnBatches(),),
    "a generator": lambda: (yield_batches(),),
    "a DataLoader": lambda: (make_loader(),),
    "tf.data": lambda: (make_tf_dataset(),),
}


@pytest.mark.parametrize("kind", DATA)
def test_fit_takes_whatever_keras_takes(kind):
    gan = make_gan("batch normalization")
    history = gan.fit(*DATA[kind](), epochs=2, steps_per_epoch=4, shuffle=False, verbose=0)
    assert np.isfinite(history.history["generator_loss"]).all()
    assert int(keras.ops.convert_to_numpy(gan.steps_completed)) == 8


def test_a_loader_of_images_with_the_channels_first():
    gan = make_gan("batch normalization")
    with pytest.raises(ValueError, match="Move the channels to the end"):
        gan.fit(make_loader(np.moveaxis(make_images(40), -1, 1)), verbose=0)


def test_a_loader_that_shuffles_can_be_resumed(tmp_path, recwarn):
    torch_data = pytest.importorskip("torch.utils.data")
    for epochs in (1, 2):
        loader = torch_data.DataLoader(make_images(40), batch_size=10, shuffle=True)
        gan = make_gan("two steps")
        gan.fit(
            loader,
            epochs=epochs,
            verbose=0,
            callbacks=[gankit.callbacks.Checkpoint(tmp_path / "run")],
        )
        assert gan.position.steps == 4 * epochs
    assert not [one for one in recwarn.list if "script has changed" in str(one.message)]


def test_weights_of_a_torch_module_fit_once_their_axes_are_moved():
    torch = pytest.importorskip("torch")
    nn, layers = torch.nn, keras.layers
    module = nn.Sequential(
        nn.ConvTranspose2d(5, 8, 4, 1, 0, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 4, 2, 1),
        nn.Conv2d(3, 4, 4, 2, 1),
        nn.Flatten(),
        nn.Linear(64, 2),
    )
    module(torch.randn(8, 5, 1, 1))  # gives the batch normalization some statistics
    network = keras.Sequential(
        [
            keras.Input((1, 1, 5)),
            layers.Conv2DTranspose(8, 4, use_bias=False),
            layers.BatchNormalization(epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2DTranspose(3, 4, 2, "same"),
            layers.Conv2D(4, 4, 2, "same"),
            layers.Permute((3, 1, 2)),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    page = (Path(__file__).parents[1] / "docs" / "coming_from.md").read_text()
    (code,) = re.findall(r"```python\n(def copy_weights.*?)```", page, re.DOTALL)
    names = {}
    exec(code, names)
    state = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    names["copy_weights"](state, network)
    latents = torch.randn(2, 5, 1, 1)
    expected = module.eval()(latents).detach().numpy()
    found = keras.ops.convert_to_numpy(network(latents.numpy().transpose(0, 2, 3, 1)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


TWO_DEVICES = """
import sys, keras, numpy as np
from helpers import make_gan, make_images, make_plain_networks
devices = keras.distribution.list_devices()
if len(devices) > 1:
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
keras.utils.set_random_seed(0)
rate = {f"{side}_optimizer": keras.optimizers.SGD(0.1) for side in ("generator", "discriminator")}
gan = make_gan(make_plain_networks, rate)
gan.fit(make_images(32), batch_size=16, epochs=2, shuffle=False, verbose=0)
np.savez(sys.argv[1], *gan.get_weights())
print(len(devices))
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX splits arrays over devices")
def test_two_devices_equal_one(tmp_path, monkeypatch):
    trained = []
    for number in ("1", "2"):
        monkeypatch.setenv("XLA_FLAGS", f"--xla_force_host_platform_device_count={number}")
        assert run_python(TWO_DEVICES, tmp_path, f"{number}.npz").strip() == number
        with np.load(tmp_path / f"{number}.npz") as file:
            trained.append([file[name] for name in file])
    for one, other in zip(*trained, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


KEPT = """
import sys, jax
from gankit import differentiation
differentiation.keep_compiled(sys.argv[1])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.jit(lambda x: x + 1)(1.0)
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX compiles for long")
def test_compiled_steps_are_kept(tmp_path, monkeypatch):
    run_python(KEPT, tmp_path, "kept")
    assert any((tmp_path / "kept").iterdir())
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "own"))
    run_python(KEPT, tmp_path, "unused")
    assert any((tmp_path / "own").iterdir())
    assert not (tmp_path / "unused").exists()
