import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import gankit


@settings(deadline=None, max_examples=60)
@given(
    number=st.integers(1, 30),
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    channels=st.sampled_from([1, 3]),
    padding=st.integers(0, 3),
    columns=st.none() | st.integers(1, 8),
)
def test_each_image_stands_in_its_place(number, height, width, channels, padding, columns):
    images = np.random.default_rng(0).integers(1, 256, (number, height, width, channels), "uint8")
    grid = gankit.make_grid(images, columns=columns, padding=padding)
    columns = min(columns or int(np.ceil(np.sqrt(number))), number)
    rows = -(-number // columns)
    assert grid.shape == (
        rows * (height + padding) - padding,
        columns * (width + padding) - padding,
        channels,
    )
    for index, image in enumerate(images):
        top = index // columns * (height + padding)
        left = index % columns * (width + padding)
        np.testing.assert_array_equal(grid[top : top + height, left : left + width], image)
    assert (grid > 0).sum() == images.size


def test_a_checkerboard_shows_through(tmp_path):
    images = np.full((2, 16, 16, 4), [1.0, -1.0, -1.0, -1.0], "float32")  # red
    images[0, :, :8, 3] = 1  # and opaque on one half
    picture = Image.open(gankit.save_grid(images, tmp_path / "grid.jpg", padding=0, scale=None))
    assert picture.size == (32, 16)
    grid = gankit.make_grid(images, padding=0)
    np.testing.assert_array_equal(grid[:, :8], np.broadcast_to([255, 0, 0], (16, 8, 3)))
    board = np.kron(np.indices((8, 12)).sum(0) % 2, np.ones((2, 2)))
    np.testing.assert_array_equal(grid[:, 8:, 0], np.where(board, 204, 255))
    half = np.full((1, 1, 1, 4), [0, 0, 0, 51], "uint8")  # black of 20 % on white
    np.testing.assert_array_equal(gankit.make_grid(half), [[[204] * 3]])


def test_files_keep_transparency(tmp_path):
    images = np.full((1, 3, 4, 4), [255, 0, 0, 128], "uint8")
    (path,) = gankit.save_images(images, tmp_path / "images")
    np.testing.assert_array_equal(Image.open(path), images[0])


def test_gaps_part_groups_of_columns():
    images = np.arange(1, 13, dtype="uint8").reshape(12, 1, 1, 1).repeat(4, axis=2)
    grid = gankit.make_grid(images, columns=(1, 3, 2), padding=1)
    assert grid.shape == (3, 6 * 5 - 1 + 2 * 2, 1)
    first = [
        *[1] * 4,
        *[0] * 3,
        *[2] * 4,
        0,
        *[3] * 4,
        0,
        *[4] * 4,
        *[0] * 3,
        *[5] * 4,
        0,
        *[6] * 4,
    ]
    np.testing.assert_array_equal(grid[0, :, 0], first)
    one_group = gankit.make_grid(images, columns=[6], padding=1)
    np.testing.assert_array_equal(one_group, gankit.make_grid(images, columns=6, padding=1))


def test_groups_of_which_only_a_part_is_filled():
    images = np.full((2, 2, 2, 1), 9, "uint8")
    grid = gankit.make_grid(images, columns=(1, 3, 3), padding=0)
    np.testing.assert_array_equal(grid[0, :, 0], [9, 9, 0, 9, 9])


def test_floats_become_bytes():
    images = np.array([-1, 0, 1, 3], "float32").reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(gankit.make_grid(images)[..., 0], [[0, 128], [255, 255]])


def test_another_range_of_values(tmp_path):
    images = np.array([-1, 0, 0.5, 1], "float32").reshape(1, 2, 2, 1)
    grid = gankit.make_grid(images, value_range=(0, 1))
    np.testing.assert_array_equal(grid[..., 0], [[0, 0], [128, 255]])
    path = gankit.save_grid(images, tmp_path / "grid.png", value_range=(0, 1), scale=None)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), grid[..., 0])
    with pytest.raises(ValueError, match=r"\(low, high\), got \(1, 0\)"):
        gankit.make_grid(images, value_range=(1, 0))


@pytest.mark.parametrize(
    ("number", "side", "scale", "expected"),
    [
        (64, 28, "auto", 2 * 238),
        (64, 8, "auto", 6 * 78),
        (1, 28, "auto", 17 * 28),
        (64, 64, "auto", 526),
        (64, 28, None, 238),
        (64, 28, 3, 3 * 238),
    ],
)
def test_small_grids_are_enlarged(number, side, scale, expected, tmp_path):
    images = np.random.default_rng(0).integers(256, size=(number, side, side, 1), dtype="uint8")
    picture = Image.open(gankit.save_grid(images, tmp_path / "grid.png", scale=scale))
    assert picture.size == (expected, expected)
    factor = expected // int(np.sqrt(number) * (side + 2) - 2)
    plain = gankit.make_grid(images)[..., 0]
    np.testing.assert_array_equal(picture, np.kron(plain, np.ones((factor, factor), "uint8")))


def test_what_is_no_scale():
    with pytest.raises(ValueError, match="scale, unless it is 'auto' or None, must be an integer"):
        gankit.make_grid(np.zeros((1, 2, 2, 1)), scale=0)


def test_endings_that_no_picture_has(tmp_path):
    images = np.zeros((1, 2, 2, 1))
    for name in ("grid", "grid.foo"):
        with pytest.raises(ValueError, match=r"needs the ending of an image file, such as \.png"):
            gankit.save_grid(images, tmp_path / name)


def test_volumes_are_drawn():
    volumes = np.zeros((2, 4, 4, 4, 1))
    volumes[:, 1] = 1
    pictures = gankit.draw_voxels(volumes, threshold=0.5)
    grid = gankit.make_grid(volumes, value_range=(0, 1))
    np.testing.assert_array_equal(grid, gankit.make_grid(pictures))


@pytest.mark.parametrize("channels", [1, 3])
def test_saves_a_picture(tmp_path, channels):
    images = np.random.default_rng(0).uniform(-1, 1, (5, 4, 4, channels))
    path = gankit.save_grid(images, tmp_path / "new" / "grid.png", padding=1, scale=None)
    with Image.open(path) as picture:
        assert picture.mode == ("L" if channels == 1 else "RGB")
        pixels = np.asarray(picture).reshape(9, 14, channels)
    np.testing.assert_array_equal(pixels, gankit.make_grid(images, padding=1))


def test_saves_an_animation_of_files_and_arrays(tmp_path):
    frames = [np.full((4, 4, 1), value, "uint8") for value in (0, 100, 200)]
    Image.fromarray(frames[0][..., 0]).save(tmp_path / "first.png")
    path = gankit.save_animation(
        [tmp_path / "first.png", *frames[1:]],
        tmp_path / "new" / "film.gif",
        frame_duration=0.1,
        last_frame_duration=1,
    )
    with Image.open(path) as film:
        assert film.n_frames == 3
        assert film.info["loop"] == 0
        for index, frame in enumerate(frames):
            film.seek(index)
            assert film.info["duration"] == (1000 if index == 2 else 100)
            np.testing.assert_allclose(np.asarray(film.convert("L")), frame[..., 0], atol=1)


@pytest.mark.parametrize("shape", [(4, 4, 1), (0, 4, 4, 1), (2, 4, 4, 2)])
def test_bad_shapes(shape):
    with pytest.raises(ValueError, match=r"\(n, height, width, channels\).*got"):
        gankit.make_grid(np.zeros(shape))


def test_bad_arguments():
    with pytest.raises(TypeError, match="got int64"):
        gankit.make_grid(np.zeros((1, 2, 2, 1), "int64"))
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        gankit.make_grid(np.zeros((1, 2, 2, 1)), columns=0)
    with pytest.raises(ValueError, match=r"columns must be at least 1, got \(3, 0\)"):
        gankit.make_grid(np.zeros((1, 2, 2, 1)), columns=(3, 0))
    with pytest.raises(ValueError, match="padding must be at least 0, got -1"):
        gankit.make_grid(np.zeros((1, 2, 2, 1)), padding=-1)


def test_nothing_to_show(tmp_path):
    with pytest.raises(ValueError, match="NaN or infinity"):
        gankit.make_grid(np.full((1, 2, 2, 1), np.nan))
    with pytest.raises(ValueError, match="frames is empty"):
        gankit.save_animation([], tmp_path / "film.gif")


def test_images_as_files_for_other_tools(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (12, 5, 4, 3), "uint8")
    paths = gankit.save_images(images, tmp_path / "new" / "folder")
    assert paths == sorted((tmp_path / "new" / "folder").iterdir())
    assert paths[11].name == "000011.png"
    for image, path in zip(images, paths, strict=True):
        with Image.open(path) as picture:
            np.testing.assert_array_equal(np.asarray(picture), image)
    with pytest.raises(FileExistsError, match="is not empty: give a new folder"):
        gankit.save_images(images, tmp_path / "new" / "folder")
    grey = gankit.save_images(np.full((1, 2, 2, 1), 0.5), tmp_path / "grey", value_range=(0, 1))
    with Image.open(grey[0]) as picture:
        assert (picture.mode, picture.getpixel((0, 0))) == ("L", 128)


def test_archives_hold_what_a_folder_would(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), "uint8")
    gankit.save_archive(images, tmp_path / "new/images.npz")
    with np.load(tmp_path / "new/images.npz") as loaded:
        np.testing.assert_array_equal(loaded["images"], images)
    paths = gankit.save_images(images, tmp_path / "images")
    with zipfile.ZipFile(gankit.save_archive(images, tmp_path / "images.zip")) as archive:
        assert archive.namelist() == [path.name for path in paths]
        assert [archive.read(path.name) for path in paths] == [path.read_bytes() for path in paths]
    with pytest.raises(ValueError, match=r"ending of path must be one of .*got '.tar'"):
        gankit.save_archive(images, tmp_path / "images.tar")
