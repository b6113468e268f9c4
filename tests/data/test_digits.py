import gzip
from pathlib import Path

import numpy as np
from helpers import shared_data

import gankit
from gankit import data


def test_sample_digits():
    images, labels = data.sample_digits()
    assert (images.shape, images.dtype) == ((5000, 28, 28, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((5000,), np.int32)
    np.testing.assert_array_equal(np.bincount(labels), [500] * 10)
    assert images.min() == 0
    assert images.max() == 255


def test_the_file_is_small():
    file = Path(gankit.data.__file__).with_name("sample_digits.npz")
    assert file.stat().st_size < 1_000_000


def test_they_are_the_first_500_of_each_class_of_mnist():
    def read(name, offset):
        path = shared_data("mnist") / name
        return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=offset)

    all_images = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    all_labels = read("train-labels-idx1-ubyte.gz", 8)
    first = [np.flatnonzero(all_labels == digit)[:500] for digit in range(10)]
    kept = np.sort(np.concatenate(first))
    images, labels = data.sample_digits()
    np.testing.assert_array_equal(images, all_images[kept])
    np.testing.assert_array_equal(labels, all_labels[kept])
