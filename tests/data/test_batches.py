"""Both carriers bring the same batches, byte for byte, in the same order."""

import tarfile

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gankit import data
from gankit.data import batches
from gankit.data.epochs import get_epochs, set_epoch

PHOTOS = np.random.default_rng(0).integers(0, 256, (9, 12, 15, 3), dtype="uint8")
OPTIONS = {"batch_size": 4, "seed": 3}

ADAPTERS = {
    "arrays": lambda root: data.from_arrays(PHOTOS, np.arange(9), flip="horizontal", **OPTIONS),
    "resized arrays": lambda root: data.from_arrays(PHOTOS, image_size=(7, 9), **OPTIONS),
    "replacement": lambda root: data.from_arrays(PHOTOS, replacement=True, **OPTIONS),
    "directory": lambda root: data.from_directory(
        root, image_size=(7, 8), labels="inferred", flip="horizontal", **OPTIONS
    ),
    "cached directory": lambda root: data.from_directory(
        root, image_size=(7, 8), labels="inferred", flip="horizontal", cache=True, **OPTIONS
    ),
    "shards": lambda root: data.from_shards(
        root, image_size=(7, 8), labels="inferred", flip="horizontal", **OPTIONS
    ),
    "pairs": lambda root: data.from_pairs(
        root, image_size=(7, 5), load_size=(9, 6), flip="horizontal", **OPTIONS
    ),
    "high resolution": lambda root: data.from_high_resolution(
        root, factor=2, patch_size=(6, 8), **OPTIONS
    ),
    "voxels": lambda root: data.from_voxels(PHOTOS[:, None, ..., 0] > 127, np.arange(9), **OPTIONS),
    "films": lambda root: data.moving_digits(PHOTOS[..., :1], num_films=9, **OPTIONS),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Photos of two kinds in two folders, and in two tars."""
    root = tmp_path_factory.mktemp("photos")
    for number, photo in enumerate(PHOTOS):
        folder = root / f"class_{number % 2}"
        folder.mkdir(exist_ok=True)
        Image.fromarray(photo).save(folder / f"{number}.{('png', 'jpg')[number % 2]}")
    for folder in sorted(root.iterdir()):
        with tarfile.open(root / f"{folder.name}.tar", "w") as tar:
            tar.add(folder, folder.name)
    return root


@pytest.fixture
def elsewhere(monkeypatch):
    """Returns a function that builds a dataset as if another backend were running."""

    def build(adapter, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(batches, "uses_tf_data", lambda: False)
            return adapter(*arguments)

    return build


def parts_of(dataset):
    """Returns the arrays of a pass."""
    return [[np.asarray(part) for part in tf.nest.flatten(batch)] for batch in dataset]


def assert_equal(one, other):
    assert len(one) == len(other) > 0
    for arrays, theirs in zip(one, other, strict=True):
        assert len(arrays) == len(theirs)
        for array, its in zip(arrays, theirs, strict=True):
            assert array.dtype == its.dtype
            np.testing.assert_array_equal(array, its)


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS.keys())
def test_every_adapter_gives_the_same_on_every_backend(root, adapter, elsewhere):
    on_tensorflow, on_others = adapter(root), elsewhere(adapter, root)
    assert isinstance(on_tensorflow, tf.data.Dataset)
    assert isinstance(on_others, batches.Batches)
    assert len(on_tensorflow) == len(on_others)
    specs = tf.nest.flatten(on_tensorflow.element_spec)
    assert [spec.shape for spec in specs] == [part.shape for part in parts_of(on_others)[0]]
    for epoch in (0, 1, 5):
        for dataset in (on_tensorflow, on_others):
            set_epoch(dataset, epoch)
        assert_equal(parts_of(on_tensorflow), parts_of(on_others))
        assert get_epochs(on_tensorflow) == get_epochs(on_others) == [epoch + 1]


def numbered(number, seed):
    images = np.arange(number, dtype="float32")[:, None, None, None] / 100
    return data.from_arrays(images, batch_size=2, seed=seed, value_range=(0, 1))


CHAINS = {
    "take": lambda one, other: one.take(2),
    "map": lambda one, other: one.map(lambda images: (images, images * 2)).map(lambda a, b: b),
    "repeat": lambda one, other: one.repeat().take(7),
    "take, repeat": lambda one, other: one.take(2).repeat().take(3),
    "zip": lambda one, other: data.zip_datasets(one, other),
    "zip with one without end": lambda one, other: data.zip_datasets(one.repeat(), other),
    "zip without end": lambda one, other: data.zip_datasets(one.repeat(), other.repeat()).take(5),
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())
def test_verbs_do_what_they_do_in_tf_data(chain, elsewhere):
    def build():
        return chain(numbered(9, seed=1), numbered(12, seed=2))

    on_tensorflow, on_others = build(), elsewhere(build)
    for _ in range(3):
        assert_equal(parts_of(on_tensorflow), parts_of(on_others))


@settings(deadline=None, max_examples=30)
@given(
    epoch=st.integers(0, 10_000),
    places=st.lists(st.integers(0, 3), min_size=1, max_size=8),
    seed=st.integers(0, 2**70),
)
def test_a_batch_is_a_function_of_epoch_and_number(epoch, places, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "uses_tf_data", lambda: False)
        in_turn, at_random = numbered(8, seed), numbered(8, seed)
    for dataset in (in_turn, at_random):
        set_epoch(dataset, epoch)
    expected = list(in_turn)
    for place in places:
        np.testing.assert_array_equal(at_random[place], expected[place])
    assert get_epochs(at_random) == [epoch]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("arrays", "9 images (12, 15, 3) and classes, shuffled, 2 batches of 4"),
        ("replacement", "9 images (12, 15, 3), shuffled, 2 batches of 4"),
        ("directory", "9 images (7, 8, 3) and 2 classes, shuffled, 2 batches of 4"),
        ("pairs", "9 images (7, 5, 3) and float32 (7, 5, 3), shuffled, 2 batches of 4"),
    ],
)
def test_a_dataset_says_what_it_holds(name, said, root, elsewhere):
    on_others = elsewhere(ADAPTERS[name], root)
    for dataset in (ADAPTERS[name](root), on_others):
        assert repr(dataset) == f"<gankit.data: {said}>"
        assert len(dataset) == 2
    assert repr(on_others.repeat()) == "<Batches: endless batches>"
    plain = data.from_arrays(PHOTOS, np.ones(9), batch_size=9, shuffle=False)
    assert repr(plain).endswith(" and float32 (), in order, 1 batches of 9>")


def test_nothing_tunes_an_iterator_or_its_end_would_be_waited_for():
    dataset = data.from_arrays(np.zeros((8, 4, 4, 1), "uint8"), batch_size=4)
    made = dataset.map(lambda images: images).repeat()
    for one in (dataset, made, data.zip_datasets(dataset, made)):
        assert one.options().autotune.enabled is False
