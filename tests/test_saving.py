"""Files that are damaged, cut short, or something else, and disks that fail while writing."""

import errno
import io
import json
import os
import random
import shutil
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from helpers import all_state, make_dataset, make_gan, make_plain_networks, run_python, values

import gankit
from gankit import data, files, metrics, saving
from gankit.callbacks import Checkpoint
from gankit.callbacks.checkpoint_folder import LOCK
from gankit.callbacks.lock import Lock


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The file of a small GAN that has been trained a little."""
    gan = make_gan(make_plain_networks, {"generator_optimizer": "sgd"})
    gan.fit(make_dataset(), verbose=0)
    path = tmp_path_factory.mktemp("gan") / "gan.keras"
    gan.save(path)
    return path


def test_loads_what_keras_loads(whole):
    one, other = gankit.load(whole), keras.models.load_model(whole)
    np.testing.assert_array_equal(one.generate(2, seed=0), other.generate(2, seed=0))
    assert one.compiled
    assert not gankit.load(whole, compile=False).compiled


# The model inside the package


def test_the_embedded_digits_are_those_that_one_asks_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gan = gankit.load("digits")
    asked = np.arange(200) % 10
    images = gan.generate(condition=asked, seed=0)
    assert images.shape == (200, 28, 28, 1)
    found = metrics.extract(images, metrics.extractors.digits(), verbose=0).classes
    assert metrics.class_accuracy(found, asked) > 0.9
    best = gan.generate_best(10, out_of=20, condition=np.arange(10), seed=0)
    assert gan.score(best, np.arange(10)).shape == (10,)


def test_the_embedded_digits_can_be_trained_on():
    gan = gankit.load("digits")
    gan.compile()
    images, labels = data.sample_digits()
    before = values(gan.generator)
    gan.train_on_batch(*next(iter(data.from_arrays(images, labels, batch_size=8))))
    for old, new in zip(before, values(gan.generator), strict=True):
        assert new.dtype == np.float32
        assert (old != new).any()


def test_the_embedded_model_is_small():
    assert (saving.MODELS / "digits.keras").stat().st_size <= 600_000


def test_a_file_comes_before_a_model_of_its_name(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(whole, "digits")
    assert saving.find_file("digits") == Path("digits")
    Path("digits").unlink()
    Path("digits").mkdir()  # a folder without checkpoints is not meant
    assert saving.find_file("digits") == saving.MODELS / "digits.keras"
    assert saving.find_file("run/digits") == Path("run/digits")


@pytest.fixture
def run(tmp_path):
    """The folder of a run, which left a checkpoint of each of two epochs."""
    gan = make_gan(make_plain_networks)
    gan.fit(make_dataset(8), epochs=2, verbose=0, callbacks=[Checkpoint(tmp_path / "run")])
    return tmp_path / "run"


def test_the_newest_checkpoint_of_a_folder_is_loaded(run):
    lock = Lock(run / LOCK)
    lock.acquire()  # as while the run trains
    assert gankit.load(run).position.epoch == 2
    lock.release()
    cut(run / "epoch_00002_step_0000000.keras")
    with pytest.warns(UserWarning, match=r"epoch_00002.*damaged.*epoch_00001.* before it is taken"):
        assert gankit.load(run).position.epoch == 1
    cut(run / "epoch_00001_step_0000000.keras")
    with pytest.raises(ValueError, match=r"All 2 checkpoints in .*run are damaged"):
        gankit.load(run)


def test_a_folder_without_checkpoints(run):
    (run / "checkpoints.json").unlink()
    with pytest.raises(ValueError, match=r"checkpoints\.json is lost"):
        gankit.load(run)
    with pytest.raises(ValueError, match="There is no checkpoint in"):
        gankit.load(run.parent)


def test_a_run_of_the_shell_is_loaded_by_its_folder(run, whole):
    shell = run.parent / "shell"
    shell.mkdir()
    run.rename(shell / "checkpoints")
    shutil.copy(whole, shell / "model.keras")
    assert saving.find_file(shell).name == "epoch_00002_step_0000000.keras"
    shutil.rmtree(shell / "checkpoints")  # as where one shares no more than the model
    assert saving.find_file(shell) == shell / "model.keras"


def test_a_model_that_is_not_there():
    message = r"no file 'digts'.*which has \['digits'\].*Did you mean 'digits'\?"
    with pytest.raises(ValueError, match=message):
        gankit.load("digts")
    with pytest.raises(ValueError, match=r"which has \['digits'\].*one of these names\.$"):
        gankit.load("horses")


# Damaged files


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)


def write_another_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "nothing")


def write_plain_model(path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: path.unlink(), "There is no file"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"garbage" * 100), r"is no \.keras file"),
        (cut, "is cut short or damaged"),
        (flip, r"is (cut short or )?damaged"),
        (write_another_archive, r"is an archive, but no \.keras file: it lacks \['config.json'"),
        (write_plain_model, "holds no GAN, but Sequential.*keras.models.load_model loads it"),
    ],
)
def test_says_what_is_wrong(whole, tmp_path, harm, message):
    path = tmp_path / "gan.keras"
    shutil.copy(whole, path)
    harm(path)
    with pytest.raises(ValueError, match=message):
        gankit.load(path)


def rewrite(whole, path, change=None, **members):
    """Writes a file with another configuration, or other members, and right checksums."""
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = members.get(name, old.read(name))
            if change and name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config)
            new.writestr(name, content)


def layer(config):
    """Returns a dense layer's configuration out of a GAN's."""
    layers = config["config"]["generator"]["config"]["layers"]
    return next(one for one in layers if one["class_name"] == "Dense")


def function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: config.clear(), r"config\.json lacks \['class_name', 'config'\]"),
        (lambda config: config.update(config=None), r"missing .* 'generator'.*in config\.json\.\)"),
        (lambda config: config.update(config=[]), r"to be a dict.*\(That is in config\.json\.\)"),
        (lambda config: config.update(build_config=[9], registered_name="x"), "Could not locate"),
        (lambda config: config["config"].update(generator=5), "must be a functional or sequential"),
        (lambda config: config["config"].update(seed="x"), r"seed must be .*in config\.json\.\)"),
        (lambda config: config.update(compile_config=[1]), r"mapping.*in config\.json\.\)"),
        (
            lambda config: layer(config).pop("config"),
            r"lacks 'config'.*in config\.json\.config\.generator\.config\.layers\[1\]\.",
        ),
        (lambda config: layer(config)["config"].update(units=-3), r"units=-3.*layers\[1\]\."),
        (
            lambda config: layer(config)["config"].update(units=10**9),
            r"'dense(_\d+)?' has weights of the shape \(4, 1000000000\), which are not in the file",
        ),
        (
            lambda config: config["config"].update(augment=json.loads("[" * 150 + "]" * 150)),
            r"config\.json can't be read: it is nested more than 100 levels deep",
        ),
        (
            lambda config: layer(config)["config"].update(activation=function("os", "system")),
            r"Could not locate function 'system'.*layers\[1\]\.config\.activation\.",
        ),
        (
            lambda config: layer(config)["config"].update(
                activation=function("keras.utils", "get_file")
            ),
            r"get_file.*not a modeling function",
        ),
    ],
)
def test_the_place_of_a_fault_is_named(change, message, whole, tmp_path):
    rewrite(whole, tmp_path / "gan.keras", change)
    add_weight = keras.Layer.add_weight
    with pytest.raises(ValueError, match=rf"gan\.keras is (intact|damaged).*{message}"):
        gankit.load(tmp_path / "gan.keras")
    assert keras.Layer.add_weight is add_weight


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "null", "1e999", "", "{", '{"a": ' * 5000])
def test_json_that_is_no_configuration(text, whole, tmp_path):
    for name in ("config.json", "metadata.json"):
        rewrite(whole, tmp_path / "gan.keras", **{name: text})
        with pytest.raises(ValueError, match=rf"gan\.keras is damaged: its {name} can't be read: "):
            gankit.load(tmp_path / "gan.keras")


def unfold():
    """Returns weights of 3 GB, of which none is written."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("vars/0", (750_000_000,), "float32", chunks=(1000,))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"model.weights.h5": bytes(10**8)}, "would unfold to 1.* more than 20 times as many"),
        (
            {"config.json": b" " * 10_000_001},
            r"config\.json can't be read: it has 10,000,001 bytes",
        ),
        ({"model.weights.h5": unfold()}, r"h5 can't be read: its .* would unfold to 3,000,000,000"),
        ({"model.weights.h5": b"no weights"}, r"h5 can't be read: .*file signature not found"),
    ],
)
def test_what_would_fill_the_memory_is_not_unfolded(members, message, whole, tmp_path):
    rewrite(whole, tmp_path / "gan.keras", **members)
    with pytest.raises(ValueError, match=rf"gan\.keras .*{message}"):
        gankit.load(tmp_path / "gan.keras")


def test_runs_no_code_out_of_a_file(tmp_path):
    marker = tmp_path / "run"
    name = str(marker)
    generator, discriminator = make_plain_networks()
    evil = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])  # noqa: PTH123
    outputs = evil(generator.output)
    gan = gankit.GAN(keras.Model(generator.inputs, outputs), discriminator)
    gan.save(tmp_path / "gan.keras")
    marker.unlink(missing_ok=True)
    with pytest.raises(ValueError, match="deserialization of a Python lambda"):
        gankit.load(tmp_path / "gan.keras")
    assert not marker.exists()


def test_a_class_that_is_not_known(whole, tmp_path):
    class Unknown(gankit.GAN):
        pass

    gan = Unknown(*make_plain_networks())
    gan.save(tmp_path / "gan.keras")
    del Unknown
    with pytest.raises(ValueError, match=r"is intact, but can't be loaded: .*Unknown"):
        gankit.load(tmp_path / "gan.keras")


def test_a_file_of_a_newer_gankit(whole, tmp_path):
    def write(version, change):
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "gan.keras", "w") as new:
            for name in old.namelist():
                contents = old.read(name)
                if name == "config.json":
                    config = json.loads(contents)
                    assert config["build_config"] == {"gankit_version": gankit.__version__}
                    config["build_config"]["gankit_version"] = version
                    config["config"] |= change
                    contents = json.dumps(config)
                new.writestr(name, contents)
        return tmp_path / "gan.keras"

    gankit.load(write("99.0.0", {}))  # nothing new in it
    newer = r"written by gankit 99\.10\.0, and this is gankit .*pip install --upgrade .*magic"
    with pytest.raises(ValueError, match=newer):
        gankit.load(write("99.10.0", {"magic": 1}))
    with pytest.raises(ValueError, match=r"can't be loaded: (?!it was written)"):
        gankit.load(write("0.0.1", {"magic": 1}))


def fuzz(whole, folder, number):
    """Changes a file again and again; returns how often loading failed, and how often it did not.

    What loads must be what was saved, and what fails must fail with the one error.
    """
    expected = all_state(gankit.load(whole))
    contents, generator = whole.read_bytes(), random.Random(0)
    path, outcomes = folder / "gan.keras", {"failed": 0, "loaded": 0}
    for _ in range(number):
        changed = bytearray(contents)
        if generator.random() < 0.2:
            del changed[generator.randrange(len(changed)) :]
        for _ in range(generator.choice([1, 1, 8])):
            if changed:
                changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
        path.write_bytes(changed)
        try:
            loaded = gankit.load(path)
        except ValueError:
            outcomes["failed"] += 1
            continue
        outcomes["loaded"] += 1
        state = all_state(loaded)
        assert state.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(state[name], value)
        keras.backend.clear_session()
    return outcomes


def test_changed_bytes_fail_or_load_exactly(whole, tmp_path):
    assert fuzz(whole, tmp_path, 60)["failed"] > 50


@pytest.mark.slow
def test_a_thousand_changed_files(whole, tmp_path):
    outcomes = fuzz(whole, tmp_path, 1000)
    print(outcomes)
    assert outcomes["failed"] > 900


# Keras alone

LOAD_WITHOUT_GANKIT = """
import sys, numpy as np, keras
network = keras.models.load_model("plain.keras")
with np.load("inputs.npz") as file:
    inputs = [file[name] for name in file]
np.save("outputs.npy", network.predict(inputs if inputs[1:] else inputs[0], verbose=0))
assert "gankit" not in sys.modules
"""


@pytest.mark.parametrize("part", ["generator", "discriminator"])
def test_keras_alone_loads_a_copy(part, tmp_path):
    # Upsampling convolutions in the one, spectral normalization in the other.
    build = getattr(gankit.architectures.sngan, f"build_{part}")
    network = build((8, 8, 1), filters=4, num_classes=3)
    generator = np.random.default_rng(0)
    inputs = [
        generator.integers(0, 3, 2)
        if tensor.name == "condition"
        else generator.normal(size=(2, *tensor.shape[1:])).astype("float32")
        for tensor in network.inputs
    ]
    np.savez(tmp_path / "inputs.npz", *inputs)
    inputs = inputs if inputs[1:] else inputs[0]
    for _ in range(3):
        network(inputs, training=True)  # batch statistics and power iterations move
    expected = network.predict(inputs, verbose=0)
    gankit.to_keras(network).save(tmp_path / "plain.keras")
    run_python(LOAD_WITHOUT_GANKIT, tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "outputs.npy"), expected, rtol=1e-4, atol=1e-5)


# Disks that fail

STEPS = [("open", os), ("fsync", os), ("replace", os), ("writestr", zipfile.ZipFile)]


def fail(number, error=errno.ENOSPC):
    """Returns a function that wraps others, so that their ``number``-th call fails."""
    calls = [0]

    def wrap(function):
        def counted(*arguments, **options):
            calls[0] += 1
            if calls[0] == number:
                raise OSError(error, os.strerror(error))
            return function(*arguments, **options)

        return counted

    return wrap, calls


def test_no_failure_of_the_disk_loses_what_was_there(whole, tmp_path, monkeypatch):
    def train(gan, folder, epochs):
        checkpoint = Checkpoint(folder, keep=1)
        gan.fit(make_dataset(), epochs=epochs, verbose=0, callbacks=[checkpoint])

    train(gankit.load(whole), tmp_path / "first", epochs=1)
    (before,) = (tmp_path / "first").glob("*.keras")
    calls, number, failures = [0], 0, 0
    while calls[0] >= number:  # until a run has fewer calls than the one that is to fail
        number += 1
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "first", folder)
        gan = gankit.load(whole)
        with monkeypatch.context() as patched:
            wrap, calls = fail(number)
            for name, place in STEPS:
                patched.setattr(place, name, wrap(getattr(place, name)))
            try:
                train(gan, folder, epochs=2)
            except OSError:
                assert (folder / before.name).read_bytes() == before.read_bytes()
                failures += 1
            else:  # what failed was tried in another way, or nothing failed any more
                assert len(list(folder.glob("*.keras"))) == 1
        for path in folder.glob("*.keras"):
            gankit.load(path)  # whatever is there is whole
    assert failures > 5
    assert [path.name for path in folder.glob("*.keras")] == ["epoch_00003_step_0000000.keras"]
    assert not list(folder.glob(".*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder(whole, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o500)
    with pytest.raises(OSError, match="Permission denied"):
        gankit.load(whole).fit(make_dataset(), verbose=0, callbacks=[Checkpoint(folder)])


FILL_THE_DISK = """
import resource, sys, gankit
from gankit.callbacks import Checkpoint
from gankit.callbacks.checkpoint_folder import LOCK
from gankit.callbacks.lock import Lock
from helpers import make_dataset
gan = gankit.load("gan.keras")
def fit(epochs):
    gan.fit(make_dataset(), epochs=epochs, verbose=0, callbacks=[Checkpoint("run")])
fit(1)
gan = gankit.load("gan.keras")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # as if no more than that were free
try:
    fit(2)
except OSError as error:
    print("ERROR", error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no sizes of files")
def test_a_full_disk(whole, tmp_path):
    shutil.copy(whole, tmp_path / "gan.keras")
    message = run_python(FILL_THE_DISK, tmp_path).split("ERROR")[1]
    (before,) = (tmp_path / "run").glob("*.keras")
    gankit.load(before)
    assert "epoch_00003_step_0000000.keras" in message
    assert f"The newest intact checkpoint is {Path('run', before.name)}" in message
    assert "File too large" in message


def test_writes_the_whole_or_nothing(tmp_path):
    path = tmp_path / "a.txt"
    files.write_whole(path, lambda file: file.write_text("old"))

    def fail_halfway(file):
        file.write_text("ne")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        files.write_whole(path, fail_halfway)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_save_that_fails_leaves_the_file_that_was_there(whole, tmp_path, monkeypatch):
    path = tmp_path / "gan.keras"
    shutil.copy(whole, path)
    gan = gankit.load(path)

    def fail(store):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gan, "save_own_variables", fail)
    with pytest.raises(OSError, match="No space"):
        gan.save(path)
    assert path.read_bytes() == whole.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["gan.keras"]


@pytest.mark.skipif(os.name == "nt", reason="Windows lets few make links")
def test_a_save_follows_links(whole, tmp_path):
    (tmp_path / "newest.keras").symlink_to(tmp_path / "gan.keras")
    gankit.load(whole).save(tmp_path / "newest.keras")
    assert (tmp_path / "newest.keras").is_symlink()
    assert gankit.load(tmp_path / "gan.keras").compiled
