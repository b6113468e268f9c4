"""A real data set of TensorFlow Datasets, prepared on disk by the test, without a network."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_shapes import TinyShapes

from gankit import data
from gankit.data.epochs import set_epoch


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    TinyShapes(data_dir=folder).download_and_prepare()
    return folder


def load(data_dir, split="train", **options):
    options = {"batch_size": 4, "shuffle": False} | options
    return data.from_tfds("tiny_shapes", split, data_dir=data_dir, download=False, **options)


def numbers(batch):
    return np.round((batch[:, 0, 0, 0].numpy() + 1) * 12.75).astype(int).tolist()


def test_images(data_dir):
    dataset = load(data_dir)
    assert dataset.element_spec == tf.TensorSpec((4, 8, 8, 1), tf.float32)
    assert len(dataset) == 3
    assert [numbers(batch) for batch in dataset] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert next(iter(dataset)).dtype == tf.float32


def test_labels_classes_and_splits(data_dir):
    images, labels = next(iter(load(data_dir, "train[50%:]", label_key="label")))
    np.testing.assert_array_equal(labels, np.array(numbers(images)) % 3)
    assert labels.dtype == tf.int32
    (batch,) = load(data_dir, classes=["ring"])
    assert numbers(batch) == [1, 4, 7, 10]
    (batch, labels), _ = load(data_dir, classes=[0, 2], label_key="label")
    assert set(labels.numpy()) == {0, 2}


def test_order_is_a_function_of_seed_and_epoch(data_dir):
    def order(epoch, seed=0):
        dataset = load(data_dir, shuffle=True, seed=seed)
        set_epoch(dataset, epoch)
        return [number for batch in dataset for number in numbers(batch)]

    assert sorted(order(0)) == list(range(12))
    assert order(0) != order(1)
    assert order(1) == order(1)
    assert order(1) != order(1, seed=1)


def test_photos_of_several_sizes(data_dir):
    batch = next(iter(load(data_dir, image_key="photo", image_size=(8, 8))))
    assert batch.shape == (4, 8, 8, 3)
    assert numbers(batch) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"differ in size.*image_size=\(height, width\)"):
        load(data_dir, image_key="photo")


@pytest.mark.parametrize("cache", [False, True])
def test_another_range_of_values(data_dir, cache):
    options = {"cache": cache, "shuffle": False}
    pairs = zip(
        load(data_dir, **options), load(data_dir, value_range=(0, 1), **options), strict=True
    )
    for one, other in pairs:
        np.testing.assert_allclose((one + 1) / 2, other, atol=1e-6)


def test_cache_gives_the_same_images(data_dir):
    for one, other in zip(load(data_dir), load(data_dir, cache=True), strict=True):
        np.testing.assert_array_equal(one, other)


def test_cache_gives_the_same_labels(data_dir):
    for one, other in zip(
        load(data_dir, label_key="label"),
        load(data_dir, label_key="label", cache=True),
        strict=True,
    ):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_flips_equal_those_of_arrays(data_dir, cache, shuffle):
    in_order = {"batch_size": 4, "shuffle": False}
    images = np.concatenate(list(load(data_dir)))
    arrays = data.from_arrays(images, flip="horizontal", seed=7, **in_order)
    dataset = load(
        data_dir, label_key="label", flip="horizontal", cache=cache, shuffle=shuffle, seed=7
    )
    mirrored = 0
    for _ in range(2):
        expected = np.concatenate(list(arrays))
        mirrored += (expected[:, 0, 0, 0] == 1).sum()
        for batch, labels in dataset:
            # One side is white, so the darker one tells the number.
            found = np.round((batch.numpy().min(axis=(1, 2, 3)) + 1) * 12.75).astype(int)
            np.testing.assert_array_equal(batch, expected[found])
            np.testing.assert_array_equal(labels, found % 3)
    assert 0 < mirrored < 24


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "validation"}, r"split='validation'.*\['test', 'train'\]"),
        ({"image_key": "picture"}, "image_key='picture'.*no such feature.*'photo'"),
        ({"image_key": "label"}, "is no image"),
        ({"label_key": "kind"}, "label_key='kind'.*no such feature"),
        ({"label_key": "photo"}, "label_key='photo' is no class"),
        ({"classes": ["cube"]}, "no class 'cube'.*'disc', 'ring', 'star'"),
        ({"batch_size": 13}, "batch_size=13 is larger.*12 images"),
        ({"flip": True}, "flip must be 'horizontal' or None, got True"),
    ],
)
def test_bad_input(data_dir, options, message):
    with pytest.raises(ValueError, match=message):
        load(data_dir, **options)


def test_unknown_name(data_dir):
    with pytest.raises(ValueError, match=r"no data set 'tiny_shape'. Did you mean .*tiny_shapes"):
        data.from_tfds("tiny_shape", batch_size=4, data_dir=data_dir)


def test_not_prepared(tmp_path):
    with pytest.raises(ValueError, match="'tiny_shapes' is not prepared"):
        load(tmp_path)
