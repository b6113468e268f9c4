import re

import numpy as np
import pytest
import tensorflow as tf
from helpers import make_images
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gankit import data
from gankit.data.epochs import set_epoch


def indices_seen(dataset):
    """The images of these tests hold their own index: pixel = index / 127.5 - 1."""
    return [
        np.round((batch[:, 0, 0, 0].numpy() + 1) * 127.5).astype(int).tolist() for batch in dataset
    ]


def numbered(number):
    return np.arange(number, dtype="uint8")[:, None, None, None] * np.ones((1, 2, 2, 1), "uint8")


def test_scales_uint8_to_the_unit_range():
    images = np.array([0, 127, 128, 255], "uint8").reshape(1, 2, 2, 1)
    (batch,) = data.from_arrays(images, batch_size=1)
    assert batch.dtype == tf.float32
    np.testing.assert_allclose(batch[0, :, :, 0], [[-1, -1 / 255], [1 / 255, 1]], atol=1e-7)


def test_keeps_floats_as_they_are():
    images = make_images(4)
    (batch,) = data.from_arrays(images.astype("float64"), batch_size=4, shuffle=False)
    assert batch.dtype == tf.float32
    np.testing.assert_array_equal(batch, images)


def test_another_range_of_values():
    images = np.array([0, 51, 204, 255], "uint8").reshape(1, 2, 2, 1)
    (batch,) = data.from_arrays(images, batch_size=1, value_range=(0, 1))
    np.testing.assert_allclose(batch[0, :, :, 0], [[0, 0.2], [0.8, 1]], atol=1e-7)
    (same,) = data.from_arrays(batch.numpy(), batch_size=1, value_range=(0, 1))
    np.testing.assert_array_equal(same, batch)


def test_gives_labels_beside_their_images():
    images, labels = numbered(20), np.arange(20)[:, None]
    dataset = data.from_arrays(images, labels, batch_size=4)
    assert dataset.element_spec[1] == tf.TensorSpec((4,), tf.int32)
    for batch, batch_labels in dataset:
        np.testing.assert_array_equal(indices_seen([batch])[0], batch_labels)


@pytest.mark.parametrize("kind", ["U", "S", "O"])
def test_texts_become_classes_by_the_alphabet(kind):
    labels = np.array(["dog", "cat", "eel", "cat"]).astype(kind)
    dataset = data.from_arrays(FLOATS, labels, batch_size=4, shuffle=False)
    assert dataset.class_names == ["cat", "dog", "eel"]
    ((_, numbers),) = dataset
    np.testing.assert_array_equal(numbers, [1, 0, 2, 0])
    assert "3 classes" in repr(dataset)


@settings(deadline=None, max_examples=15)
@example(number=4, batch_size=2, seed=2**31 - 2)
@example(number=4, batch_size=2, seed=2**31 - 1)
@given(number=st.integers(1, 40), batch_size=st.integers(1, 9), seed=st.integers(0, 2**31 - 1))
def test_each_epoch_is_a_new_order_of_whole_batches(number, batch_size, seed):
    batch_size = min(batch_size, number)
    dataset = data.from_arrays(numbered(number), batch_size=batch_size, seed=seed)
    assert dataset.cardinality() == len(dataset) == number // batch_size
    orders = []
    for _ in range(2):
        batches = indices_seen(dataset)
        orders.append(batches)
        seen = [index for batch in batches for index in batch]
        assert {len(batch) for batch in batches} == {batch_size}
        assert len(set(seen)) == len(seen) == number // batch_size * batch_size
    if number >= 20:
        assert orders[0] != orders[1]


@pytest.mark.parametrize("seed", [2**31 - 1, 2**31, 2**40])
def test_large_seeds(seed):
    dataset = data.from_arrays(numbered(9), batch_size=9, seed=seed)
    (first,), (second,) = indices_seen(dataset), indices_seen(dataset)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(9))


def test_without_shuffle_the_order_is_the_array_s():
    dataset = data.from_arrays(numbered(7), batch_size=3, shuffle=False)
    assert indices_seen(dataset) == indices_seen(dataset) == [[0, 1, 2], [3, 4, 5]]


def test_draws_with_replacement():
    def draws(seed=0, epoch=0):
        dataset = data.from_arrays(numbered(50), batch_size=20, replacement=True, seed=seed)
        set_epoch(dataset, epoch)
        assert len(dataset) == 2
        return indices_seen(dataset)

    assert draws() == draws()
    assert len({str(order) for order in (draws(), draws(seed=1), draws(epoch=1))}) == 3
    first, second = draws()
    assert first != second
    many = np.concatenate([draws(epoch=epoch) for epoch in range(50)]).ravel()
    assert set(many) == set(range(50))
    # 2,000 draws: 40 of each of 50 images, give or take four standard deviations of 6.3.
    assert np.abs(np.bincount(many) - 40).max() < 25
    whole = [len(set(batch)) == 20 for epoch in range(20) for batch in draws(epoch=epoch)]
    assert not all(whole)  # 20 of 50 without a repetition: one batch in 90


def test_resizes_and_crops_without_distortion():
    # A white square in the centre of a wide black image stays square.
    images = np.zeros((1, 8, 16, 3), "uint8")
    images[:, 2:6, 6:10] = 255
    (batch,) = data.from_arrays(images, batch_size=1, image_size=(4, 4))
    expected = np.full((1, 4, 4, 3), -1.0)
    expected[:, 1:3, 1:3] = 1
    np.testing.assert_allclose(batch, expected, atol=0.2)  # each pixel sees a bit of the next


def test_center_crop():
    images = np.arange(36, dtype="uint8").reshape(1, 6, 6, 1)
    (batch,) = data.from_arrays(images, batch_size=1, center_crop=(2, 4))
    cut = np.round((batch[0, :, :, 0].numpy() + 1) * 127.5)
    np.testing.assert_array_equal(cut, images[0, 2:4, 1:5, 0])


def test_resizing_floats_equals_resizing_uint8():
    images = np.random.default_rng(0).integers(0, 256, (3, 10, 12, 3), dtype="uint8")
    options = {"batch_size": 3, "image_size": (4, 5), "shuffle": False}
    (from_integers,) = data.from_arrays(images, **options)
    (from_floats,) = data.from_arrays(images / 127.5 - 1, **options)
    np.testing.assert_allclose(from_integers, from_floats, atol=1.01 / 127.5)


def test_keeps_only_some_classes():
    dataset = data.from_arrays(numbered(20), np.arange(20) % 5, batch_size=4, classes=[1, 3])
    for images, labels in dataset:
        assert set(labels.numpy()) <= {1, 3}
        np.testing.assert_array_equal(np.array(indices_seen([images])[0]) % 5, labels)
    assert len(dataset) == 2


@pytest.mark.parametrize(
    "labels",
    [
        np.linspace(-1, 1, 20),  # real values
        np.random.default_rng(0).normal(size=(20, 3)),  # vectors
        np.random.default_rng(0).integers(0, 2, (20, 3)),  # several labels of an image
        np.random.default_rng(0).integers(0, 2, (20, 3)).astype(bool),
    ],
)
def test_labels_that_are_no_classes_go_along(labels):
    for images, told in data.from_arrays(numbered(20), labels, batch_size=4):
        assert told.dtype == np.float32
        np.testing.assert_allclose(told, labels[indices_seen([images])[0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "black", "white"),
    [
        ("bool", 0, 1),
        ("int64", 0, 1),
        ("int64", 0, 255),
        ("float32", 0, 255),
        ("int8", -128, 127),
        ("float32", -128, 127),
        ("uint16", 0, 65535),
        ("int32", 0, 65535),
        ("float64", 0, 65535),
    ],
)
@pytest.mark.parametrize("value_range", [(-1, 1), (0, 1), (-0.5, 0.5)])
def test_what_an_error_advises_keeps_the_images(dtype, black, white, value_range):
    shares = np.linspace(0, 1, 64).round() if white == 1 else np.linspace(0, 1, 64)
    images = (black + shares * (white - black)).round().astype(dtype).reshape(4, 4, 4, 1)
    options = {"batch_size": 4, "shuffle": False, "value_range": value_range}
    with pytest.raises((TypeError, ValueError)) as error:
        data.from_arrays(images, **options)
    (advice,) = re.findall(r"pass (.*?)(?:\.|, which is scaled\.)$", str(error.value))
    (batch,) = data.from_arrays(eval(advice, {"images": images}), **options)
    low, high = value_range
    expected = low + shares * (high - low)
    np.testing.assert_allclose(np.ravel(batch), expected, atol=0.003 * (high - low))


def test_of_other_numbers_one_has_to_say_what_is_white():
    for images in (np.arange(-500, 12).reshape(8, 8, 8, 1), np.linspace(0, 1e6, 64)):
        with pytest.raises(
            (TypeError, ValueError), match=r"\(images - black\) / \(white - black\)"
        ):
            data.from_arrays(images.reshape(-1, 8, 8, 1), batch_size=1)


FLOATS = make_images(4)


@pytest.mark.parametrize(
    ("images", "options", "error", "message"),
    [
        (FLOATS * 255, {}, ValueError, r"must lie in \[-1, 1\], but they reach from -2\d\d.*black"),
        (FLOATS.astype("int32"), {}, TypeError, "uint8 in 0..255 or floats.*int32"),
        (FLOATS[..., 0], {}, ValueError, r"\(n, height, width, channels\).*\(4, 8, 8\).*None\]"),
        (FLOATS[:, None, :, :, 0], {}, ValueError, r"\(4, 1, 8, 8\).*moveaxis"),
        (FLOATS.repeat(2, -1), {}, ValueError, r"1, 3 or 4 channels, got \(4, 8, 8, 2\)"),
        (
            np.where(np.arange(4)[:, None, None, None] == 2, np.nan, FLOATS),
            {},
            ValueError,
            "1 of 4 hold NaN or infinity, the first at index 2",
        ),
        (FLOATS, {"batch_size": 5}, ValueError, "batch_size=5 is larger.*4 images"),
        (FLOATS[:0], {}, ValueError, "batch_size=2 is larger.*0 images"),
        (FLOATS, {"batch_size": 0}, ValueError, "at least 1"),
        (FLOATS, {"batch_size": 2.5}, TypeError, "must be an integer, got 2.5"),
        (FLOATS, {"labels": [0, 1]}, ValueError, r"shape \(4,\).*got \(2,\)"),
        (FLOATS, {"labels": np.eye(4), "num_classes": 4}, ValueError, r"got \(4, 4\).*argmax"),
        (FLOATS, {"labels": np.zeros((4, 2, 2))}, ValueError, r"\(4,\) or \(4, numbers\)"),
        (FLOATS, {"labels": [0, 1, np.inf, 2]}, ValueError, "1 of 4 hold NaN.*index 2"),
        (FLOATS, {"labels": [["a", "b"]] * 4}, TypeError, "must be numbers, got texts.*'a'"),
        (FLOATS, {"labels": [[1, 0]] * 4, "classes": [1]}, TypeError, "labels that are classes"),
        (FLOATS, {"labels": [0, 1, -2, 2]}, ValueError, "0 or more, or -1.*-2 at index 2"),
        (FLOATS, {"labels": [0, 1, 3, 2], "num_classes": 3}, ValueError, "in 0..2.*3 at index 2"),
        (FLOATS, {"labels": [0.0, 1, 2, 3], "num_classes": 4}, TypeError, r"astype\('int32'\)"),
        (FLOATS, {"classes": [1]}, ValueError, "needs labels"),
        (FLOATS, {"labels": [0, 1, 2, 3], "classes": 1}, TypeError, r"must be a list.*pass \[1\]"),
        (FLOATS, {"value_range": (0, 1)}, ValueError, r"in \[0, 1\], but they reach from -0"),
        (FLOATS, {"value_range": (0, 255)}, ValueError, r"within \[-1, 1\].*got \(0, 255\)"),
        (FLOATS, {"replacement": True, "shuffle": False}, ValueError, "needs shuffle=True"),
        (FLOATS, {"seed": -1}, ValueError, "seed must be 0 or more"),
        (FLOATS, {"labels": [0, 1, 2, 3], "classes": [7]}, ValueError, r"no image of \[7\]"),
        (FLOATS, {"image_size": 8}, ValueError, r"image_size must be \(height, width\).*got 8"),
        (FLOATS, {"center_crop": (9, 9)}, ValueError, r"a crop of \(9, 9\) is larger.*\(8, 8\)"),
    ],
)
def test_bad_input(images, options, error, message):
    with pytest.raises(error, match=message):
        data.from_arrays(images, **{"batch_size": 2, **options})
