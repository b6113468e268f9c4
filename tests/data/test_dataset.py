"""Batches that somebody has already, on both carriers."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import StopAfter, Stopped, assert_same_state, make_gan, make_plain_networks
from hypothesis import given, settings
from hypothesis import strategies as st

import gankit
from gankit import callbacks, data
from gankit.data import batches, dataset
from gankit.data.ahead import MOST_BATCHES
from gankit.data.epochs import get_epochs
from gankit.data.in_turn import InTurn

DIGITS = np.random.default_rng(0).integers(0, 256, (22, 8, 8, 1), dtype="uint8")
LABELS = np.arange(22) % 3
BATCHES = [(DIGITS[start : start + 4], LABELS[start : start + 4]) for start in range(0, 22, 4)]


@pytest.fixture(params=["tf.data", "elsewhere"])
def carrier(request, monkeypatch):
    """Builds datasets as TensorFlow has them, or as other backends do."""
    if request.param == "elsewhere":
        for module in (batches, dataset):
            monkeypatch.setattr(module, "uses_tf_data", lambda: False)


class Own(keras.utils.PyDataset):
    """Batches by their number, which count passes."""

    passes = 0

    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, index):
        return BATCHES[index]

    def on_epoch_end(self):
        self.passes += 1


class InItself:
    """What is its own iterator, so that a second pass would spoil the first."""

    def __iter__(self):
        self.left = list(BATCHES)
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop(0)


def make_tf():
    return tf.data.Dataset.from_tensor_slices((DIGITS, LABELS)).batch(4)


KINDS = {
    "list": lambda: data.from_dataset(BATCHES),
    "PyDataset": lambda: data.from_dataset(Own()),
    "own iterator": lambda: data.from_dataset(InItself(), num_batches=6),
    "tf.data": lambda: data.from_dataset(make_tf()),
}


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize("kind", KINDS)
def test_batches_come_scaled_in_their_order_pass_after_pass(kind):
    expected = data.from_arrays(DIGITS, LABELS, batch_size=22, shuffle=False)
    ((images, labels),) = expected
    made = KINDS[kind]()
    assert len(made) == 6
    said = "images (8, 8, 1) and classes, in their own order, 6 batches"
    assert repr(made) == f"<gankit.data: {said}>"
    for _ in range(3):
        parts = [[np.asarray(part) for part in batch] for batch in made]
        assert [len(found) for found, _ in parts] == [4, 4, 4, 4, 4, 2]
        for found, expected in zip(zip(*parts, strict=True), (images, labels), strict=True):
            assert {part.dtype for part in found} == {np.asarray(expected).dtype}
            np.testing.assert_array_equal(np.concatenate(found), expected)


@pytest.mark.usefixtures("carrier")
def test_images_alone_and_floats_and_numbers():
    floats = np.linspace(-1, 1, 2 * 64).reshape(2, 8, 8, 1)
    (batch,) = data.from_dataset([floats])
    np.testing.assert_array_equal(batch, floats.astype("float32"))
    ((_, ages),) = data.from_dataset([(floats, np.array([[0.5, 1], [2, 3]]))])
    np.testing.assert_array_equal(ages, np.float32([[0.5, 1], [2, 3]]))
    (dark,) = data.from_dataset([DIGITS[:2] * 0], value_range=(0, 1))
    assert np.asarray(dark).max() == 0


@pytest.mark.usefixtures("carrier")
def test_fewer_batches_of_each_pass():
    for made in (data.from_dataset(BATCHES, num_batches=2), data.from_dataset(make_tf().take(2))):
        assert len(made) == len(list(made)) == 2


@pytest.mark.usefixtures("carrier")
def test_a_pydataset_is_told_when_a_pass_ends():
    own = Own()
    made = data.from_dataset(own)
    assert own.passes == 0
    for _ in range(2):
        list(made)
    assert own.passes >= 2  # batches may be read ahead


def test_epochs_of_data_of_gankit_s_go_on_below():
    below = data.from_arrays(DIGITS, batch_size=4)
    made = data.from_dataset(below.map(lambda images: images * 0.5))
    assert get_epochs(made) == [0]
    np.testing.assert_array_equal(
        next(iter(made)), next(iter(data.from_arrays(DIGITS, batch_size=4))) / 2
    )


@pytest.mark.usefixtures("carrier")
def test_names_of_classes_stay_and_a_look_moves_nothing_on():
    named = make_tf()
    named.class_names = ["a", "b", "c"]
    made = data.from_dataset(named)
    assert made.class_names == ["a", "b", "c"]
    assert "3 classes" in repr(made)
    grid = gankit.show_batch(made, columns=4)
    assert grid.shape == (64 + 12, 4 * 66 - 2, 1)
    first, _ = next(iter(made))
    np.testing.assert_allclose(first, DIGITS[:4] / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("kind", ["own iterator", "tf.data"])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(kind, tmp_path):
    def run(folder, *others):
        keras.utils.set_random_seed(0)
        gan = make_gan(make_plain_networks, compile_options={"run_eagerly": True})
        made = KINDS[kind]().map(lambda images, labels: images)
        gan.fit(made, epochs=2, callbacks=[callbacks.Checkpoint(folder, 4), *others], verbose=0)
        return gan

    with pytest.raises(Stopped):
        run(tmp_path / "stopped", StopAfter(9))  # a checkpoint is in the middle of an epoch
    assert_same_state(run(tmp_path / "stopped"), run(tmp_path / "whole"))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 24)), max_size=30))
def test_in_turn_gives_the_batch_that_was_asked_for(places):
    in_turn = InTurn(lambda: range(25), 25)
    for epoch, number in places:
        assert in_turn.read(epoch, number) == number
        assert len(in_turn.kept) <= 2 * MOST_BATCHES


WRONG = {
    "a generator": (lambda: (batch for batch in BATCHES), TypeError, "once only. Give a list"),
    "an array": (lambda: DIGITS, TypeError, "pass it to data.from_arrays"),
    "a number": (lambda: 3, TypeError, "must give batches of images, got int"),
    "nothing": (lambda: [], ValueError, "hold no batch"),
    "no length": (InItself, ValueError, "InItself doesn't say how many batches"),
    "weights": (lambda: [(DIGITS, LABELS, LABELS)], ValueError, r"or \(images, labels\), got 3"),
    "channels first": (
        lambda: [np.moveaxis(DIGITS, -1, 1)],
        ValueError,
        r"The channels come last: np\.moveaxis",
    ),
    "sixteen bits": (lambda: [DIGITS.astype("uint16") * 257], TypeError, r"images / 32767\.5 - 1"),
    "signed": (lambda: [DIGITS.astype("int16") - 128], TypeError, r"\(images \+ 128\.0\) / 127\.5"),
    "unscaled": (lambda: [DIGITS.astype("float32")], ValueError, r"pass images / 127\.5 - 1"),
    "NaN": (lambda: [np.full((2, 8, 8, 1), np.nan)], ValueError, "must be finite, but 2 of 2"),
    "few labels": (lambda: [(DIGITS, LABELS[:3])], ValueError, r"labels must have the shape \(22,"),
}


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_said_before_training(name):
    make, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        data.from_dataset(make())


def test_images_in_the_unit_range_are_warned_of_where_they_are_passed():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data.from_dataset([DIGITS / 255])
    assert caught[0].filename == __file__
    assert "If 0 is black" in str(caught[0].message)


@pytest.mark.usefixtures("carrier")
def test_what_changes_on_the_way_is_an_error():
    other = data.from_dataset([DIGITS[:4], DIGITS[:4, :7]])
    with pytest.raises(Exception, match=r"All images must be uint8 \(8, 8, 1\)"):
        list(other)
    half = data.from_dataset([(DIGITS[:4], LABELS[:4]), DIGITS[:4]])
    with pytest.raises(Exception, match="must have labels, or none, as the first"):
        list(half)
    short = data.from_dataset(map(np.asarray, [DIGITS, DIGITS]), num_batches=3)
    with pytest.raises(Exception, match="ended after 2 of 3 batches"):
        list(short)
