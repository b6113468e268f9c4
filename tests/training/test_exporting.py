"""Files for programs without gankit compute what the networks compute, or are not written."""

import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import (
    IMAGE_SHAPE,
    LATENT_DIM,
    NUM_CLASSES,
    make_autoencoders,
    make_cycle_networks,
    make_dcgan_of_classes,
    make_enlarging_networks,
    make_gan,
    make_images,
    make_networks,
    make_networks_of_classes,
    make_networks_of_codes,
    make_networks_of_domains,
    make_networks_of_frames,
    make_plain_networks,
    make_residual_networks,
    make_translating_networks,
    make_volumetric_networks,
)

import gankit
from gankit import architectures
from gankit.training.exporting import FORMATS, draw_rows, export

LATENTS = np.random.default_rng(0).normal(size=(5, LATENT_DIM)).astype("float32")
CLASSES = np.arange(5, dtype="int32") % NUM_CLASSES


@pytest.fixture(scope="module")
def gan():
    """An ACGAN whose average is far from the generator."""
    gan = make_gan(make_networks_of_classes, variant=gankit.ACGAN, generator_ema=0.999)
    for weight in gan.generator.trainable_variables:
        weight.assign(3 * weight)
    return gan


def assert_images(images, gan):
    """Asserts that another program has made a batch of five images of the average."""
    expected = gan.generate(condition=CLASSES, latents=LATENTS)
    assert (
        np.abs(expected - gan.generate(condition=CLASSES, latents=LATENTS, ema=False)).max() > 0.1
    )
    np.testing.assert_allclose(images, expected, atol=1e-5)


def test_keras_runs_it(gan, tmp_path):
    assert gan.export(tmp_path / "a/generator.keras", "keras") < 1e-5
    with zipfile.ZipFile(tmp_path / "a/generator.keras") as file:
        assert b"gankit" not in file.read("config.json")
    network = keras.models.load_model(tmp_path / "a/generator.keras")
    assert_images(network.predict([LATENTS, CLASSES], verbose=0), gan)


def test_tensorflow_runs_it(gan, tmp_path):
    assert gan.export(tmp_path / "v1.0") < 1e-5
    served = tf.saved_model.load(tmp_path / "v1.0").signatures["serving_default"]
    (images,) = served(latents=tf.constant(LATENTS), condition=tf.constant(CLASSES)).values()
    assert_images(images, gan)


def test_onnxruntime_runs_it(gan, tmp_path):
    for package in ("onnx", "tf2onnx"):
        pytest.importorskip(package)
    onnxruntime = pytest.importorskip("onnxruntime")
    assert gan.export(tmp_path / "generator.onnx", "onnx") < 1e-5
    session = onnxruntime.InferenceSession(tmp_path / "generator.onnx")
    (images,) = session.run(None, {"latents": LATENTS, "condition": CLASSES})
    assert_images(images, gan)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
def test_tflite_runs_it(gan, tmp_path):
    assert gan.export(tmp_path / "generator.tflite", "tflite") < 1e-5
    runner = tf.lite.Interpreter(str(tmp_path / "generator.tflite")).get_signature_runner()
    (images,) = runner(latents=LATENTS, condition=CLASSES).values()
    assert_images(images, gan)


def test_weights_are_found_by_name(tmp_path):
    gan = make_gan(make_plain_networks)
    assert gan.export(tmp_path / "discriminator.npz", "npz", network="discriminator") < 1e-6
    with np.load(tmp_path / "discriminator.npz") as file:
        assert list(file)[-2:] == ["scores/kernel", "scores/bias"]
        kernel, bias, last_kernel, last_bias = file.values()
    hidden = (make_images(3).reshape(3, -1) @ kernel + bias).reshape(3, -1, 2).max(-1)
    scores = hidden @ last_kernel + last_bias
    np.testing.assert_allclose(scores[:, 0], gan.score(make_images(3)), atol=1e-5)


def test_networks_of_one_name_keep_all_weights(tmp_path):
    within = [keras.Sequential([keras.layers.Dense(4, name="dense")]) for _ in range(2)]
    network = keras.Sequential([keras.Input((4,)), *within])
    assert export(network, tmp_path / "a.npz", "npz") == 0
    with np.load(tmp_path / "a.npz") as file:
        assert len(file) == 4


def test_a_gan_trained_in_bfloat16_computes_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan = make_gan(make_networks_of_classes)
    assert gan.export(tmp_path / "generator.keras", "keras") < 1e-5
    assert keras.config.dtype_policy().name == "mixed_bfloat16"  # as before
    keras.config.set_dtype_policy("float32")
    network = keras.models.load_model(tmp_path / "generator.keras")
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}


def test_a_variants_other_network(tmp_path):
    gan = gankit.CycleGAN(*make_cycle_networks())
    gan.export(tmp_path / "inverse.npz", "npz", network="inverse_generator")
    with np.load(tmp_path / "inverse.npz") as file:
        np.testing.assert_array_equal(file[next(iter(file))], gan.inverse_generator.weights[0])


def test_the_check_draws_all_classes():
    generator, _ = make_networks_of_classes()
    rows = draw_rows(generator, 100)
    assert set(rows["condition"]) == set(range(NUM_CLASSES))
    assert rows["latents"].shape == (100, LATENT_DIM)


# What goes wrong


def raises(error):
    def fail(*_, **__):
        raise error

    return fail


def test_a_package_that_is_missing_is_named(gan, tmp_path, monkeypatch):
    monkeypatch.setattr("keras.Model.export", raises(ModuleNotFoundError("No module named 'onnx'")))
    with pytest.raises(ImportError, match=r"'onnx'.: pip install onnx tf2onnx onnxruntime"):
        gan.export(tmp_path / "generator.onnx", "onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_a_runtime_the_file_stays_unchecked(gan, tmp_path, monkeypatch):
    unchecked = FORMATS["npz"]._replace(load=raises(ImportError("onnxruntime")))
    monkeypatch.setitem(FORMATS, "npz", unchecked)
    assert gan.export(tmp_path / "generator.npz", "npz") is None
    assert (tmp_path / "generator.npz").exists()


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (lambda rows: [np.full((len(rows["latents"]), *IMAGE_SHAPE), np.nan)], "differ by nan"),
        (
            lambda rows: [np.zeros((len(rows["latents"]), *IMAGE_SHAPE))],
            "differ by 1 of the largest",
        ),
        (lambda rows: [np.zeros((len(rows["latents"]), 1))], "differ by inf"),
        (lambda rows: [np.zeros((1, len(rows["latents"])))], "does not run"),  # two batches
        (raises(RuntimeError("batch of 3\n" + 1000 * "x")), "does not run.*: batch of 3 x+ ...$"),
    ],
)
def test_a_file_that_computes_something_else_is_removed(
    outputs, message, gan, tmp_path, monkeypatch
):
    (tmp_path / "generator.npz").write_text("an older one")
    monkeypatch.setitem(FORMATS, "npz", FORMATS["npz"]._replace(load=lambda *_: outputs))
    with pytest.raises(gankit.ExportError, match=message):
        gan.export(tmp_path / "generator.npz", "npz")
    assert (tmp_path / "generator.npz").read_text() == "an older one"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_format_can_t_hold_is_named(tmp_path):
    inputs = keras.Input((4,), name="latents")
    network = keras.Model(inputs, keras.ops.erfinv(inputs), name="mine")
    with pytest.raises(gankit.ExportError, match=r"'mine' can't be written as tflite.*(?i:erfinv)"):
        export(network, tmp_path / "mine.tflite", "tflite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("a.onnx", "onxn"), ValueError, "format must be one of .*'onnx'"),
        (("a.onnx", "tflite"), ValueError, "tflite needs a name such as .*a.tflite, got .*a.onnx"),
        (("a", "onnx"), ValueError, "such as .*a.onnx, got .*a"),
        (("a.onnx",), ValueError, "savedmodel needs a name such as .*a, got"),
        (("there",), FileExistsError, "there is a folder that exists already"),
        (("a.npz", "npz", "critic"), ValueError, "network must be one of .*'discriminator'"),
    ],
)
def test_bad_calls(arguments, error, message, gan, tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(error, match=message):
        gan.export(tmp_path / arguments[0], *arguments[1:])
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


# Each architecture


def build(name, **options):
    """Returns what makes a generator and a discriminator of an architecture."""
    part = getattr(architectures, name)
    return lambda: (
        part.build_generator((8, 8, 1), LATENT_DIM, **options),
        part.build_discriminator((8, 8, 1), **options),
    )


NETWORKS = {
    "acgan": make_networks_of_classes,
    "autoencoder": make_autoencoders,
    "cyclegan": lambda: make_cycle_networks()[:2],
    "dcgan": make_networks,
    "dcgan of classes": make_dcgan_of_classes,
    "gan_3d": make_volumetric_networks,
    "infogan": make_networks_of_codes,
    "mlp": make_plain_networks,
    "next_frame": make_networks_of_frames,
    "pix2pix": make_translating_networks,
    "r3gan": build("r3gan", filters=4, blocks=1),
    "resize_convolution": build("resize_convolution", filters=4),
    "sngan": make_residual_networks,
    "srgan": lambda: (
        # Of grey images of any size, tf2onnx now and then writes a graph that the check refuses.
        architectures.srgan.build_generator(2, 3, filters=4, blocks=1),
        make_enlarging_networks()[1],
    ),
    "stargan": make_networks_of_domains,
    "tanh_upsampling": build("tanh_upsampling"),
    "unnormalized": build("unnormalized", filters=4),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("format", FORMATS)
def test_each_architecture_in_each_format(format, name, tmp_path):
    if format == "onnx":
        for package in ("onnx", "tf2onnx", "onnxruntime"):
            pytest.importorskip(package)
    generator = np.random.default_rng(0)
    for place, network in enumerate(NETWORKS[name]()):
        for weight in network.trainable_variables:  # none is at the zeros at which some begin
            weight.assign(weight + generator.normal(0, 0.05, weight.shape))
        path = tmp_path / f"{place}{FORMATS[format].ending}"
        assert export(network, path, format) < 1e-5
