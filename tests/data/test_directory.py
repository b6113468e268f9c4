"""Real image files: read, cut, and named when they are damaged."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import run_python, shared_data
from PIL import Image

from gankit import data
from gankit.data.epochs import set_epoch
from gankit.data.images import find_reduction, to_array
from gankit.data.resizing import resize


@pytest.fixture
def folder(tmp_path):
    """Six images of three kinds in two classes; the first pixel tells the file's number."""
    for number, name in enumerate(
        ["cat/a.png", "cat/b.png", "cat/c.png", "dog/d.png", "dog/e.PNG"]
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((12, 16, 3), 10 * number, "uint8")).save(path)
    Image.fromarray(np.full((16, 12), 50, "uint8")).save(tmp_path / "dog/f.jpg", quality=100)
    (tmp_path / "dog/notes.txt").write_text("not an image")
    return tmp_path


def numbers(batch):
    return np.round((batch[:, 0, 0, 0].numpy() + 1) * 12.75).astype(int).tolist()


def test_reads_in_order(folder):
    dataset = data.from_directory(folder, image_size=(8, 8), batch_size=2, shuffle=False)
    assert dataset.element_spec == tf.TensorSpec((2, 8, 8, 3), tf.float32)
    assert [numbers(batch) for batch in dataset] == [[0, 1], [2, 3], [4, 5]]
    assert len(dataset) == 3
    assert dataset.file_paths[0] == str(folder / "cat" / "a.png")


@pytest.mark.parametrize("cache", [False, True])
def test_another_range_of_values(folder, cache):
    options = {"image_size": (8, 8), "batch_size": 6, "shuffle": False, "cache": cache}
    (batch,) = data.from_directory(folder, value_range=(0, 1), **options)
    np.testing.assert_allclose(batch[:, 0, 0, 0], np.arange(6) * 10 / 255, atol=1e-6)


def test_labels_are_the_subfolders(folder):
    dataset = data.from_directory(folder, image_size=(8, 8), batch_size=3, labels="inferred")
    assert dataset.class_names == ["cat", "dog"]
    for images, labels in dataset:
        assert labels.dtype == tf.int32
        np.testing.assert_array_equal(np.array(numbers(images)) >= 3, labels)


def test_order_is_a_function_of_seed_and_epoch(folder):
    def order(epoch, seed=0):
        dataset = data.from_directory(folder, image_size=(8, 8), batch_size=2, seed=seed)
        set_epoch(dataset, epoch)
        return [number for batch in dataset for number in numbers(batch)]

    assert sorted(order(0)) == list(range(6))
    assert order(3) == order(3)
    assert len({tuple(order(epoch)) for epoch in range(5)}) > 1


def test_classes_keep_their_numbers(folder):
    options = {"image_size": (8, 8), "batch_size": 3, "labels": "inferred"}
    dataset = data.from_directory(folder, classes=["dog", "dog"], **options)
    assert dataset.class_names == ["cat", "dog"]
    assert [labels.numpy().tolist() for _, labels in dataset] == [[1, 1, 1]]


def test_grey_classes_and_cache(folder):
    options = {"image_size": (8, 8), "batch_size": 3, "color_mode": "grayscale"}
    streamed = data.from_directory(folder, classes=["dog"], shuffle=False, **options)
    cached = data.from_directory(folder, classes=["dog"], shuffle=False, cache=True, **options)
    (batch,), (again,) = streamed, cached
    assert batch.shape == (3, 8, 8, 1)
    np.testing.assert_array_equal(batch, again)
    assert numbers(batch) == [3, 4, 5]


def test_same_pixels_as_an_array(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 20, 30, 3), dtype="uint8")
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    options = {"image_size": (8, 8), "center_crop": (16, 16), "batch_size": 4, "shuffle": False}
    (from_files,) = data.from_directory(tmp_path, **options)
    (from_memory,) = data.from_arrays(images, **options)
    np.testing.assert_array_equal(from_files, from_memory)


def damage(folder):
    whole = (folder / "dog/f.jpg").read_bytes()
    (folder / "cat/b.png").write_bytes(b"")
    (folder / "dog/e.PNG").write_bytes(b"this is no image")
    (folder / "dog/f.jpg").write_bytes(whole[: len(whole) // 2])


def test_damaged_files_are_named(folder):
    damage(folder)
    with pytest.raises(ValueError, match="3 of 6 images") as error:
        data.from_directory(folder, image_size=(8, 8), batch_size=2)
    for part in ("b.png: the file is empty", "e.PNG: ", "f.jpg: ", "on_error='skip'"):
        assert part in str(error.value)


def test_damaged_files_can_be_left_out(folder):
    damage(folder)
    with pytest.warns(UserWarning, match="3 of 6 images(.|\n)*b.png: the file is empty"):
        dataset = data.from_directory(
            folder, image_size=(8, 8), batch_size=3, on_error="skip", shuffle=False
        )
    assert [numbers(batch) for batch in dataset] == [[0, 2, 3]]


def test_damage_that_shows_while_training(folder):
    options = {"image_size": (8, 8), "batch_size": 2, "shuffle": False}
    dataset = data.from_directory(folder, **options)
    skipping = data.from_directory(folder, on_error="skip", **options)
    (folder / "cat/b.png").unlink()
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"b\.png can't be read"):
        list(dataset)
    with pytest.warns(UserWarning, match=r"b.png can't be read.*1 of 6"):
        batches = [numbers(batch) for batch in skipping]
    assert batches == [[0, 2], [2, 3], [4, 5]]


def test_a_whole_file_with_an_unusual_end_is_read(folder):
    with (folder / "dog/f.jpg").open("ab") as file:
        file.write(b"a camera's own data" * 10)
    dataset = data.from_directory(folder, image_size=(8, 8), batch_size=6, shuffle=False)
    assert numbers(next(iter(dataset)))[-1] == 5


def test_labels_by_file(folder):
    options = {"image_size": (8, 8), "batch_size": 3, "shuffle": False}
    plain = data.from_directory(folder, **options)
    names = [Path(path).relative_to(folder).as_posix() for path in plain.file_paths]
    values = {name: number / 10 for number, name in enumerate(names)}
    dataset = data.from_directory(folder, labels=values, **options)
    np.testing.assert_allclose(
        np.concatenate([labels for _, labels in dataset]), np.arange(6) / 10, rtol=1e-6
    )
    assert dataset.class_names is None
    texts = {name: Path(name).parent.name for name in names}  # as subfolders would say
    by_text = data.from_directory(folder, labels=texts, **options)
    inferred = data.from_directory(folder, labels="inferred", **options)
    assert by_text.class_names == inferred.class_names
    for (_, named), (_, expected) in zip(by_text, inferred, strict=True):
        np.testing.assert_array_equal(named, expected)


def test_labels_follow_the_images_that_take_a_place(folder):
    dataset = data.from_directory(
        folder, image_size=(8, 8), batch_size=6, shuffle=False, labels="inferred", on_error="skip"
    )
    (folder / "cat/c.png").unlink()
    with pytest.warns(UserWarning, match="c.png can't be read"):
        images, labels = next(iter(dataset))
    assert numbers(images) == [0, 1, 3, 3, 4, 5]
    assert labels.numpy().tolist() == [0, 0, 1, 1, 1, 1]


def photo(height, width, seed=0):
    """A smooth picture, as photos are."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype="uint8")
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("color_mode", ["rgb", "grayscale"])
def test_a_photo_decoded_at_a_part_of_its_size_looks_the_same(tmp_path, color_mode):
    sizes, parts = [(24, 24), (160, 160), (80, 200), (200, 800)], [1, 8, 4, 8]
    assert [find_reduction(size, (12, 12)) for size in sizes] == parts
    for number, size in enumerate(sizes):
        photo(*size, seed=number).save(tmp_path / f"{number}.jpg", quality=95, subsampling=0)
    options = {"color_mode": color_mode, "image_size": (12, 12)}
    (batch,) = data.from_directory(tmp_path, batch_size=4, shuffle=False, **options)
    for number, (height, width) in enumerate(sizes):
        whole = photo(height, width, seed=number).convert("RGB" if color_mode == "rgb" else "L")
        left = (width - height) // 2
        square = to_array(resize(whole.crop((left, 0, left + height, height)), (12, 12)))
        np.testing.assert_allclose((batch[number] + 1) * 127.5, square, atol=10)


def test_damage_inside_of_a_photo_is_named(tmp_path):
    for number in range(3):
        photo(40, 40, seed=number).save(tmp_path / f"{number}.jpg")
    contents = bytearray((tmp_path / "1.jpg").read_bytes())
    tables = contents.index(b"\xff\xc4")  # of the Huffman codes
    contents[tables + 5 : tables + 21] = bytes([255] * 16)
    (tmp_path / "1.jpg").write_bytes(contents)
    options = {"image_size": (16, 16), "batch_size": 3, "shuffle": False}
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"1\.jpg can't be read"):
        list(data.from_directory(tmp_path, **options))
    with pytest.warns(UserWarning, match=r"1\.jpg can't be read.*1 of 3"):
        (batch,) = data.from_directory(tmp_path, on_error="skip", **options)
    np.testing.assert_array_equal(batch[1], batch[2])


def test_a_photo_smaller_than_the_crop_is_named(tmp_path):
    photo(40, 40).save(tmp_path / "0.jpg")
    photo(16, 40).save(tmp_path / "1.jpg")
    options = {"image_size": (16, 16), "center_crop": (20, 20), "batch_size": 1}
    with pytest.raises(ValueError, match=r"1\.jpg: a crop of \(20, 20\) is larger.*\(16, 40\)"):
        data.from_directory(tmp_path, **options)
    with pytest.warns(UserWarning, match=r"1\.jpg"):
        dataset = data.from_directory(tmp_path, on_error="skip", **options)
    assert dataset.file_paths == [str(tmp_path / "0.jpg")]


def test_modes_of_real_files(tmp_path):
    grey = np.full((8, 8), 150, "uint8")
    Image.fromarray(grey).save(tmp_path / "a_grey.png")
    Image.fromarray(grey.astype("uint16") * 257).save(tmp_path / "b_16bit.png")
    Image.fromarray(grey).convert("P").save(tmp_path / "c_palette.png")
    Image.fromarray(grey).convert("RGBA").save(tmp_path / "d_alpha.png")
    Image.fromarray(grey).convert("CMYK").save(tmp_path / "e_cmyk.jpg", quality=100)
    (batch,) = data.from_directory(tmp_path, image_size=(8, 8), batch_size=5, shuffle=False)
    assert numbers(batch) == [15] * 5


def test_a_photo_taken_sideways_stands_upright(tmp_path):
    pixels = np.zeros((8, 16, 3), "uint8")
    pixels[:, :8] = 250
    exif = Image.Exif()
    exif[0x0112] = 6  # turned clockwise by 90 degrees to be seen
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    (batch,) = data.from_directory(tmp_path, image_size=(16, 8), batch_size=1)
    assert batch.numpy()[0, :8].min() > 0.9
    assert batch.numpy()[0, 8:].max() < -0.9


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        ("nowhere", {}, "There is no folder '.*nowhere'"),
        ("empty", {}, r"There are no images in '.*empty'.*\.jpg"),
        (".", {"batch_size": 7}, "batch_size=7 is larger.*6 images"),
        (".", {"classes": ["bird"]}, r"no subfolder 'bird', it has \['cat', 'dog', 'empty'\]"),
        ("cat", {"labels": "inferred"}, "3 images are in none of "),
        (".", {"labels": "guess"}, "labels, unless .* one of .*'inferred'.*got 'guess'"),
        (
            ".",
            {"labels": {"dog/a.png": 1}},
            r"labels lack \d of the \d images.*keys look like 'dog/a.png'",
        ),
        (".", {"color_mode": "RGBA"}, "color_mode must be one of"),
        (".", {"image_size": None}, r"image_size=\(height, width\) is needed"),
        (".", {"on_error": "ignore"}, "on_error must be one of"),
    ],
)
def test_bad_input(folder, path, options, message):
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match=message):
        data.from_directory(folder / path, **{"image_size": (8, 8), "batch_size": 2, **options})


READ_ALL = """
import resource, sys
from gankit import data
for _ in data.from_directory(sys.argv[1], image_size=(256, 256), batch_size=10):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_folder(tmp_path):
    peaks = []
    for number in (40, 400):
        folder = tmp_path / str(number)
        folder.mkdir()
        for index in range(number):
            Image.new("RGB", (256, 256), (index % 256, 0, 0)).save(folder / f"{index}.jpg")
        peaks.append(int(run_python(READ_ALL, tmp_path, str(folder)).split()[-1]) * 1024)
    # As floats, 360 more images would be 283 MB, and as bytes 71 MB.
    assert peaks[1] - peaks[0] < 50_000_000


def test_real_photos(tmp_path):
    import tarfile

    with tarfile.open(shared_data("dogs/dogs_jpg_2000.tar")) as archive:
        archive.extractall(tmp_path, archive.getmembers()[:40], filter="data")
    dataset = data.from_directory(tmp_path, image_size=(64, 64), batch_size=8)
    batch = next(iter(dataset))
    assert batch.shape == (8, 64, 64, 3)
    assert -1 <= batch.numpy().min() < -0.5 < 0.5 < batch.numpy().max() <= 1


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        ("crop", [[2, 3, 4, 5]] * 4),
        ("stretch", [[0.5, 2.5, 4.5, 6.5]] * 4),
        ("pad", [[0, 0, 0, 0], [0.5, 2.5, 4.5, 6.5], [0.5, 2.5, 4.5, 6.5], [0, 0, 0, 0]]),
    ],
)
def test_images_of_another_aspect_ratio(fit, expected, tmp_path):
    columns = np.arange(8, dtype="uint8") * 20
    Image.fromarray(np.tile(columns, (4, 1))).save(tmp_path / "wide.png")  # 4 high, 8 wide
    dataset = data.from_directory(
        tmp_path, image_size=(4, 4), batch_size=1, color_mode="grayscale", fit=fit, shuffle=False
    )
    pixels = (np.asarray(next(iter(dataset)))[0, ..., 0] + 1) * 127.5 / 20
    np.testing.assert_allclose(pixels, expected, atol=0.45)


def test_another_fit(tmp_path):
    with pytest.raises(ValueError, match="fit must be one of"):
        data.from_directory(tmp_path, image_size=(4, 4), batch_size=1, fit="squeeze")
