"""Folders that hold what is no picture, or more than a machine can hold."""

import errno
import os
import socket

import pytest
import tensorflow as tf
from PIL import Image

from gankit import data
from gankit.data import opening

OPTIONS = {"image_size": (8, 8), "batch_size": 1, "shuffle": False}
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\n{} loop\n%%EOF\n"

on_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other files")


def save(path, size=(24, 24), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.linear_gradient("L").resize(size).save(path, **options)


# Files that are no pictures


@on_posix
def test_what_is_no_file_on_a_disk_is_not_opened(tmp_path):
    save(tmp_path / "a.png")
    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "device.jpg").symlink_to("/dev/zero")
    what = r"3 of 4 images.*\n.*device\.jpg: .*a device\n.*fifo\.png: .*a FIFO\n.*gif: .*a socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.gif"))  # its name must be short
        with pytest.warns(UserWarning, match=what):
            dataset = data.from_directory(tmp_path, on_error="skip", **OPTIONS)
    assert len(list(dataset)) == 1


@on_posix
def test_a_file_that_becomes_a_fifo(tmp_path):
    save(tmp_path / "a.png")
    dataset = data.from_directory(tmp_path, **OPTIONS)
    (tmp_path / "a.png").unlink()
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a\.png can't be read.*a FIFO"):
        list(dataset)


@pytest.mark.parametrize("kind", ["EPS", "DDS", "PPM", "TGA", "ICO", "PDF"])
def test_other_formats_are_not_opened_whatever_their_names(kind, tmp_path):
    save(tmp_path / "a.png", (64, 64), format=kind)
    if kind == "EPS":
        (tmp_path / "a.png").write_bytes(POSTSCRIPT)  # it would run for ever
    with pytest.raises(ValueError, match=r"a\.png: .* formats that are read: JPEG, PNG, GIF"):
        data.from_directory(tmp_path, **OPTIONS)


def test_the_content_tells_the_format(tmp_path):
    save(tmp_path / "a.bmp", format="WEBP")
    save(tmp_path / "b.JPG", format="TIFF")
    assert len(list(data.from_directory(tmp_path, **OPTIONS))) == 2


def test_nothing_but_damage(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"a\.png: the file is empty\nNot one is left"):
        data.from_directory(tmp_path, on_error="skip", **OPTIONS)


# More than a machine can hold


def test_a_picture_of_too_many_pixels_is_named(tmp_path, monkeypatch):
    save(tmp_path / "bomb.png")
    with monkeypatch.context() as patched:
        patched.setattr(opening, "MAX_PIXELS", 575)
        limit = r"bomb\.png: it has 24 x 24 = 576 pixels, where 1 to 575 of a PNG are decoded"
        with pytest.raises(ValueError, match=limit):
            data.from_directory(tmp_path, **OPTIONS)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow has a limit of its own
    with pytest.raises(ValueError, match=r"bomb\.png: Image size \(576 pixels\) exceeds limit"):
        data.from_directory(tmp_path, **OPTIONS)


def test_a_large_jpeg_is_decoded_at_a_part_of_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "MAX_PIXELS", 400)
    options = {**OPTIONS, "image_size": (2, 2)}  # an eighth of 24 x 24 = 576 is enough
    save(tmp_path / "a.jpg")
    assert len(list(data.from_directory(tmp_path, **options))) == 1
    with pytest.raises(ValueError, match=r"a\.jpg: it has 24 x 24 = 576 pixels"):
        data.from_directory(tmp_path, center_crop=(20, 20), **options)
    save(tmp_path / "a.jpg", progressive=True)  # all of which its reader holds
    with pytest.raises(ValueError, match=r"a\.jpg: it has 24 x 24 = 576 pixels"):
        data.from_directory(tmp_path, **options)


def test_a_file_of_too_many_bytes_is_not_read(tmp_path):
    with (tmp_path / "a.webp").open("wb") as file:
        file.truncate(400_000_000)  # all of it a hole
    with pytest.raises(ValueError, match=r"a\.webp: it has 400 MB, at most 368 MB are read"):
        data.from_directory(tmp_path, **OPTIONS)


# Folders and names


def test_hidden_files_and_folders_are_left_out(tmp_path):
    for name in ("cat/a.png", "cat/._a.png", ".ipynb_checkpoints/b.png"):
        save(tmp_path / name)
    dataset = data.from_directory(tmp_path, labels="inferred", **OPTIONS)
    assert dataset.file_paths == [str(tmp_path / "cat" / "a.png")]
    assert dataset.class_names == ["cat"]


def test_endings_in_any_case(tmp_path):
    names = ["a.tif", "b.TIFF", "c.Webp", "d.avif", "e.JPE", "f.jfif"]
    for name in names:
        save(tmp_path / name, format="PNG")
    assert len(data.from_directory(tmp_path, **OPTIONS).file_paths) == len(names)


def test_photos_of_an_iphone_are_not_left_out_in_silence(tmp_path):
    for name in ("a.png", "b.HEIC", "c.heic"):
        save(tmp_path / name, format="PNG")
    (tmp_path / "notes.txt").write_text("")
    with pytest.warns(UserWarning, match=r"2 pictures are left out, since \.heic.*b\.HEIC"):
        dataset = data.from_directory(tmp_path, **OPTIONS | {"batch_size": 1})
    assert [file[-5:] for file in dataset.file_paths] == ["a.png"]


def test_links_that_lead_elsewhere_are_told(tmp_path):
    save(tmp_path / "photos" / "cat" / "a.png")
    save(tmp_path / "dogs" / "a.png")
    (tmp_path / "photos" / "dog").symlink_to(tmp_path / "dogs")
    (tmp_path / "photos" / "circle").symlink_to(tmp_path / "photos")
    with pytest.warns(UserWarning, match=r"1 links to folders are not followed.*dog\. Copy"):
        dataset = data.from_directory(tmp_path / "photos", **OPTIONS)
    assert len(dataset.file_paths) == 1
    dataset = data.from_directory(tmp_path / "photos", classes=["dog"], **OPTIONS)
    assert dataset.file_paths == [str(tmp_path / "photos" / "dog" / "a.png")]


def test_a_folder_that_is_closed_is_named(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refuse(path):  # as the system does, unless root asks
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    told = r"1 folders can't be read, the first is .*closed: Permission denied\."
    with pytest.raises(ValueError, match=told):
        data.from_directory(tmp_path, **OPTIONS)
    with pytest.warns(UserWarning, match=told):
        dataset = data.from_directory(tmp_path, on_error="skip", **OPTIONS)
    assert len(list(dataset)) == 1


@on_posix
def test_names_that_are_no_text(tmp_path):
    grey, red = (tmp_path / os.fsdecode(name) for name in (b"gr\xe4u.png", b"rot\n\xe4.jpg"))
    save(grey)
    red.write_bytes(b"nothing")
    with pytest.warns(UserWarning, match=r"rot\\n\\udce4\.jpg: ") as caught:
        dataset = data.from_directory(tmp_path, on_error="skip", **OPTIONS)
    str(caught[0].message).encode()  # any terminal can show it
    assert len(list(dataset)) == 1
    grey.unlink()
    with (
        pytest.warns(UserWarning, match=r"gr\\udce4u\.png can't be read: No such file"),
        pytest.raises(tf.errors.InvalidArgumentError, match="None of the 1 images"),
    ):
        list(dataset)


# Pairs


def make_pairs(folder, images, inputs):
    for part, names in (("images", images), ("inputs", inputs)):
        for name in names:
            save(folder / part / name)
    return folder / "images", folder / "inputs"


def test_two_images_of_one_name_are_told(tmp_path):
    folders = make_pairs(tmp_path, ["x.bmp", "x.png", "y.png"], ["x.png", "y.png"])
    told = r"2 images in .*images' share 1 names, the first are x\.bmp and x\.png"
    with pytest.raises(ValueError, match=told):
        data.from_pairs(*folders, **OPTIONS)
    with (
        pytest.warns(UserWarning, match=told),
        pytest.warns(UserWarning, match=r"1 names are in one of them only.*first is 'x'"),
    ):
        dataset = data.from_pairs(*folders, on_error="skip", **OPTIONS)
    assert len(list(dataset)) == 1


@pytest.mark.parametrize(("one", "other"), [("A", "a"), ("\u00e9", "e\u0301")])
def test_names_that_only_look_alike_are_told(one, other, tmp_path):
    folders = make_pairs(tmp_path, [f"{one}.png", "b.png"], [f"{other}.png", "b.png"])
    with pytest.raises(
        ValueError, match=r"2 names are in one .*equal in case and accents.*are not"
    ):
        data.from_pairs(*folders, **OPTIONS)


@pytest.mark.skipif(os.path.normcase("A") == "a", reason="there, they are one name")
def test_names_in_two_cases_are_two_names(tmp_path):
    folders = make_pairs(tmp_path, ["A.png", "a.png"], ["A.png", "a.png"])
    assert len(list(data.from_pairs(*folders, **OPTIONS))) == 2
