"""What a look at the data shows, and that it leaves them as they are."""

import numpy as np
import pytest
from helpers import make_dataset, make_images
from PIL import Image

import gankit
from gankit import data
from gankit.data.epochs import get_epochs

PHOTOS = np.random.default_rng(0).integers(256, size=(6, 64, 64, 3), dtype="uint8")


def test_images_stand_in_a_grid(tmp_path):
    dataset = data.from_arrays(PHOTOS, batch_size=6, shuffle=False)
    grid = gankit.show_batch(dataset, tmp_path / "batch.png", columns=3)
    np.testing.assert_array_equal(grid, gankit.make_grid(PHOTOS, columns=3))
    np.testing.assert_array_equal(Image.open(tmp_path / "batch.png"), grid)
    assert gankit.show_batch(PHOTOS, num_images=1).shape == (64, 64, 3)
    assert gankit.show_batch(make_images(4)).shape == (2 * 66 - 2, 2 * 66 - 2, 1)  # of 8x8


def test_labels_stand_below():
    dataset = data.from_arrays(PHOTOS, [0, 1, 0, 1, 0, 1], batch_size=6, shuffle=False)
    dataset.class_names = ["cat", "dog"]
    grid = gankit.show_batch(dataset, columns=6)
    assert grid.shape == (64 + 12, 6 * 66 - 2, 3)
    np.testing.assert_array_equal(grid[:64], gankit.make_grid(PHOTOS, columns=6))
    texts = [grid[64:, 66 * n : 66 * n + 64] for n in range(6)]
    assert all(np.array_equal(text, texts[n % 2]) for n, text in enumerate(texts))
    assert not np.array_equal(texts[0], texts[1])
    vectors = data.from_arrays(PHOTOS, np.zeros((6, 3)), batch_size=6)
    assert gankit.show_batch(vectors, columns=6).shape == grid.shape


def test_the_dataset_is_not_advanced():
    shown, other = make_dataset(), make_dataset()
    gankit.show_batch(shown)
    assert get_epochs(shown) == [0]
    for one, same in zip(shown, other, strict=True):
        np.testing.assert_array_equal(one, same)


def test_what_can_t_be_looked_at():
    with pytest.raises(TypeError, match="would be lost to training"):
        gankit.show_batch(PHOTOS for _ in range(3))
    with pytest.raises(TypeError, match="must give batches of images, got int"):
        gankit.show_batch(3)
