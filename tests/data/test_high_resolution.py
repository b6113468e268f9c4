"""Patches of photos, and the same in fewer pixels."""

import numpy as np
import pytest
from PIL import Image

from gankit import data
from gankit.data.epochs import set_epoch

OPTIONS = {"factor": 3, "patch_size": (6, 9), "batch_size": 4}


@pytest.fixture
def folder(tmp_path):
    """Two photos of different sizes, in which each pixel tells where it is."""
    for number, (height, width) in enumerate([(12, 14), (20, 10)]):
        rows, columns = np.mgrid[:height, :width] * 10
        photo = np.stack([rows, columns, rows * 0 + number * 100], axis=-1)
        Image.fromarray(photo.astype("uint8")).save(tmp_path / f"{number}.png")
    return tmp_path


def in_bytes(images):
    return np.round((np.array(images) + 1) * 127.5).astype(int)


def test_patches_are_parts_of_the_photos(folder):
    dataset = data.from_high_resolution(folder, patches_per_image=4, flip=None, **OPTIONS)
    assert len(dataset) == 2
    patches, small = (np.concatenate(part) for part in zip(*dataset, strict=True))
    assert patches.shape == (8, 6, 9, 3)
    assert small.shape == (8, 2, 3, 3)
    patches = in_bytes(patches)
    np.testing.assert_array_equal(np.diff(patches[..., 0], axis=1), 10)
    np.testing.assert_array_equal(np.diff(patches[..., 1], axis=2), 10)
    assert sorted(patches[:, 0, 0, 2]) == [0] * 4 + [100] * 4
    assert len(set(map(bytes, patches.astype("uint8")))) > 5
    expected = data.resize_bicubic(patches, (2, 3))
    np.testing.assert_allclose((small + 1) * 127.5, expected, atol=1)


@pytest.mark.parametrize("cache", [False, True])
def test_places_are_a_function_of_seed_and_epoch(folder, cache):
    def patches(seed, epoch):
        dataset = data.from_high_resolution(
            folder, patches_per_image=2, cache=cache, seed=seed, **OPTIONS
        )
        set_epoch(dataset, epoch)
        return next(iter(dataset))[0].numpy()

    np.testing.assert_array_equal(patches(0, 1), patches(0, 1))
    assert not np.array_equal(patches(0, 1), patches(0, 2))
    assert not np.array_equal(patches(0, 1), patches(1, 1))


def test_cached_photos_are_read_once(folder):
    dataset = data.from_high_resolution(folder, patches_per_image=2, cache=True, **OPTIONS)
    list(dataset)
    for path in folder.iterdir():
        path.unlink()
    assert len(list(dataset)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch_size": (6, 8)}, r"patch_size=\(6, 8\) must be multiples of factor=3"),
        ({"patch_size": (15, 9)}, r"0\.png: a crop of \(15, 9\) is larger than .*\(12, 14\)"),
        ({"batch_size": 3}, "batch_size=3 is larger"),
        ({"factor": 0}, "factor must be an integer of at least 1, got 0"),
        ({"patches_per_image": 0}, "patches_per_image must be an integer of at least 1"),
        ({"color_mode": "bgr"}, "color_mode must be one of"),
    ],
)
def test_bad_input(folder, options, message):
    with pytest.raises(ValueError, match=message):
        data.from_high_resolution(folder, **{**OPTIONS, **options})
