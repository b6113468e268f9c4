"""Tars of images give what the folder would that they were packed from."""

import io
import itertools
import os
import tarfile

import numpy as np
import pytest
import tensorflow as tf
from helpers import shared_data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gankit import data
from gankit.data import batches, runs
from gankit.data.epochs import set_epoch
from gankit.data.packed import PLACE, PackedImages
from gankit.data.source import Source

OPTIONS = {"image_size": (8, 8), "batch_size": 3}


def encode(value, kind="png"):
    """Returns an image file of one brightness."""
    file = io.BytesIO()
    Image.new("RGB", (12, 16), (value, value, value)).save(file, kind)
    return file.getvalue()


def pack(path, files, **options):
    """Writes a tar of files, given as contents by name."""
    with tarfile.open(path, "w", **options) as tar:
        for name, contents in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            tar.addfile(member, io.BytesIO(contents))
    return path


def pack_numbers(path, numbers, name="{:06d}.png"):
    """Writes a tar of images whose pixels tell their numbers."""
    return pack(path, {name.format(number): encode(number) for number in numbers})


def numbers(images):
    return np.round((np.asarray(images)[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()


def read_epoch(dataset, epoch=0):
    set_epoch(dataset, epoch)
    return [numbers(images) for images in dataset]


def read_order(dataset, epoch=0):
    return list(itertools.chain.from_iterable(read_epoch(dataset, epoch)))


@pytest.fixture
def folder(tmp_path):
    """Photos of two classes in folders, and in two tars of which the second begins with dogs."""
    root, generator = tmp_path / "photos", np.random.default_rng(0)
    for name in (
        "cat/a.png",
        "cat/b.jpg",
        "cat/deep/c.PNG",
        "dog/d.jpeg",
        "dog/e.webp",
        "dog/f.gif",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 256, (20, 30, 3), "uint8")
        Image.fromarray(pixels).resize((300, 200)).save(root / name)
    (root / "dog/notes.txt").write_text("not an image")
    for number, kinds in enumerate((["cat"], ["dog"])):
        with tarfile.open(tmp_path / f"{number}.tar", "w") as tar:
            for kind in kinds:
                tar.add(root / kind, f"./{kind}", filter=None)
    return tmp_path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"flip": "horizontal", "seed": 3},
        {"color_mode": "grayscale", "center_crop": (150, 150)},
        {"value_range": (0, 1), "image_size": (100, 160)},
    ],
)
def test_the_same_as_from_the_folder(folder, options):
    options = OPTIONS | {"labels": "inferred", "shuffle": False} | options
    packed = data.from_shards(folder, **options)
    loose = data.from_directory(folder / "photos", **options)
    assert packed.class_names == loose.class_names == ["cat", "dog"]
    assert packed.file_paths == [str(folder / "0.tar"), str(folder / "1.tar")]
    assert packed.element_spec == loose.element_spec
    for (images, labels), (same_images, same_labels) in zip(packed, loose, strict=True):
        np.testing.assert_array_equal(images, same_images)
        np.testing.assert_array_equal(labels, same_labels)


def test_real_photos(tmp_path):
    path = shared_data("dogs/dogs_jpg_2000.tar")
    with tarfile.open(path) as tar:
        tar.extractall(tmp_path, tar.getmembers()[:16], filter="data")
    options = {"image_size": (64, 64), "batch_size": 16, "shuffle": False}
    (expected,) = data.from_directory(tmp_path, **options)
    np.testing.assert_array_equal(next(iter(data.from_shards(path, **options))), expected)


def test_what_a_path_can_be(tmp_path):
    one = pack_numbers(tmp_path / "1.tar", range(3))
    two = pack_numbers(tmp_path / "2.tar", range(3, 6))
    (tmp_path / "notes.txt").write_text("no tar")
    options = OPTIONS | {"shuffle": False}
    for path in (tmp_path, str(tmp_path / "?.tar"), [one, str(two)], [tmp_path / "[12].tar"]):
        dataset = data.from_shards(path, **options)
        assert dataset.file_paths == [str(one), str(two)]
        assert dataset.class_names is None
        assert read_epoch(dataset) == [[0, 1, 2], [3, 4, 5]]
    assert read_epoch(data.from_shards(two, **options)) == [[3, 4, 5]]


def test_a_tar_without_images_among_others(tmp_path):
    for number, images in enumerate(([], range(2), [], range(2, 6), [])):
        pack_numbers(tmp_path / f"{number}.tar", images)
    assert sorted(read_order(data.from_shards(tmp_path, **OPTIONS))) == list(range(6))


def test_classes_in_text_files(tmp_path):
    first = {"a/0.cls": b"7", "a/0.png": encode(0), "a/1.png": encode(1), "a/1.cls": b" 3\n"}
    second = {"a/2.png": encode(2), "a/2.json": b"{}", "a/2.cls": b"2147483647", "b.txt": b""}
    pack(tmp_path / "1.tar", first)
    pack(tmp_path / "2.tar", second)
    dataset = data.from_shards(tmp_path, labels="cls", shuffle=False, **OPTIONS)
    ((images, labels),) = dataset
    assert labels.dtype == tf.int32
    assert labels.numpy().tolist() == [7, 3, 2147483647]
    assert numbers(images) == [0, 1, 2]
    assert dataset.class_names is None


def test_classes_are_numbered_over_all_tars(tmp_path):
    pack(tmp_path / "1.tar", {"owl/0.png": encode(0), "./cat/1.png": encode(1)})
    pack(tmp_path / "2.tar", {"cat/deep/2.png": encode(2), "ant/3.png": encode(3)})
    options = OPTIONS | {"batch_size": 4, "shuffle": False}
    dataset = data.from_shards(tmp_path, labels="inferred", **options)
    ((_, labels),) = dataset
    assert dataset.class_names == ["ant", "cat", "owl"]
    assert labels.numpy().tolist() == [2, 1, 1, 0]


def test_what_is_no_image_is_passed_over(tmp_path):
    with tarfile.open(tmp_path / "0.tar", "w") as tar:
        for name, kind in (("a.png", tarfile.SYMTYPE), ("b.png", tarfile.DIRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "000000.png"
            tar.addfile(member)
    pack(tmp_path / "1.tar", {"c.txt": b"c", "x/._d.png": b"of macOS", "e.png": encode(5)})
    dataset = data.from_shards(tmp_path, image_size=(8, 8), batch_size=1)
    assert read_epoch(dataset) == [[5]]


@pytest.fixture
def small_runs(monkeypatch):
    """Runs of about two images, in blocks of three runs."""
    monkeypatch.setattr(runs, "RUN", 2 * len(encode(0)))
    monkeypatch.setattr(runs, "BLOCK", 3)


@pytest.fixture(params=["tf.data", "Batches"])
def carrier(request, monkeypatch):
    """How batches are carried on TensorFlow, and on other backends."""
    monkeypatch.setattr(batches, "uses_tf_data", lambda: request.param == "tf.data")


def test_each_image_once_an_epoch_in_an_order_of_its_own(tmp_path, small_runs, carrier):
    pack_numbers(tmp_path / "1.tar", range(13))
    pack_numbers(tmp_path / "2.tar", range(13, 30))
    dataset = data.from_shards(tmp_path, seed=5, **OPTIONS)
    orders = [read_order(dataset, epoch) for epoch in range(4)]
    assert all(sorted(order) == list(range(30)) for order in orders)
    assert len(set(map(tuple, orders))) == 4
    assert orders[1] == read_order(data.from_shards(tmp_path, seed=5, **OPTIONS), 1)
    assert orders[1] != read_order(data.from_shards(tmp_path, seed=6, **OPTIONS), 1)


def test_goes_on_in_the_middle_of_an_epoch(tmp_path, small_runs, carrier):
    pack_numbers(tmp_path / "1.tar", range(31))
    whole, taken_up = (data.from_shards(tmp_path, **OPTIONS, flip="horizontal") for _ in range(2))
    expected = read_epoch(whole, 3) + [numbers(images) for images in whole]
    set_epoch(taken_up, 3)
    rest = list(taken_up)[4:] + list(taken_up)
    assert list(map(numbers, rest)) == expected[4:]


def make_places(number, size):
    """Returns images of ``size`` bytes, which are nowhere, in two tars."""
    places = np.zeros(number, PLACE)
    places["size"] = size
    return PackedImages(["1.tar", "2.tar"], [places[: number // 3], places[number // 3 :]])


@settings(deadline=None)
@given(
    number=st.integers(1, 300),
    length=st.integers(1, 40),
    seed=st.integers(0, 2**70),
    epoch=st.integers(0, 10_000),
)
def test_runs_are_shuffled_in_blocks(number, length, seed, epoch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "BLOCK", 3)
        shuffled = runs.Runs(make_places(number, runs.RUN // length), seed)
        order = shuffled.order(epoch)
    assert sorted(order) == list(range(number))
    whole = np.split(order, range(3 * length, number, 3 * length))
    touched = [set((block // length).tolist()) for block in whole]
    # Only the last run, which may be shorter, moves what comes after it.
    assert all(len(block) <= 4 for block in touched)
    assert sum(map(len, touched)) <= -(-number // length) + len(whole)


@pytest.mark.parametrize("size", [0, 1, 10**9])
def test_runs_of_images_of_any_size(size):
    order = runs.Runs(make_places(10, size), seed=0).order(0)
    assert sorted(order) == list(range(10))


@settings(deadline=None)
@given(
    number=st.integers(1, 200),
    length=st.integers(1, 20),
    batch_size=st.integers(1, 70),
)
def test_each_run_is_read_in_a_row_before_it_is_needed(number, length, batch_size):
    prepared, images = [], make_places(number, runs.RUN // length)
    images.prepare = lambda first, end: prepared.extend(range(first, end))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "BLOCK", 3)
        shuffled = runs.Runs(images, seed=0)
        source = Source(lambda epoch, number: (epoch, number), 0, [], None, shuffled.order)
        ahead = shuffled.read_ahead(source, batch_size)
        for batch in range(number // batch_size):
            assert ahead.read(2, batch) == (2, batch)
            end = (batch + 1) * batch_size
            assert set(shuffled.order(2)[:end]) <= set(prepared)
        assert len(prepared) == len(set(prepared))
        assert len(prepared) <= batch_size * (number // batch_size) + 5 * length


def test_the_system_is_told_which_bytes_are_read(tmp_path, monkeypatch):
    told, shards = [], ["1.tar", "2.tar", "3.tar"]
    monkeypatch.setattr(os, "POSIX_FADV_WILLNEED", "soon", raising=False)
    monkeypatch.setattr(os, "posix_fadvise", lambda _, *call: told.append(call), raising=False)
    first = np.array([(0, 512, 100, 0), (1024, 1536, 50, 0)], PLACE)
    last = np.array([(512, 1024, 7, 0), (1536, 2048, 8, 0), (2560, 3072, 9, 0)], PLACE)
    for shard in shards:
        (tmp_path / shard).touch()
    paths = [str(tmp_path / shard) for shard in shards]
    images = PackedImages(paths, [first, first[:0], last])
    images.prepare(0, 2)
    images.prepare(1, 4)
    assert told == [(0, 1586, "soon"), (1024, 562, "soon"), (512, 1544, "soon")]
    (tmp_path / "1.tar").unlink()  # whoever reads from it names it
    images.prepare(0, 1)


def test_without_a_system_that_can_be_told(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    pack_numbers(tmp_path / "1.tar", range(3))
    assert sorted(read_epoch(data.from_shards(tmp_path, **OPTIONS))[0]) == [0, 1, 2]


LONG = f"{'folder' * 16}/{'name' * 20}.png"


@pytest.mark.parametrize("name", ["b.png", LONG, "蛙 1.png"])
@pytest.mark.parametrize("contents", [b"", b"this is no image", encode(1)[:60]])
def test_a_damaged_image_is_named(tmp_path, name, contents, carrier):
    path = pack(tmp_path / "1.tar", {"a.png": encode(0), name: contents, "c.png": encode(2)})
    options = OPTIONS | {"shuffle": False}
    errors = (ValueError, tf.errors.InvalidArgumentError)
    with pytest.raises(errors, match=f"{path}: {name} can't be read: .*on_error='skip'"):
        list(data.from_shards(path, **options))
    with pytest.warns(UserWarning, match=f"{path}: {name} can't be read: .*1 of 3"):
        assert read_epoch(data.from_shards(path, on_error="skip", **options)) == [[0, 2, 2]]


def test_a_tar_that_vanishes_while_training(tmp_path):
    options = OPTIONS | {"shuffle": False}
    pack_numbers(tmp_path / "1.tar", range(3))
    pack_numbers(tmp_path / "2.tar", range(3, 6))
    dataset = data.from_shards(tmp_path, **options)
    skipping = data.from_shards(tmp_path, on_error="skip", **options)
    (tmp_path / "1.tar").unlink()
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"1\.tar: the image at byte \d+ can't"
    ):
        list(dataset)
    with pytest.warns(UserWarning, match=r"1\.tar: the image at byte \d+ can't be read"):
        assert read_epoch(skipping) == [[3, 3, 3], [3, 4, 5]]


def test_a_tar_that_is_cut_short_is_named(tmp_path):
    path = pack_numbers(tmp_path / "1.tar", range(3))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"1\.tar can't be read: it is cut short"):
        data.from_shards(tmp_path, **OPTIONS)


def test_a_compressed_tar_is_named(tmp_path):
    pack_numbers(tmp_path / "1.tar", range(30))
    with tarfile.open(tmp_path / "1.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "1.tar")
    with pytest.raises(ValueError, match=r"1\.tar\.gz can't be read: it is compressed by gzip"):
        data.from_shards(tmp_path / "1.tar.gz", **OPTIONS)
    (tmp_path / "1.tar").unlink()
    with pytest.raises(ValueError, match=r"There is no tar .*1\.tar\.gz is compressed: unpack it"):
        data.from_shards(tmp_path, **OPTIONS)


PACKED = {
    "without images": ({"a.txt": b"a"}, {}, r"no images in .*1\.tar: no file inside ends.*\.jpg"),
    "loose": ({"a.png": b"a"}, {"labels": "inferred"}, r"1\.tar .*a\.png is not in a folder"),
    "no class": (
        {"a.png": b"a", "b.cls": b"1"},
        {"labels": "cls"},
        r"1\.tar .*needs the class of a\.png in a\.cls next to it.*the tar with --sort=name\.$",
    ),
    "class elsewhere": (
        {"a.png": b"a", "b.png": b"b", "a.cls": b"1", "b.cls": b"1"},
        {"labels": "cls"},
        "must be next to each other",
    ),
    "no number": (
        {"a.png": b"a", "a.cls": b"cat"},
        {"labels": "cls"},
        r"1\.tar .*a\.cls must hold an integer of 0 or more, but holds b'cat'",
    ),
    "negative": ({"a.png": b"a", "a.cls": b"-1"}, {"labels": "cls"}, "holds b'-1'"),
    "too large": ({"a.png": b"a", "a.cls": b"2147483648"}, {"labels": "cls"}, "b'2147483648'"),
    "few": ({"a.png": b"a"}, {}, "batch_size=3 is larger than the data: there are 1 images"),
    "labels": ({"a.png": b"a"}, {"labels": "guess"}, "labels must be one of .*'cls'.*got 'guess'"),
}


@pytest.mark.parametrize(("files", "options", "message"), PACKED.values(), ids=PACKED.keys())
def test_bad_tars(tmp_path, files, options, message):
    pack(tmp_path / "1.tar", files)
    with pytest.raises(ValueError, match=message):
        data.from_shards(tmp_path, **OPTIONS, **options)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "There is no tar at '.*nowhere'. Pass one, a folder"),
        ("*.tar", "There is no tar at '.*tar'"),
        ("text.txt", r"text\.txt can't be read: it is no tar"),
    ],
)
def test_bad_paths(tmp_path, path, message):
    (tmp_path / "text.txt").write_text("some text " * 100)
    with pytest.raises(ValueError, match=message):
        data.from_shards(tmp_path / path, **OPTIONS)
    with pytest.raises(ValueError, match="path is an empty list"):
        data.from_shards([], **OPTIONS)
