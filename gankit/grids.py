"""Many images as one picture, and many pictures as a film."""

import math
import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from gankit.checks import check_at_least_one, check_choice
from gankit.typing import PathLike, Scale, ValueRange
from gankit.voxels import draw_voxels

CHECKERBOARD = 204, 255  # light grey and white, as in other programs
ARCHIVES = (".zip", ".npz")
LARGE_ENOUGH = 450  # pixels, of the longer side


def make_grid(
    images: ArrayLike,
    *,
    columns: int | Sequence[int] | None = None,
    padding: int = 2,
    value_range: ValueRange = (-1, 1),
    scale: Scale = None,
) -> np.ndarray:
    """Returns one picture in which the images stand in rows.

    Args:
        images: array ``(n, height, width, channels)`` with 1, 3 or 4 channels, floats in
            ``value_range`` (values outside are clipped) or uint8 in 0..255; of 4 the last is
            opacity, and what is transparent shows a checkerboard; or volumes ``(n, depth,
            height, width, 1)`` of such values, which ``draw_voxels`` draws.
        columns: images per row; by default as many as make the grid nearly square. Several numbers
            are groups of columns, ``(1, 3)`` for an image and three that belong to it, with a gap
            of half an image between groups.
        padding: pixels of black between the images.
        value_range: ``(low, high)``: which floats are black and white.
        scale: how many pixels wide and high each pixel becomes, an integer; ``"auto"`` makes small
            grids so large that one can look at them, 450 pixels or more; None leaves pixels as they
            are.

    Returns:
        uint8 of shape ``(rows * (height + padding) - padding, ..., 1 or 3)``, times ``scale``.
        Places of the last row that no image fills stay black.

    Examples:
        >>> gankit.make_grid(images[:10], columns=5).shape  # 5 * 28 + 4 * 2 = 148 pixels wide
        (58, 148, 1)
        >>> gankit.make_grid(digits[:4], padding=0, scale=2).shape
        (112, 112, 1)
    """
    if padding < 0:
        raise ValueError(f"padding must be at least 0, got {padding}.")
    images = on_checkerboard(to_uint8(images, value_range))
    num_images, height, width, channels = images.shape
    groups = np.atleast_1d(math.ceil(math.sqrt(num_images)) if columns is None else columns)
    if not groups.size or groups.min() < 1:
        raise ValueError(f"columns must be at least 1, got {columns}.")
    across = min(int(groups.sum()), num_images)
    rows = math.ceil(num_images / across)
    cells = np.zeros((rows * across, height + padding, width + padding, channels), np.uint8)
    cells[:num_images, :height, :width] = images
    cells = cells.reshape(rows, across, *cells.shape[1:])
    grid = cells.swapaxes(1, 2).reshape(rows * (height + padding), -1, channels)
    grid = grid[: grid.shape[0] - padding, : grid.shape[1] - padding]
    gaps = np.repeat(np.cumsum(groups[:-1]) * (width + padding), width // 2)
    grid = np.insert(grid, gaps[gaps < grid.shape[1]], 0, axis=1)
    factor = choose_factor(grid.shape, scale)
    return grid.repeat(factor, axis=0).repeat(factor, axis=1)


def save_grid(
    images: ArrayLike,
    path: PathLike,
    *,
    columns: int | Sequence[int] | None = None,
    padding: int = 2,
    value_range: ValueRange = (-1, 1),
    scale: Scale = "auto",
) -> Path:
    """Writes the grid of ``images`` (see ``make_grid``) to an image file and returns its path.

    Folders that are missing are made; the ending of ``path`` says the format. ``scale=None`` writes
    a pixel for each pixel, for programs to read.

    Args:
        images: see ``make_grid``.
        path: where to write.
        columns: see ``make_grid``.
        padding: see ``make_grid``.
        value_range: see ``make_grid``.
        scale: see ``make_grid``.

    Raises:
        ValueError: an ending that Pillow does not know.

    Examples:
        >>> gankit.save_grid(gan.generate(condition=np.arange(10)), "digits.png", columns=10).name
        'digits.png'
    """
    path = Path(path)
    if path.suffix.lower() not in Image.registered_extensions():
        raise ValueError(f"{str(path)!r} needs the ending of an image file, such as .png or .jpg.")
    path.parent.mkdir(parents=True, exist_ok=True)
    grid = make_grid(images, columns=columns, padding=padding, value_range=value_range, scale=scale)
    to_picture(grid).save(path)
    return path


def choose_factor(shape: Sequence[int], scale: Scale) -> int:
    """Returns how many pixels wide and high each pixel of a grid becomes."""
    if scale is None:
        return 1
    if scale == "auto":
        return math.ceil(LARGE_ENOUGH / max(shape[:2]))
    check_at_least_one("scale, unless it is 'auto' or None,", scale)
    return int(scale)


def save_images(
    images: ArrayLike, folder: PathLike, *, value_range: ValueRange = (-1, 1)
) -> list[Path]:
    """Writes each image to a PNG of its own, for other tools, and returns their paths.

    Args:
        images: see ``make_grid``.
        folder: where to write; made if it is missing, and must be empty, since what reads a folder
            reads all that is in it.
        value_range: ``(low, high)``: which floats are black and white.

    Raises:
        FileExistsError: the folder holds something.

    Examples:
        >>> paths = gankit.save_images(gan.generate(3, condition=7), "sevens")
        >>> [path.name for path in paths]
        ['000000.png', '000001.png', '000002.png']
    """
    images = to_uint8(images, value_range)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: give a new folder, or empty this one.")
    paths = [folder / name for name in name_files(len(images))]
    for image, path in zip(images, paths, strict=True):
        to_picture(image).save(path)
    return paths


def save_archive(images: ArrayLike, path: PathLike, *, value_range: ValueRange = (-1, 1)) -> Path:
    """Writes images to one file: PNGs in a ``.zip``, or an array ``images`` in an ``.npz``.

    ``gankit train`` takes both.

    Args:
        images: see ``make_grid``.
        path: where to write; folders that are missing are made. Its ending says which kind.
        value_range: ``(low, high)``: which floats are black and white.

    Raises:
        ValueError: another ending.

    Examples:
        >>> gankit.save_archive(digits[:100], "digits.zip").name
        'digits.zip'
        >>> np.load(gankit.save_archive(digits[:100], "digits.npz"))["images"].shape
        (100, 28, 28, 1)
    """
    images = to_uint8(images, value_range)
    path = Path(path)
    check_choice("the ending of path", path.suffix.lower(), ARCHIVES)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".npz":
        np.savez_compressed(path, images=images)
        return path
    with zipfile.ZipFile(path, "w") as archive:  # PNGs are compressed already
        for image, name in zip(images, name_files(len(images)), strict=True):
            with archive.open(name, "w") as file:
                to_picture(image).save(file, "PNG")
    return path


def name_files(number: int) -> list[str]:
    """Returns names of so many PNGs, which sort by number."""
    digits = max(6, len(str(number - 1)))
    return [f"{index:0{digits}d}.png" for index in range(number)]


def save_animation(
    frames: Iterable[str | Path | np.ndarray],
    path: PathLike,
    *,
    frame_duration: float = 0.2,
    last_frame_duration: float = 1.5,
) -> Path:
    """Writes an animated GIF that repeats for ever and returns its path.

    Args:
        frames: paths of image files, or grids as ``make_grid`` returns them, in the order of time.
        path: where to write; folders that are missing are made.
        frame_duration: seconds.
        last_frame_duration: seconds that the last frame stands before the film starts again.

    Raises:
        ValueError: no frames.

    Examples:
        >>> start, end = np.random.default_rng(0).normal(size=(2, gan.latent_dim))
        >>> drawn = gan.generate(latents=latents.interpolate(start, end, num_steps=4), condition=3)
        >>> frames = [gankit.make_grid(image[None]) for image in drawn]
        >>> gankit.save_animation(frames, "three.gif", frame_duration=0.1).name
        'three.gif'
    """
    pictures = [to_picture(frame) for frame in frames]
    if not pictures:
        raise ValueError("frames is empty: an animation needs at least one picture.")
    durations = [frame_duration] * (len(pictures) - 1) + [last_frame_duration]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[round(1000 * seconds) for seconds in durations],
        loop=0,
    )
    return path


def to_uint8(images: ArrayLike, value_range: ValueRange) -> np.ndarray:
    """Returns floats in ``value_range`` as uint8 in 0..255; uint8 stays as it is."""
    low, high = value_range
    if not low < high:
        raise ValueError(f"value_range must be (low, high), got {value_range!r}.")
    images = np.asarray(images)
    if images.ndim == 5:
        return draw_voxels(images, threshold=(low + high) / 2)
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4) or not len(images):
        hint = " Signals become images by gankit.draw_signals." if images.ndim == 3 else ""
        raise ValueError(
            "images must have the shape (n, height, width, channels) with at least one image and "
            f"1, 3 or 4 channels, or (n, depth, height, width, 1) of volumes, got {images.shape}."
            + hint
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise TypeError(f"images must be floats or uint8 in 0..255, got {images.dtype}.")
    if not np.isfinite(images).all():
        raise ValueError("images hold NaN or infinity, which no picture can show.")
    shares = (np.clip(images.astype(np.float32), low, high) - low) / (high - low)
    return np.round(shares * 255).astype(np.uint8)


def on_checkerboard(images: np.ndarray) -> np.ndarray:
    """Returns uint8 images of four channels as three, on a checkerboard; others as they are."""
    if images.shape[-1] != 4:
        return images
    height, width = images.shape[1:3]
    side = max(1, max(height, width) // 8)
    odd = np.add.outer(np.arange(height) // side, np.arange(width) // side) % 2
    board = np.where(odd, *CHECKERBOARD)[..., None]
    opacity = images[..., 3:].astype(np.float32) / 255
    return np.round(images[..., :3] * opacity + board * (1 - opacity)).astype(np.uint8)


def to_picture(frame: PathLike | np.ndarray) -> Image.Image:
    """Returns a file's content, or a uint8 array ``(height, width, channels)``, as an image."""
    if isinstance(frame, str | os.PathLike):
        with Image.open(frame) as image:
            return image.copy()
    frame = np.asarray(frame)
    return Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame)
