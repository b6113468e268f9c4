"""Labels out of tables."""

import json

import numpy as np
import pytest
from PIL import Image

from gankit import data


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_texts_become_classes(tmp_path):
    table = write(tmp_path / "labels.csv", "file,label\na.png,frog\nb/c.png,cat\nd.png,frog\n")
    assert data.read_labels(table) == ({"a.png": 1, "b/c.png": 0, "d.png": 1}, ["cat", "frog"])


def test_numbers_stay_numbers_and_several_are_a_vector(tmp_path):
    table = write(tmp_path / "labels.csv", "file,age,smiles\na.png,31.5,0\nb.png,7,1\n")
    assert data.read_labels(table, "age") == ({"a.png": 31.5, "b.png": 7}, None)
    assert data.read_labels(table) == ({"a.png": [31.5, 0], "b.png": [7, 1]}, None)
    assert data.read_labels(table, ["smiles", "age"])[0]["a.png"] == [0, 31.5]


def test_metadata_of_an_image_folder(tmp_path):
    rows = [{"file_name": "a.png", "text": "one"}, {"file_name": "b.png", "text": "two"}]
    table = write(tmp_path / "metadata.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    assert data.read_labels(table) == ({"a.png": 0, "b.png": 1}, ["one", "two"])


def test_they_fit_from_directory(tmp_path):
    for index in range(4):
        Image.new("L", (8, 8), index * 60).save(tmp_path / f"{index}.png")
    lines = [f"{index}.png,{'odd' if index % 2 else 'even'}" for index in range(4)]
    table = write(tmp_path / "labels.csv", "\n".join(["file,kind", *lines]))
    labels, names = data.read_labels(table)
    dataset = data.from_directory(
        tmp_path, image_size=(8, 8), batch_size=4, labels=labels, shuffle=False
    )
    _, found = next(iter(dataset))
    np.testing.assert_array_equal(found, [0, 1, 0, 1])
    assert names == ["even", "odd"]


@pytest.mark.parametrize(
    ("name", "text", "columns", "message"),
    [
        ("labels.txt", "", None, r"ends in \.csv or \.jsonl"),
        ("labels.csv", "file,label\n", None, "has no rows"),
        ("labels.csv", "file\na.png\n", None, "no column besides 'file'"),
        ("labels.csv", "file,label\na.png,1\n", "kind", "no column 'kind', it has"),
        ("labels.csv", "file,label\na.png,1\na.png,2\n", None, "names 'a.png' twice"),
        ("labels.csv", "file,x,y\na.png,1,red\n", None, "texts, such as 'red', in several"),
        ("labels.csv", "file,x,y\na.png,1\n", None, "lacks a value of 'a.png'"),
        ("labels.jsonl", "{", None, "no JSON"),
    ],
)
def test_tables_that_do_not_fit(name, text, columns, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        data.read_labels(write(tmp_path / name, text), columns)
