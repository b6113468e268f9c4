"""Folders as they come: damaged, strange and hostile files, each with a defined result."""

import random
import warnings

import numpy as np
import pytest
import tensorflow as tf
from helpers import run_python
from PIL import Image

from gankit import data

OPTIONS = {"image_size": (8, 8), "shuffle": False}


def photo(seed=0, size=(24, 24)):
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype="uint8")
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def mutate(contents, generator):
    """Returns bytes of which some are changed, cut off, doubled, or left out."""
    contents = bytearray(contents)
    for _ in range(generator.choice([1, 1, 3, 10])):
        place = generator.randrange(len(contents))
        contents[place] = generator.randrange(256)
    start, end = sorted(generator.randrange(len(contents)) for _ in range(2))
    kind = generator.choice(["change", "change", "cut", "double", "leave out"])
    if kind == "cut":
        del contents[start:]
    elif kind == "double":
        contents[start:start] = contents[start:end]
    elif kind == "leave out":
        del contents[start:end]
    return bytes(contents)


def fuzz(folder, number):
    """Reads a folder of mutated files; returns how many are named and how many are read."""
    generator, originals = random.Random(0), []
    for kind in ("jpg", "png"):
        photo().save(folder / f"original.{kind}")
        originals.append((kind, (folder / f"original.{kind}").read_bytes()))
    for index in range(number):
        kind, contents = generator.choice(originals)
        (folder / f"{index:04d}.{kind}").write_bytes(mutate(contents, generator))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = data.from_directory(folder, batch_size=1, on_error="skip", **OPTIONS)
        batches = list(dataset)
    assert all(np.isfinite(batch).all() and np.abs(batch).max() <= 1 for batch in batches)
    read_later = sum("takes its place" in str(warning.message) for warning in caught)
    return number + 2 - len(batches), read_later, len(batches)


def test_mutated_files_are_named_or_read(tmp_path):
    at_start, later, read = fuzz(tmp_path, 100)
    assert at_start > 20
    assert read > 20
    assert later < read


@pytest.mark.slow
def test_a_thousand_mutated_files(tmp_path):
    at_start, later, read = fuzz(tmp_path, 1000)
    print(f"{at_start} named at the start, {later} while reading, {read - later} read")
    assert at_start > 200


def test_one_in_a_hundred_is_damaged(tmp_path):
    for index in range(200):
        photo(index).save(tmp_path / f"{index:03d}.jpg")
    for index in (50, 150):
        path = tmp_path / f"{index:03d}.jpg"
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"2 of 200 images.*can't be read:\n.*050\.jpg: .*\n.*150"):
        data.from_directory(tmp_path, batch_size=50, **OPTIONS)
    with pytest.warns(UserWarning, match="2 of 200 images"):
        dataset = data.from_directory(tmp_path, batch_size=50, on_error="skip", **OPTIONS)
    assert len(list(dataset)) == 3


def test_names_of_any_script_and_links_in_a_circle(tmp_path):
    for name in ("лягушка.jpg", "蛙 1.png", "grenouille é.jpg"):
        photo().save(tmp_path / name)
    (tmp_path / "circle").symlink_to(tmp_path)
    dataset = data.from_directory(tmp_path, batch_size=3, **OPTIONS)
    assert len(list(dataset)) == 1


def test_an_animation_shows_its_first_picture(tmp_path):
    first, second = Image.new("RGB", (8, 8), "white"), Image.new("RGB", (8, 8), "black")
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    first.save(tmp_path / "b.webp", save_all=True, append_images=[second], lossless=True)
    (batch,) = data.from_directory(tmp_path, batch_size=2, **OPTIONS)
    np.testing.assert_array_equal(batch, np.ones((2, 8, 8, 3)))


def test_files_that_vanish_while_training(tmp_path):
    for index in range(6):
        photo(index).save(tmp_path / f"{index}.jpg")
    dataset = data.from_directory(tmp_path, batch_size=2, **OPTIONS)
    skipping = data.from_directory(tmp_path, batch_size=2, on_error="skip", **OPTIONS)
    for index in range(1, 6):
        (tmp_path / f"{index}.jpg").unlink()
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"1\.jpg can't be read"):
        list(dataset)
    with pytest.warns(UserWarning, match=r"\d\.jpg can't be read.* of 6 so far"):
        batches = list(skipping)
    assert all(np.array_equal(image, batches[0][0]) for batch in batches for image in batch)
    (tmp_path / "0.jpg").unlink()
    with (
        pytest.warns(UserWarning, match=r"0\.jpg can't be read.*6 of 6 so far"),
        pytest.raises(tf.errors.InvalidArgumentError, match="None of the 6 images"),
    ):
        list(skipping)


MANY_FILES = """
import resource, sys, time
from pathlib import Path
from gankit import data
number = int(sys.argv[1])
for index in range(1, number):
    Path(f"{index:06d}.jpg").symlink_to("000000.jpg")
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = used(), time.perf_counter()
dataset = data.from_directory(".", batch_size=100, image_size=(8, 8))
assert len(dataset) == number // 100
assert next(iter(dataset)).shape == (100, 8, 8, 3)
print("REPORT", time.perf_counter() - start, "seconds", used() - before, "megabytes")
assert used() - before < 500
"""


@pytest.mark.slow
def test_a_million_files(tmp_path):
    photo().save(tmp_path / "000000.jpg")
    print(run_python(MANY_FILES, tmp_path, "1000000", timeout=1200))
