"""MNIST's own files: small ones written here, and the real ones where they are at hand."""

import gzip

import keras
import numpy as np
import pytest
from helpers import shared_data, write_idx

from gankit import data

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype="uint8")
LABELS = np.array([7, 2, 1], "uint8")


def write(folder, images=IMAGES, labels=LABELS, prefix="train"):
    write_idx(folder / f"{prefix}-labels-idx1-ubyte", labels)
    path = folder / f"{prefix}-images-idx3-ubyte"
    write_idx(path, images)
    path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def flip_a_byte(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def test_reads_files_compressed_or_not(tmp_path):
    write(tmp_path)
    write(tmp_path, IMAGES[:2], LABELS[:2], prefix="t10k")
    images, labels = data.load_mnist(tmp_path)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(images, IMAGES[..., None])
    np.testing.assert_array_equal(labels, LABELS)
    images[0] = 0  # can be written to
    assert len(data.load_mnist(tmp_path, "test")[0]) == 2


def test_keras_downloads_it_where_there_is_no_folder(monkeypatch):
    of_keras = ((IMAGES, LABELS), (IMAGES[:1], LABELS[:1]))
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: of_keras)
    assert data.load_mnist()[0].shape == (3, 28, 28, 1)
    assert data.load_mnist(split="test")[1].tolist() == [7]


def test_the_real_files_begin_with_the_embedded_digits():
    images, labels = data.load_mnist(shared_data("mnist"))
    assert images.shape == (60_000, 28, 28, 1)
    np.testing.assert_array_equal(images[:100], data.sample_digits()[0][:100])
    assert np.bincount(labels)[:3].tolist() == [5923, 6742, 5958]
    assert data.load_mnist(shared_data("mnist"), "test")[0].shape == (10_000, 28, 28, 1)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(ValueError, match="There is no train-images-idx3-ubyte"):
        data.load_mnist(tmp_path)
    write(tmp_path, labels=LABELS[:2])
    with pytest.raises(ValueError, match="3 images beside 2 labels"):
        data.load_mnist(tmp_path)
    with pytest.raises(ValueError, match="split must be one of"):
        data.load_mnist(tmp_path, "validation")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: gzip.compress(content)[:1000], "ubyte.gz can't be read.*Fetch it again"),
        (lambda content: b"garbage", "can't be read"),
        (lambda content: flip_a_byte(gzip.compress(content)), "can't be read"),
        (lambda content: gzip.compress(content[:-1]), r"2351 values for an array of \[3, 28, 28\]"),
        (lambda content: gzip.compress(content[:9]), "does not begin as an idx file"),
        (lambda content: gzip.compress(b"\0" + content), "idx file of uint8 with 3 axes"),
    ],
)
def test_damaged_files_are_named(tmp_path, damage, message):
    write(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(gzip.decompress(path.read_bytes())))
    with pytest.raises(ValueError, match=message):
        data.load_mnist(tmp_path)
