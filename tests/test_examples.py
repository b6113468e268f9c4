"""Each example runs from its command line; on real data, where it is at hand, and little of it."""

import importlib.util
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import run_process, shared_data, write_idx
from PIL import Image

import gankit

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(script, folder, *arguments):
    if not EXAMPLES.exists():
        pytest.skip("not in a source tree")
    # A faster convolution, which TensorFlow does not choose by itself on every processor.
    environment = {"TF_ENABLE_ONEDNN_OPTS": "1"}
    return run_process([EXAMPLES / script, *arguments], folder, timeout=300, **environment)


def extract(archive, number, folder):
    """Unpacks the first files of an archive of real images."""
    with tarfile.open(shared_data(archive)) as files:
        members = [member for member in files if member.isfile()][:number]
        files.extractall(folder, members, filter="data")
    return [Path(member.name) for member in members]


def size(path):
    with Image.open(path) as picture:
        return picture.size


def test_keras_dcgan_trains_and_generates(tmp_path):
    digits, _ = gankit.data.sample_digits()
    (tmp_path / "photos").mkdir()
    for number in range(4):
        Image.fromarray(digits[number, :, :, 0]).save(tmp_path / "photos" / f"{number}.png")
    options = ["--batch_size", 2, "--folder", "out"]
    script = "keras_dcgan_mnist.py"
    printed = run(script, tmp_path, "--mode", "train", "--path", "photos", "--epochs", 10, *options)
    assert "batch 0 d_loss 0." in printed
    assert [path.name for path in (tmp_path / "out" / "samples").iterdir()] == ["step_000020.png"]
    gan = keras.models.load_model(tmp_path / "out" / "dcgan.keras")
    assert gan.optimizer.iterations == 20
    for mode in ([], ["--nice"]):
        run(script, tmp_path, "--mode", "generate", *options, *mode)
        assert size(tmp_path / "out" / "generated.png") == (2 * 28 + 2, 28)
        (tmp_path / "out" / "generated.png").unlink()


@pytest.mark.parametrize("mode", [[], ["--two_updates"]], ids=["one update", "two updates"])
def test_acgan(tmp_path, mode):
    printed = run("acgan_mnist.py", tmp_path, "--iterations", 2, "--folder", "out", *mode)
    for name in ("discriminator_loss", "real_accuracy", "class_accuracy", "generator_loss"):
        assert f"{name}: " in printed
    assert size(tmp_path / "out" / "digits.png") == (298, 298)
    assert (tmp_path / "out" / "acgan.keras").exists()


@pytest.fixture(scope="module")
def acgan_example():
    if not EXAMPLES.exists():
        pytest.skip("not in a source tree")
    specification = importlib.util.spec_from_file_location("acgan", EXAMPLES / "acgan_mnist.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("shift", "share"), [(0, 1.0), (1, 0.0)])
def test_agreement_of_a_classifier(acgan_example, shift, share):
    class Generator:
        def generate(self, condition, seed):
            return np.eye(10)[(condition + shift) % 10]  # images that are their own logits

    as_it_is = keras.Sequential([keras.Input((10,)), keras.layers.Activation("linear")])
    assert acgan_example.Agreement(as_it_is, 30).measure(Generator()) == share


def test_two_updates_by_hand(acgan_example):
    gan = acgan_example.build_gan(two_updates=True)
    images, labels = gankit.data.sample_digits()
    gan.run_eagerly = True
    real = gankit.Batch(keras.ops.cast(images[:4], "float32") / 127.5 - 1, labels[:4])
    fake = gan.generate_batch(real)
    before = [np.array(variable) for variable in gan.discriminator.trainable_variables]
    gan.train_discriminator(real, fake)
    assert gan.discriminator_optimizer.iterations == 2
    changed = zip(before, gan.discriminator.trainable_variables, strict=True)
    assert all(not np.array_equal(old, new) for old, new in changed)
    # Untrained, the mean of both batches' costs is near ln 2 for the score and ln 10 for the class.
    logs = gan.averages.result()
    np.testing.assert_allclose(logs["discriminator_adversarial"], np.log(2), atol=0.2)
    np.testing.assert_allclose(logs["discriminator_class"], np.log(10), atol=0.6)


def test_digit_classifier(tmp_path):
    images, labels = gankit.data.sample_digits()
    for prefix in ("train", "t10k"):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte", images[:256, :, :, 0])
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte", labels[:256].astype("uint8"))
    printed = run("digit_classifier.py", tmp_path, "--mnist", ".", "--epochs", 1)
    assert "78234 parameters, accuracy on the test set 0." in printed
    assert (tmp_path / "digit_classifier.keras").stat().st_size < 500_000


def test_frogs(tmp_path):
    frogs = shared_data("cifar10/cifar10_frogs.npz")
    options = ["--iterations", 1, "--value_range", 0, 1, "--folder", "out"]
    run("dcgan_frogs.py", tmp_path, "--path", frogs, *options)
    assert size(tmp_path / "out" / "frogs.png") == (270, 270)


def test_dogs(tmp_path):
    extract("dogs/dogs_jpg_2000.tar", 4, tmp_path / "photos")
    options = ["--batch_size", 2, "--epochs", 1, "--folder", "out"]
    run("dogs.py", tmp_path, "--path", "photos", *options)
    assert size(tmp_path / "out" / "dogs.png") == (526, 526)
    assert (tmp_path / "out" / "samples" / "epoch_0001.png").exists()


def test_faces_with_attributes(tmp_path):
    files = extract("faces/aligned_faces_3000_jpg.tar", 5, tmp_path / "photos")
    rows = [f"{file.name} {-1 if file is files[0] else 1}" for file in files]
    (tmp_path / "list_attr_celeba.txt").write_text("\n".join(["5", "Smiling", *rows]))
    options = ["--batch_size", 4, "--epochs", 1, "--one_pass", "--folder", "out"]
    run(
        "celeba_faces.py",
        tmp_path,
        *["--path", "photos", "--networks", 96, "--keep=Smiling", *options],
    )
    assert size(tmp_path / "out" / "faces.png") == (586, 586)
