"""Each example runs from its command line; on real data, where it is at hand, and little of it."""

import argparse
import contextlib
import csv
import functools
import importlib.util
import io
import json
import math
import re
import runpy
import sys
import tarfile
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    free_ports,
    make_dataset,
    make_gan,
    make_images,
    make_networks_of_classes,
    run_process,
    shared_data,
    write_idx,
)
from PIL import Image

import gankit

EXAMPLES = Path(__file__).parents[1] / "examples"


def tf_config(place):
    return {"TF_CONFIG": json.dumps(place)}


@pytest.fixture(autouse=True)
def beside_each_other(monkeypatch):
    """Lets an example import another one, as in a shell."""
    monkeypatch.syspath_prepend(EXAMPLES)


def find(script):
    if not EXAMPLES.exists():
        pytest.skip("not in a source tree")
    return EXAMPLES / script


def run(script, folder, *arguments):
    """Runs an example as its command line does, but in this process, which has TensorFlow loaded.

    Returns what it printed.
    """
    printed = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patched,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
    ):
        patched.setattr(sys, "argv", [script, *map(str, arguments)])
        runpy.run_path(str(find(script)), run_name="__main__")
    return printed.getvalue()


def extract(archive, number, folder):
    """Unpacks the first files of an archive of real images."""
    with tarfile.open(shared_data(archive)) as files:
        members = [member for member in files if member.isfile()][:number]
        files.extractall(folder, members, filter="data")
    return [Path(member.name) for member in members]


def size(path):
    with Image.open(path) as picture:
        return picture.size


def enlarged(width, height):
    """Returns the size in which ``save_grid`` writes a grid: at least 450 pixels long."""
    factor = math.ceil(450 / max(width, height))
    return factor * width, factor * height


EITHER_RECIPE = pytest.mark.parametrize("recipe", ["gankit", "write-up"])


def check_recipe(gan, recipe):
    """Raises unless a GAN of a write-up's networks is trained by ``recipe``."""
    new = recipe == "gankit"
    assert (gan.ema_generator is not None) == (gan.penalty is not None) == new
    assert (gan.generator_optimizer.get_config().get("beta_1") == 0) == new
    assert isinstance(gan.augment, gankit.augment.DiffAugment) == new


@EITHER_RECIPE
def test_keras_dcgan_trains_and_generates(tmp_path, recipe):
    digits, _ = gankit.data.sample_digits()
    (tmp_path / "photos").mkdir()
    for number in range(4):
        Image.fromarray(digits[number, :, :, 0]).save(tmp_path / "photos" / f"{number}.png")
    options = ["--batch_size", 2, "--folder", "out"]
    script, training = "keras_dcgan_mnist.py", ["--path", "photos", "--recipe", recipe]
    printed = run(script, tmp_path, "--mode", "train", "--epochs", 10, *training, *options)
    assert "batch 0 d_loss " in printed
    assert [path.name for path in (tmp_path / "out" / "samples").iterdir()] == ["step_000020.png"]
    check_recipe(gankit.load(tmp_path / "out" / "dcgan.keras"), recipe)
    run(script, tmp_path, "--mode", "generate", "--nice", *options)
    assert size(tmp_path / "out" / "generated.png") == enlarged(2 * 28 + 2, 28)


@pytest.mark.parametrize(
    "options",
    [["--recipe", "gankit"], ["--recipe", "write-up", "--two_updates"]],
    ids=["gankit", "write-up"],
)
def test_acgan(tmp_path, options):
    options = [*options, "--iterations", 10, "--folder", "out"]
    printed = run("acgan_mnist.py", tmp_path, *options)
    for name in ("discriminator_loss", "real_accuracy", "class_accuracy", "generator_loss"):
        assert f"{name}: " in printed
    assert size(tmp_path / "out" / "digits.png") == enlarged(298, 298)
    check_recipe(gankit.load(tmp_path / "out" / "acgan.keras"), options[1])
    assert (tmp_path / "out" / "samples" / "step_000010.png").exists()


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("acgan_mnist.py", ["--two_updates"]),
        ("celeba_faces.py", ["--path", "photos", "--one_pass"]),
    ],
)
def test_what_is_the_write_ups_alone(tmp_path, capsys, script, options):
    with pytest.raises(SystemExit):
        run(script, tmp_path, *options)
    assert f"{options[-1]} is the write-up's: add --recipe write-up" in capsys.readouterr().err


def load(script):
    """Returns an example as a module."""
    specification = importlib.util.spec_from_file_location(script, find(f"{script}.py"))
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("shift", "share"), [(0, 1.0), (1, 0.0)])
def test_agreement_of_a_classifier(shift, share):
    class Generator:
        def generate(self, condition, seed):
            return np.eye(10)[(condition + shift) % 10]  # images that are their own logits

    as_it_is = keras.Sequential([keras.Input((10,)), keras.layers.Activation("linear")])
    assert load("acgan_mnist").Agreement(as_it_is, 30).measure(Generator()) == share


def test_two_updates_are_on_real_and_then_on_fake():
    generator, discriminator = make_networks_of_classes()
    by_hand = keras.models.clone_model(discriminator)
    by_hand.set_weights(discriminator.get_weights())
    gan = load("acgan_mnist").TwoUpdatesACGAN(generator, discriminator)
    gan.compile(discriminator_optimizer=keras.optimizers.SGD(0.1))
    labels = np.array([0, 1, 2, 0])
    real, fake = gankit.Batch(make_images(4), labels), gankit.Batch(make_images(4, seed=1), labels)
    for network in (discriminator, by_hand):
        for layer in network.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0
    with gan.step(training=True):
        gan.train_discriminator(real, fake)

    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    class_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(0.1)
    for batch, target in ((real, 1.0), (fake, 0.0)):
        with tf.GradientTape() as tape:
            scores, classes = by_hand(batch.images, training=True)
            cost = entropy(np.full((4, 1), target), scores) + class_entropy(labels, classes)
        variables = by_hand.trainable_variables
        optimizer.apply(tape.gradient(cost, variables), variables)
    for one, other in zip(discriminator.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_frogs_above_frogs(tmp_path):
    gan, real = make_gan(), make_images(5)
    rows = load("dcgan_frogs").FrogRows(tmp_path, real, every=2)
    gan.fit(make_dataset(32), verbose=0, callbacks=[rows])
    with Image.open(tmp_path / "step_000004.png") as picture:
        assert picture.size == enlarged(5 * 10 - 2, 2 * 10 - 2)
        lower = np.asarray(picture.resize((5 * 10 - 2, 2 * 10 - 2), 0))[10:, :8, None]
    np.testing.assert_array_equal(lower, gankit.make_grid(real[:1]))


def test_digit_classifier(tmp_path):
    images, labels = gankit.data.sample_digits()
    for prefix in ("train", "t10k"):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte", images[:256, :, :, 0])
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte", labels[:256].astype("uint8"))
    printed = run("digit_classifier.py", tmp_path, "--mnist", ".", "--epochs", 1)
    assert "78234 parameters, accuracy on the test set 0." in printed
    assert (tmp_path / "digit_classifier.keras").stat().st_size < 500_000


def test_compare_losses_tunes_and_continues_with_what_is_missing(tmp_path, monkeypatch):
    study, trained = load("compare_losses"), []

    def train(digits, **run):
        trained.append(run)
        return run

    def judge(run, real, extractor):
        fid = 10 * len(run["loss"]) + run["seed"] + 1e5 * abs(run["learning_rate"] - 1e-3)
        fid = np.nan if run["loss"] == "wasserstein" else fid
        return {"fid": fid, "kid": 0.0, "precision": 0.0, "recall": 0.0}

    monkeypatch.setattr(study, "train", train)
    monkeypatch.setattr(study, "judge", judge)
    study.main(tmp_path, study.BUDGETS["small"])
    assert len(trained) == 6 * 2 * (3 + 3)  # losses, penalties, rates and new seeds
    table = (tmp_path / "table.md").read_text().splitlines()
    assert len(table) == 2 + 6 * 2
    assert "| hinge | none | 0.001 | 52.0 | 51.0 | 53.0 | 3 | 0 |" in table[2:4]
    assert all(line.endswith("| nan | nan | nan | 3 | 3 |") for line in table[-2:])
    assert size(tmp_path / "fid.png") == (800, 400)
    rows = (tmp_path / "runs.csv").read_text().splitlines()
    (tmp_path / "runs.csv").write_text("\n".join([*rows[:71], ""]))
    study.main(tmp_path, study.BUDGETS["small"])
    assert len(trained) == 72 + 2
    assert (tmp_path / "runs.csv").read_text().splitlines() == rows
    assert (tmp_path / "table.md").read_text().splitlines() == table


def test_a_run_of_compare_losses(monkeypatch):
    digits, _ = gankit.data.sample_digits()
    study = load("compare_losses")
    monkeypatch.setattr(study, "NUM_IMAGES", 600)
    gan = study.train(digits, "hinge", "R1", 1e-3, seed=0, seconds=0)
    assert gan.generator_optimizer.iterations == 1
    assert gan.penalty.weight == 0.1
    extractor = gankit.metrics.extractors.digits()
    real = gankit.metrics.extract(digits[:1000], extractor, verbose=0)
    values = study.judge(gan, real, extractor)
    assert list(values) == ["fid", "kid", "precision", "recall"]
    assert np.isfinite([*values.values()]).all()
    average = gan.ema_generator
    average.set_weights([weight * np.nan for weight in average.get_weights()])
    assert np.isnan([*study.judge(gan, real, extractor).values()]).all()


def test_variants_on_digits(tmp_path, monkeypatch):
    example = load("variants_mnist")
    monkeypatch.setattr(example, "NUM_IMAGES", 600)
    for name in ("wgan", "cgan"):
        example.main(name, minutes=0, seed=0, mnist=False, folder=tmp_path)
        assert size(tmp_path / f"{name}.png") == enlarged(298, 298)
    with (tmp_path / "variants.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == ["wgan", "cgan"]
    assert [bool(row["class_accuracy"]) for row in rows] == [False, True]
    assert all(float(row["fid"]) > 0 for row in rows)
    gan = keras.models.load_model(tmp_path / "wgan.keras")
    assert gan.generator_optimizer.iterations == int(rows[0]["steps"])


def test_few_labels(tmp_path, monkeypatch):
    example = load("few_labels")
    monkeypatch.setattr(example, "EPOCHS_ALONE", 1)
    digits, labels = gankit.data.sample_digits()
    part = slice(3000, 5000)
    monkeypatch.setattr(example, "load_data", lambda _: [(digits[part], labels[part])] * 2)
    monkeypatch.setattr(example, "EPOCHS", 2)
    example.main(mnist=False, steps=2, mixed=False, seed=0, folder=tmp_path)
    assert size(tmp_path / "few_labels.png") == enlarged(298, 298)
    assert gankit.load(tmp_path / "few_labels.keras").num_classes == 10


def test_one_of_six_images_has_a_label():
    example = load("few_labels")
    images, labels = make_images(100, (28, 28, 1)), np.arange(100) % 10
    dataset = example.make_dataset(images, labels, np.arange(10), seed=0)
    ((_, shown),) = dataset.take(1)
    assert 10 <= (np.array(shown) >= 0).sum() <= 20  # 20 of 120


@pytest.mark.parametrize("variant", ["reacgan", "biggan"])
def test_compare_classes(tmp_path, monkeypatch, variant):
    example = load("compare_classes")
    smaller = {"SHAPE": (8, 8, 3), "FILTERS": 2, "FILTERS_BIGGAN": 2, "BATCH_SIZE": 10}
    for name, value in (smaller | {"NUM_EACH": 5}).items():
        monkeypatch.setattr(example, name, value)
    for label in range(10):
        save_photos(tmp_path / "photos" / str(label), 5, (8, 8))
    images = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(images)
    keras.Model(images, [x, keras.layers.Dense(10, "softmax")(x)]).save(tmp_path / "judge.keras")
    example.main(variant, tmp_path / "photos", 0, False, tmp_path / "judge.keras", 0, tmp_path)
    assert size(tmp_path / f"{variant}.png") == enlarged(10 * 10 - 2, 8 * 10 - 2)
    row = json.loads((tmp_path / f"{variant}.json").read_text())
    assert row["steps"] == 1
    assert 0 <= row["right"] <= 1
    assert row["fid"] > 0


def test_all_variants_are_built():
    example = load("variants_mnist")
    for name, options in example.VARIANTS.items():
        gan = example.make(**options)
        assert gan.generator.output_shape == (None, *example.SHAPE)
        assert len(gan.generator.inputs) == 1 + (name in example.CONDITIONAL)


def test_infogan_on_digits(tmp_path, monkeypatch):
    example = load("infogan_mnist")
    monkeypatch.setattr(example, "NUM_IMAGES", 600)
    digits, labels = gankit.data.sample_digits()
    monkeypatch.setattr(gankit.data, "sample_digits", lambda: (digits[:64], labels[:64]))
    example.main(mnist=False, epochs=1, mixed=False, seed=0, folder=tmp_path)
    for name in ("categories.png", "code_0.png", "code_1.png"):
        assert size(tmp_path / name) == enlarged(298, 298)


def test_an_autoencoder_on_digits(tmp_path, monkeypatch):
    example = load("encoders")
    monkeypatch.setattr(example, "NUM_IMAGES", 600)
    example.main("aae", minutes=0, seed=0, mnist=False, folder=tmp_path)
    assert size(tmp_path / "aae_samples.png") == enlarged(298, 298)
    assert size(tmp_path / "reconstructed.png") == enlarged(16 * 30 - 2, 2 * 30 - 2)
    assert size(tmp_path / "aae_map.png") == enlarged(560, 560)
    assert (tmp_path / "aae_codes.png").exists()
    with (tmp_path / "encoders.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert 0 <= float(row["kept"]) <= 1
    assert float(row["fid"]) > 0
    for make in example.VARIANTS.values():
        assert make(seed=0).encoder.input_shape == (None, *example.SHAPE)


def test_sounds(tmp_path, monkeypatch):
    example = load("sounds")
    for name, number in (("NUM_HITS", 32), ("NUM_JUDGED", 100), ("FILTERS", 2)):
        monkeypatch.setattr(example, name, number)
    example.main(minutes=0, seed=0, folder=tmp_path)
    for name in ("real", "generated"):
        with wave.open(str(tmp_path / f"{name}.wav")) as file:
            assert (file.getframerate(), file.getnframes()) == (8000, 24 * 4096)
    for name in ("waveforms", "spectrograms"):
        assert (tmp_path / f"{name}.png").exists()
    hits = example.make_hits(50, seed=0)
    assert np.abs(hits).max() < 1
    np.testing.assert_array_equal(hits, example.make_hits(50, seed=0))


def test_a_pyramid_on_digits(tmp_path, monkeypatch):
    example = load("lapgan")
    monkeypatch.setattr(example, "NUM_IMAGES", 600)
    monkeypatch.setattr(example, "NUM_LEVELS", 2)
    digits, labels = gankit.data.sample_digits()
    monkeypatch.setattr(gankit.data, "sample_digits", lambda: (digits[:600], labels[:600]))
    example.main(frogs=None, mnist=False, epochs=1, folder=tmp_path)
    assert size(tmp_path / "levels.png") == enlarged(298, 58)
    assert len(gankit.LAPGAN.load(tmp_path).gans) == 2


def save_photos(folder, number, shape):
    folder.mkdir(parents=True)
    for index in range(number):
        pixels = np.random.default_rng(index).integers(0, 256, (*shape, 3)).astype("uint8")
        Image.fromarray(pixels).save(folder / f"{index:02d}.png")


def test_srcnn(tmp_path):
    save_photos(tmp_path / "photos", 2, (50, 60))
    options = ["--photos", "photos", "--test", "photos", "--steps", 2, "--folder", "out"]
    printed = run("srcnn.py", tmp_path, *options)
    assert "dB interpolated" in printed.splitlines()[-1]
    assert size(tmp_path / "out" / "srcnn.png") == enlarged(3 * 62 - 2, 2 * 50 - 2)


def test_srgan(tmp_path, monkeypatch):
    example = load("srgan")
    for name, value in {"PATCH_SIZE": 32, "FILTERS": 4, "BLOCKS": 1, "BATCH_SIZE": 4}.items():
        monkeypatch.setattr(example, name, value)
    save_photos(tmp_path / "photos", 2, (40, 36))
    example.main(tmp_path / "photos", tmp_path / "photos", 2, tmp_path / "out")
    assert size(tmp_path / "out" / "srgan.png") == enlarged(4 * 38 - 2, 2 * 42 - 2)
    gan = gankit.load(tmp_path / "out" / "srgan.keras")
    assert gan.features.output_shape[1:3] == (8, 8)


def test_facades(tmp_path, monkeypatch):
    example = load("facades")
    for name, value in {"FILTERS": 4, "BATCH_SIZE": 2}.items():
        monkeypatch.setattr(example, name, value)
    save_photos(tmp_path / "pairs", 12, (32, 64))
    example.main(tmp_path / "pairs", 32, 2, tmp_path / "out")
    width, height = size(tmp_path / "out" / "facades.png")
    assert height % (3 * 34 - 2) == 0
    assert max(width, height) >= 450
    assert len(list((tmp_path / "out" / "samples").iterdir())) == 2
    losses = (tmp_path / "out" / "losses.csv").read_text()
    assert "val_generator_l1" in losses.splitlines()[0]


@pytest.mark.parametrize("real", [False, True])
def test_chairs(tmp_path, monkeypatch, real):
    example = load("chairs")
    for name, value in {"FILTERS": 2, "NUM_JUDGED": 16, "FRAMES": 2}.items():
        monkeypatch.setattr(example, name, value)
    if not real:
        monkeypatch.setattr(example, "thicken_digits", lambda: np.ones((40, 8, 8, 8), bool))
    path = shared_data("voxels/chair30_rot1.npz") if real else None
    example.main(path, minutes=0, folder=tmp_path)
    assert size(tmp_path / "shapes.png") == enlarged(8 * 130 - 2, 3 * 130 - 2)
    with Image.open(tmp_path / "turning.gif") as film:
        assert film.n_frames == 2
    gan = gankit.load(tmp_path / "chairs.keras")
    assert gan.generator.output_shape == (None, *([32] * 3 if real else [8] * 3), 1)


def test_chairs_are_padded_and_digits_stand_upright(tmp_path):
    example = load("chairs")
    shapes = np.zeros((3, 1, 6, 6, 6), "uint8")
    shapes[:2] = 1
    np.savez(tmp_path / "shapes.npz", shapes)
    padded = example.load(tmp_path / "shapes.npz")
    assert padded.shape == (2, 8, 8, 8)  # without the empty one
    assert padded[0].sum() == 216
    digits = example.thicken_digits()
    assert digits.shape == (5000, 16, 16, 16)
    flat = gankit.data.sample_digits()[0][0, ::2, ::2, 0] > 127
    np.testing.assert_array_equal(digits[0, 8, 1:15, 1:15].T[::-1], flat)


def test_moving_digits(tmp_path, monkeypatch):
    example = load("moving_digits")
    small = {"SHAPE": (32, 32, 1), "FILTERS": 4, "BATCH_SIZE": 2, "NUM_TEST_FILMS": 4, "FRAMES": 3}
    for name, value in small.items():
        monkeypatch.setattr(example, name, value)
    for name in ("build_generator", "build_discriminator"):
        build = getattr(example.next_frame, name)
        monkeypatch.setattr(example.next_frame, name, functools.partial(build, scales=1))
    moving_digits = gankit.data.moving_digits
    monkeypatch.setattr(
        gankit.data,
        "moving_digits",
        lambda digits, **options: moving_digits(digits, **options, image_size=(32, 32)),
    )
    example.main(mnist=False, minutes=0, folder=tmp_path)
    with Image.open(tmp_path / "films.gif") as film:
        assert film.size == (4 * 34 - 2, 4 * 34 - 2)  # true, and three networks
        assert film.n_frames == 4 + 3
    assert gankit.load(tmp_path / "next_frame_2.keras").adversarial_weight == 0.05


def test_drawing(tmp_path, monkeypatch):
    example = load("drawing")
    for name, value in {"NUM_IMAGES": 8, "STEPS": 2, "NUM_PAIRS": 64, "FRAMES_BETWEEN": 2}.items():
        monkeypatch.setattr(example, name, value)
    make_gan().save(tmp_path / "gan.keras")
    example.main(tmp_path / "gan.keras", tmp_path)
    assert size(tmp_path / "projection.png") == enlarged(8 * 10 - 2, 2 * 10 - 2)
    assert size(tmp_path / "edits.png") == enlarged(8 * 10 - 2, 3 * 10 - 2)
    with Image.open(tmp_path / "interpolation.gif") as film:
        assert film.n_frames == 8 * 2


def test_embedded_digits(tmp_path, monkeypatch, capsys):
    example = load("embedded_digits")
    for name, value in {"FILTERS": 4, "LATENT_DIM": 4, "NUM_IMAGES": 600}.items():
        monkeypatch.setattr(example, name, value)
    gan = gankit.recipes.small((28, 28, 1), 10, filters=4, latent_dim=4)
    average = example.keep_average(gan)
    example.save_in_half_precision(average, tmp_path / "half.keras")
    average.save(tmp_path / "whole.keras")
    assert (tmp_path / "half.keras").stat().st_size < (tmp_path / "whole.keras").stat().st_size / 2
    loaded = gankit.load(tmp_path / "half.keras")
    for half, whole in zip(loaded.variables, average.variables, strict=True):
        assert half.dtype == whole.dtype
        np.testing.assert_allclose(half, whole, rtol=2**-11, atol=1e-7)
    few = [part[:640] for part in gankit.data.sample_digits()]
    monkeypatch.setattr(example.data, "sample_digits", lambda: few)
    example.main(mnist=False, epochs=1, seed=0, out=tmp_path / "out" / "digits.keras")
    assert "class_accuracy" in capsys.readouterr().out
    assert gankit.load(tmp_path / "out" / "digits.keras").generate(condition=[3]).shape[1] == 28
    monkeypatch.setattr(example, "LARGEST_FILE", 1000)
    with pytest.raises(SystemExit, match="larger than 1000 bytes: take fewer FILTERS"):
        example.main(mnist=False, epochs=1, seed=0, out=tmp_path / "digits.keras")


@pytest.mark.parametrize("recipe", ["modern", "dcgan"])
def test_stacked_digits(tmp_path, recipe):
    options = ["--recipe", recipe, "--steps", 1, "--num", 64, "--folder", "out"]
    printed = run("stacked_digits.py", tmp_path, *options)
    assert re.search(rf"{recipe}: \d+ of 1000 modes, reverse KL \d", printed)
    assert size(tmp_path / "out" / f"{recipe}.png") == enlarged(8 * 30 - 2, 8 * 30 - 2)
    assert (tmp_path / "out" / f"{recipe}.keras").exists()


def test_compare_recipes(tmp_path):
    save_photos(tmp_path / "photos", 70, (16, 16))  # more than the extractor has features
    options = ["--images", "photos", "--path", "photos", "--size", 16, "--num", 70]
    options += ["--minutes", 0, "--folder", "out", "--recipes", "recipes.small", "keras.io"]
    run("compare_recipes.py", tmp_path, *options)
    again = run("compare_recipes.py", tmp_path, *options)  # all is there: only the table
    rows = [line.split(" | ") for line in again.splitlines() if line.startswith("| ")]
    assert {row[0] for row in rows[1:]} == {"| recipes.small", "| keras.io"}
    assert [row[-1] for row in rows[1:]] == ["1 |", "1 |"]  # a step each
    assert size(tmp_path / "out" / "keras.io_0.png") == enlarged(8 * 18 - 2, 8 * 18 - 2)


def test_few_images(tmp_path, monkeypatch):
    save_photos(tmp_path / "photos", 30, (32, 32))
    images = keras.Input((32, 32, 3))
    extractor = keras.Model(images, keras.layers.GlobalAveragePooling2D()(images))
    extractor.save(tmp_path / "colours.keras")
    example = load("few_images")
    monkeypatch.setattr(example, "FILTERS", 2)
    monkeypatch.setattr(example, "BATCH_SIZE", 5)
    options = {"path": tmp_path / "photos", "extractor": str(tmp_path / "colours.keras")}
    options |= {"method": "lecam", "num": 10, "held_out": 20, "minutes": 0, "mixed": False}
    example.main(argparse.Namespace(**options, folder=tmp_path / "out"))
    rows = list(csv.DictReader((tmp_path / "out" / "few_images.csv").open()))
    assert [int(row["steps"]) for row in rows] == [1, 2, 3, 4, 5]  # a look after each
    assert all(np.isfinite(float(row["kid"])) for row in rows)
    assert size(tmp_path / "out" / "lecam.png") == enlarged(5 * 34 - 2, 4 * 34 - 2)


@pytest.mark.parametrize("recipe", ["stylegan2", "modern"])
def test_stylegan2_faces(tmp_path, recipe):
    save_photos(tmp_path / "photos", 64, (8, 8))
    images = x = keras.Input((8, 8, 3))
    extractor = keras.Model(images, keras.layers.Dense(4)(keras.layers.Flatten()(x)))
    extractor.save(tmp_path / "extractor.keras")
    options = ["--path", "photos", "--extractor", "extractor.keras", "--recipe", recipe]
    options += ["--size", 8, "--filters", 1, "--minutes", 0, "--folder", "out"]
    run("stylegan2_faces.py", tmp_path, *options)
    out = tmp_path / "out"
    assert len((out / "kid.csv").read_text().splitlines()) == 4
    assert size(out / f"{recipe}_4.png") == enlarged(8 * 10 - 2, 4 * 10 - 2)
    assert type(gankit.load(out / f"{recipe}.keras")).__name__ in ("StyleGAN2", "GAN")
    if recipe == "stylegan2":
        assert size(out / "mixing.png") == enlarged(8 * 10 - 2 + 4, 5 * 10 - 2)
        assert size(out / "truncation.png") == enlarged(8 * 10 - 2, 5 * 10 - 2)
        assert size(out / "directions.png") == enlarged(8 * 10 - 2, 4 * 10 - 2)


@pytest.mark.parametrize(
    ("variant", "rows"),
    [pytest.param("stargan", 16, marks=pytest.mark.slow), ("cyclegan", 4)],
)
def test_domains_of_digits(tmp_path, monkeypatch, variant, rows):
    example = load("digit_domains")
    monkeypatch.setattr(example, "NUM_TEST", 20)
    monkeypatch.setattr(example, "NETWORKS", {"filters": 4, "blocks": 0})
    monkeypatch.setattr(example, "DISCRIMINATOR", {"filters": 4, "halvings": 2})
    monkeypatch.setattr(example, "HALVINGS_OF_STARGAN", 2)
    digits, labels = gankit.data.sample_digits()
    monkeypatch.setattr(gankit.data, "sample_digits", lambda: (digits[:400], labels[:400]))
    example.main(variant, mnist=False, minutes=0, mixed=False, folder=tmp_path)
    assert size(tmp_path / f"{variant}.png") == enlarged(8 * 30 - 2, rows * 30 - 2)
    assert (tmp_path / f"{variant}.keras").exists()


def test_domains_differ_as_they_say():
    example = load("digit_domains")
    square = np.zeros((1, 28, 28, 1), "uint8")
    square[:, 10:15, 10:15] = 200
    white, red, inverted, outline = (example.make_domain(square, domain) for domain in range(4))
    np.testing.assert_array_equal(white[0, 12, 12], [200, 200, 200])
    np.testing.assert_array_equal(red[0, 12, 12], [200, 40, 40])
    np.testing.assert_array_equal(inverted[0, 12, 12], [55, 55, 55])
    assert outline[0, 12, 12, 0] == 0
    assert (outline[0, 10, 10:15] == 200).all()


@pytest.mark.slow
def test_two_machines(tmp_path):
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    options = ["--epochs", 1, "--folder", tmp_path / "run"]
    with ThreadPoolExecutor() as pool:
        runs = []
        for index in range(2):
            place = {"cluster": cluster, "task": {"type": "worker", "index": index}}
            command = [find("distributed.py"), *options]
            runs.append(pool.submit(run_process, command, tmp_path, 300, **tf_config(place)))
        printed = [one.result() for one in runs]
    assert all("2 replicas" in text for text in printed)
    assert [path.name for path in (tmp_path / "run" / "samples").iterdir()] == ["epoch_0001.png"]
    (checkpoint,) = (tmp_path / "run" / "checkpoints").glob("*.keras")
    assert gankit.load(checkpoint).epochs_completed.numpy() == 1


def test_all_devices_of_a_machine(tmp_path):
    options = ["--epochs", 0, "--folder", tmp_path / "run"]
    printed = run_process([find("distributed.py"), *options], tmp_path)
    assert "1 replicas" in printed


@EITHER_RECIPE
def test_frogs(tmp_path, monkeypatch, recipe):
    for name in ("build_generator", "build_discriminator"):
        build = getattr(gankit.architectures.unnormalized, name)
        small = functools.partial(build, filters=4)
        monkeypatch.setattr(gankit.architectures.unnormalized, name, small)
    images, classes = make_images(130, (32, 32, 3)), np.repeat([[6], [3]], 65, axis=0)
    np.savez(tmp_path / "cifar10.npz", x_train=images / 2 + 0.5, y_train=classes)
    options = ["--recipe", recipe, "--iterations", 1, "--value_range", 0, 1, "--folder", "out"]
    run("dcgan_frogs.py", tmp_path, "--path", "cifar10.npz", *options)
    assert size(tmp_path / "out" / "frogs.png") == enlarged(270, 270)
    check_recipe(gankit.load(tmp_path / "out" / "frogs.keras"), recipe)


def test_better_samples(tmp_path):
    make_gan(
        lambda: (
            gankit.architectures.dcgan.build_generator((28, 28, 1), 4, 2),
            gankit.architectures.dcgan.build_discriminator((28, 28, 1), 2),
        )
    ).save(tmp_path / "gan.keras")
    printed = run("better_samples.py", tmp_path, "gan.keras", "--train", 3600, "--steps", 1)
    assert len(re.findall(r"^\| .+ \|$", printed, re.MULTILINE)) == 5
    assert (tmp_path / "better" / "Langevin.png").exists()


def test_rows_of_a_table(tmp_path):
    pytest.importorskip("sklearn")
    pandas = pytest.importorskip("pandas")
    printed = run("table.py", tmp_path, "--table", "iris", "--steps", 2)
    table = pandas.read_csv(tmp_path / "table" / "table.csv")
    assert len(table) == 112
    assert set(table.target) <= {0, 1, 2}
    assert "correlations, mean difference" in printed
    assert (tmp_path / "table" / "table.png").exists()
    assert len(gankit.load(tmp_path / "table" / "table.keras").generate_table(3)) == 3


@pytest.mark.parametrize("path", ["cifar", "cifar.npz"])
def test_cifar10_goes_on_where_it_stopped(tmp_path, path):
    images = np.random.default_rng(0).integers(0, 256, (80, 32, 32, 3), np.uint8)
    labels = np.arange(80) // 40
    np.savez(tmp_path / "cifar.npz", x_train=images, y_train=labels[:, None])
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (tmp_path / "cifar" / f"class_{label}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "cifar" / f"class_{label}" / f"{number}.png")
    for minutes, done in ((0, 1), (1, 2)):
        options = ["--steps", 2, "--minutes", minutes, "--folder", "out"]
        run("cifar10.py", tmp_path, "--path", path, *options)
        assert gankit.load(tmp_path / "out" / "cifar10.keras").steps_completed == done
    assert size(tmp_path / "out" / "cifar10.png") == enlarged(10 * 34 - 2, 8 * 34 - 2)


def test_few_photos(tmp_path):
    extract("dogs/dogs_jpg_2000.tar", 20, tmp_path / "photos")
    options = ["--num", 4, "--minutes", 0, "--samples", 20, "--folder", "out"]
    printed = run("few_photos.py", tmp_path, "--path", "photos", *options)
    assert "fastgan, 4 photos: 1 steps, KID x 1000" in printed
    assert gankit.load(tmp_path / "out" / "fastgan_4.keras").steps_completed == 1
    assert size(tmp_path / "out" / "fastgan_4_nearest.png") == enlarged(592, 130)


def test_progressive(tmp_path):
    extract("faces/aligned_faces_3000_jpg.tar", 32, tmp_path / "photos")
    options = ["--sizes", 8, 16, "--epochs", 1, "--filters", 2, "--folder", "out"]
    printed = run("progressive.py", tmp_path, "--path", "photos", *options)
    assert "Grown to (16, 16) pixels" in printed
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"8.keras", "16.keras", "samples_8", "samples_16", "growth.png"} <= written
    again = run("progressive.py", tmp_path, "--path", "photos", *options)
    assert "Grown" not in again


def test_progressive_shrinks_digits():
    example = load("progressive")
    digit = np.zeros((1, 28, 28, 1), np.uint8)
    digit[0, 2:6, 2:4] = 200  # with the margin from 4 to 8 and from 4 to 6
    shrunk = example.shrink(digit, 8)
    assert shrunk.shape == (1, 8, 8, 1)
    assert shrunk[0, 1, 1, 0] == 200 * 8 // 16
    assert shrunk.sum() == shrunk[0, 1, 1, 0]


@EITHER_RECIPE
def test_dogs(tmp_path, recipe):
    extract("dogs/dogs_jpg_2000.tar", 4, tmp_path / "photos")
    options = ["--batch_size", 2, "--minutes", 0, "--recipe", recipe, "--folder", "out"]
    run("dogs.py", tmp_path, "--path", "photos", *options)
    assert size(tmp_path / "out" / "dogs.png") == enlarged(526, 526)
    assert (tmp_path / "out" / "samples" / "epoch_0001.png").exists()
    gan = gankit.load(tmp_path / "out" / "dogs.keras")
    assert gan.steps_completed == 1
    check_recipe(gan, recipe)


@EITHER_RECIPE
def test_either_pair_of_faces_networks(recipe):
    example = load("celeba_faces")
    for size in (64, 96):
        gan = example.build_gan(recipe, size, num_images=3000)
        assert gan.generator.output_shape == gan.discriminator.input_shape == (None, size, size, 3)
        check_recipe(gan, recipe)


@pytest.mark.parametrize(
    "options", [[], ["--recipe", "write-up", "--one_pass"]], ids=["gankit", "write-up"]
)
def test_faces_with_attributes(tmp_path, options):
    files = extract("faces/aligned_faces_3000_jpg.tar", 3, tmp_path / "photos")
    rows = [f"{file.name} {-1 if file is files[0] else 1}" for file in files]
    (tmp_path / "table.txt").write_text("\n".join(["3", "Smiling", *rows]))
    options = [*options, "--batch_size", 2, "--epochs", 1, "--folder", "out"]
    options += ["--path", "photos", "--table", "table.txt", "--keep=Smiling"]
    run("celeba_faces.py", tmp_path, "--networks", 96, *options)
    assert size(tmp_path / "out" / "faces.png") == enlarged(586, 586)
