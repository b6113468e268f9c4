"""Faces and their attributes, in files as CelebA's authors write them."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gankit import data

NAMES = ["Eyeglasses", "Male", "Smiling"]
ROWS = [(1, -1, 1), (-1, -1, 1), (-1, 1, -1), (-1, 1, 1), (1, 1, -1)]
OPTIONS = {"image_size": (8, 8), "shuffle": False}


def write_table(path, rows=ROWS, count=None, names=NAMES):
    lines = [
        f"{number:06d}.jpg " + " ".join(f"{v:2d}" for v in row) for number, row in enumerate(rows)
    ]
    header = [str(len(rows) if count is None else count), " ".join(names) + " "]
    path.write_text("\n".join(header + lines) + "\n")


@pytest.fixture
def folder(tmp_path):
    """Five flat faces whose brightness tells their number, and the table beside the folder."""
    faces = tmp_path / "img_align_celeba"
    faces.mkdir()
    for number in range(len(ROWS)):
        pixels = np.full((218, 178, 3), 40 * number, "uint8")
        Image.fromarray(pixels).save(faces / f"{number:06d}.jpg", quality=100)
    write_table(tmp_path / "list_attr_celeba.txt")
    return faces


def numbers(images):
    return np.round((images[:, 0, 0, 0].numpy() + 1) * 127.5 / 40).astype(int).tolist()


def test_faces_alone_need_no_table(folder):
    (folder.parent / "list_attr_celeba.txt").unlink()
    (batch,) = data.from_celeba(folder, batch_size=5, **OPTIONS)
    assert batch.shape == (5, 8, 8, 3)
    assert numbers(batch) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("cache", [False, True])
def test_attributes_are_the_condition(folder, cache):
    options = OPTIONS | {"shuffle": True, "cache": cache}
    names = ["Smiling", "Eyeglasses"]
    dataset = data.from_celeba(folder, batch_size=5, attributes=names, **options)
    assert dataset.element_spec[1] == tf.TensorSpec((5, 2), tf.float32)
    assert dataset.attribute_names == names
    for images, attributes in dataset:
        expected = [(ROWS[n][2] == 1, ROWS[n][0] == 1) for n in numbers(images)]
        np.testing.assert_array_equal(attributes, np.array(expected, "float32"))


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (["Smiling"], [0, 1, 3]),
        (["-Eyeglasses"], [1, 2, 3]),
        (["Smiling", "-Eyeglasses"], [1, 3]),
        (["Male", "-Smiling", "Eyeglasses"], [4]),
    ],
)
def test_keeps_only_some_faces(folder, keep, kept):
    dataset = data.from_celeba(folder, batch_size=len(kept), keep=keep, **OPTIONS)
    (batch,) = dataset
    assert numbers(batch) == kept
    assert len(dataset.file_paths) == len(kept)


def test_part_of_the_faces_and_a_table_elsewhere(folder, tmp_path):
    (folder / "000001.jpg").unlink()
    table = tmp_path / "elsewhere.txt"
    (tmp_path / "list_attr_celeba.txt").rename(table)
    (batch,) = data.from_celeba(folder, batch_size=2, keep=["Smiling"], table=table, **OPTIONS)
    assert numbers(batch) == [0, 3]


def test_values_and_a_damaged_face(folder):
    (folder / "000001.jpg").write_bytes(b"")
    options = OPTIONS | {"on_error": "skip", "attributes": NAMES, "value_range": (0, 1)}
    with pytest.warns(UserWarning, match="1 of 5 images"):
        ((images, attributes),) = data.from_celeba(folder, batch_size=4, **options)
    kept = [0, 2, 3, 4]
    np.testing.assert_allclose(images[:, 0, 0, 0], np.array(kept) * 40 / 255, atol=1e-6)
    np.testing.assert_array_equal(attributes, np.array(ROWS)[kept] == 1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"keep": ["Smile"]}, ValueError, r"no attribute 'Smile', it has \['Eyeglasses', 'Male'"),
        ({"attributes": ["smiling"]}, ValueError, "no attribute 'smiling'"),
        ({"keep": "Smiling"}, TypeError, r"keep must be a list.*pass \['Smiling'\]"),
        ({"attributes": {"Male"}}, TypeError, "attributes must be a list"),
        ({"keep": ["Smiling", "-Smiling"]}, ValueError, "not one of 5 faces"),
        ({"keep": ["Smiling"], "batch_size": 4}, ValueError, "batch_size=4 is larger.*3 images"),
        ({"table": "nowhere.txt"}, ValueError, "no file 'nowhere.txt'"),
    ],
)
def test_bad_arguments(folder, options, error, message):
    with pytest.raises(error, match=message):
        data.from_celeba(folder, **{"batch_size": 1, **OPTIONS, **options})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"count": 6}, "first line must be the number of images.* 5, got '6'"),
        ({"count": "faces"}, "got 'faces'"),
        ({"rows": [*ROWS[:4], (1, 1)]}, r"line 7 must be an image's name and 3 values.*got '0000"),
        ({"rows": [(1, 0, 1), *ROWS[1:]]}, "line 3 must be"),
        ({"rows": ROWS[:3]}, "no attributes of 2 of 5 images, the first is .*000003.jpg"),
    ],
)
def test_bad_tables(folder, tmp_path, table, message):
    write_table(tmp_path / "list_attr_celeba.txt", **table)
    with pytest.raises(ValueError, match=message):
        data.from_celeba(folder, batch_size=1, keep=["Male"], **OPTIONS)


def test_no_table(folder, tmp_path):
    (tmp_path / "list_attr_celeba.txt").unlink()
    with pytest.raises(ValueError, match=r"no list_attr_celeba.txt in .* pass its path.*table="):
        data.from_celeba(folder, batch_size=1, keep=["Male"], **OPTIONS)
