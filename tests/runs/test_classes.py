"""Classes by subfolders, and by tables as people have them."""

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gankit
from gankit.__main__ import main
from gankit.runs import Settings
from gankit.runs.sources import find_data

KINDS = ("frog", "cat", "dog")


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Sixty photos in a folder, whose brightness tells their kind."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(60):
        Image.new("RGB", (8, 8), (index % 3 * 100,) * 3).save(folder / f"{index:02d}.png")
    return folder


def write(path, rows, header="file,label"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def write_kinds(path, number=60):
    return write(path, [f"{index:02d}.png,{KINDS[index % 3]}" for index in range(number)])


def find(classes, source="photos"):
    return find_data(Settings(source, classes=str(classes)), "run")


def labels_by_brightness(found):
    """Returns which class goes with each brightness, by name."""
    images, labels = map(np.concatenate, zip(*found.make(10, 0, None), strict=True))
    pairs = set(zip(images[:, 0, 0, 0].round(2).tolist(), labels.tolist(), strict=True))
    return [found.class_names[label] for _, label in sorted(pairs)]


def test_texts_in_a_table_are_classes_with_names(photos):
    found = find(write_kinds(photos.parent / "labels.csv"))
    assert found.class_names == ["cat", "dog", "frog"]
    assert found.num_images == 60
    assert labels_by_brightness(found) == list(KINDS)


def test_metadata_in_the_folder_is_found_there(photos):
    rows = [{"file_name": f"{index:02d}.png", "label": 5 * (index % 3)} for index in range(60)]
    (photos / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = find("metadata.jsonl")
    assert labels_by_brightness(found) == found.class_names == ["0", "5", "10"]


def test_the_column_is_the_label_or_the_one_that_is_named(photos):
    rows = [f"{index:02d}.png,{index},{KINDS[index % 3]},{index % 2}" for index in range(60)]
    write(photos / "labels.csv", rows, "image,number,label,odd")
    assert find("labels.csv").class_names == ["cat", "dog", "frog"]
    assert find("labels.csv:odd").class_names == ["0", "1"]


def test_it_says_what_belongs_to_nothing(photos):
    table = write_kinds(photos.parent / "labels.csv", 62)
    (photos / "extra.png").write_bytes((photos / "00.png").read_bytes())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = find(table)
    assert [str(one.message) for one in caught] == [
        f"1 images have no row in {table}. They are left out.",
        f"2 rows of {table} name no image that is there, such as '60.png'.",
    ]
    assert found.num_images == 60


def test_a_table_in_an_archive_comes_out_of_it(photos, tmp_path):
    write_kinds(photos / "labels.csv")
    archive = shutil.make_archive(str(tmp_path / "archive"), "zip", photos)
    found = find_data(Settings(archive, classes="labels.csv"), tmp_path / "run")
    assert found.class_names == ["cat", "dog", "frog"]


def test_from_a_shell(photos, capsys):
    write_kinds(photos / "labels.csv")
    options = ["--set", "filters=2", "--set", "latent_dim=4", "--batch", "20", "--epochs", "1"]
    main(["train", "photos", "--classes", "labels.csv", *options])
    assert "60 images of 8x8, colour, 3 classes: photos" in capsys.readouterr().out
    assert gankit.load("run/model.keras").class_names == ["cat", "dog", "frog"]
    four = ["generate", "run/model.keras", "--num", "4", "--seed", "0"]
    main([*four, "--class", "frog", "cat", "--out", "names.png"])
    main([*four, "--condition", "2", "0", "--out", "numbers.png"])
    assert Path("names.png").read_bytes() == Path("numbers.png").read_bytes()
    assert "<td>cat, dog, frog</td>" in Path("run/report.html").read_text()
    capsys.readouterr()
    for model, said in {
        "run/model.keras": "--class: this GAN has no class 'frogs'. Did you mean 'frog'?",
        "digits": "this GAN has no class names.",
    }.items():
        with pytest.raises(SystemExit, match=r"^2$"):
            main(["generate", model, "--class", "frogs"])
        assert said in capsys.readouterr().err


TABLES = {  # what a table holds, or None, and what the error says of it
    "no table": (None, "no table 'labels.csv', here or in 'photos'."),
    "empty": ("", "labels.csv has no rows."),
    "no names": ("file,label\n", "labels.csv has no rows."),
    "semicolons": ("file;label\n00.png;cat\n", "Put commas between columns."),
    "no text": (b"file,label\n00.png,\xff\n", "labels.csv is no text in UTF-8: save it as such."),
    "a comma too many": ("file,label\n00.png,a cat, sitting\n", "Put quotes around texts"),
    "no such images": (
        "file,label\nx/00.png,cat\nx/01.png,dog\n",
        "no row for any of the 60 images in 'photos'. It names 'x/00.png': name them as '00.png'",
    ),
    "one class": ("file,label\n00.png,cat\n01.png,cat\n", "one class only. Leave --classes out"),
    "ages": ("file,age\n00.png,31.5\n01.png,7\n", "no classes, such as 31.5. Write words for"),
    "captions": ("file,text\n00.png,A cat.\n01.png,A dog.\n", "2 classes of 2 images, so few"),
    "several columns": (
        "file,kind,place\n00.png,cat,here\n",
        "has the columns kind, place. Say which one holds the classes: --classes labels.csv:kind",
    ),
}


@pytest.mark.filterwarnings("ignore:.* have no row")
@pytest.mark.parametrize("name", TABLES)
def test_what_is_no_table_of_classes_is_said_in_one_line(name, photos, capsys):
    content, message = TABLES[name]
    if content is not None:
        text = content if isinstance(content, bytes) else content.encode()
        (photos.parent / "labels.csv").write_bytes(text)
    with pytest.raises(SystemExit) as ended:
        main(["train", "photos", "--classes", "labels.csv"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1
    assert message in said
    assert not (photos.parent / "run").exists()


def test_a_table_in_the_folder_is_named_in_the_error(photos):
    write_kinds(photos / "metadata.csv")
    with pytest.raises(ValueError, match=r"60 images are in none .*--classes metadata\.csv$"):
        find("folders")
    with pytest.raises(ValueError, match=r"no table 'lables\.csv'.*--classes metadata\.csv$"):
        find("lables.csv")


def test_what_is_neither_folders_nor_a_table():
    with pytest.raises(ValueError, match=r"must be 'folders', or a table .*, got 'folder'"):
        Settings("photos", classes="folder")
    with pytest.raises(ValueError, match="MNIST digits inside the package is neither"):
        find("labels.csv", "digits")
