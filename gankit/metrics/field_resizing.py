"""The ways to resize images of the tools that measure published FIDs.

All take levels of 0 to 255 as float32 ``(n, height, width, 3)``, and return what Inception of 2015
takes, ``(n, 299, 299, 3)``.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image

Resize: TypeAlias = Literal["clean", "legacy_pytorch", "legacy_tensorflow"]

SIDE = 299  # pixels


def resize_clean(levels: np.ndarray) -> np.ndarray:
    """Returns images as clean-fid resizes them: by Pillow's cubics, without aliasing, in floats.

    Parmar et al. 2021, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation",
    arXiv:2104.11222.
    """
    planes = np.moveaxis(np.asarray(levels, np.float32), -1, 1)
    resized = np.empty((*planes.shape[:2], SIDE, SIDE), np.float32)
    for index in np.ndindex(planes.shape[:2]):
        plane = Image.fromarray(np.ascontiguousarray(planes[index]))
        resized[index] = plane.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return (np.moveaxis(resized.clip(0, 255), 1, -1) - 128) / 128


def resize_as_pytorch(levels: np.ndarray) -> np.ndarray:
    """Returns images as pytorch-fid resizes them: linearly between the centres of pixels."""
    return interpolate(levels, 0.5) / np.float32(127.5) - 1


def resize_as_tensorflow(levels: np.ndarray) -> np.ndarray:
    """Returns images as TensorFlow 1 resized them: linearly between the corners of pixels."""
    return (interpolate(levels, 0.0) - 128) / 128


def interpolate(levels: np.ndarray, centre: float) -> np.ndarray:
    """Returns images of another size, interpolated linearly, with the aliasing that this has.

    ``centre`` is where in a pixel its value lies: 0.5 in the middle, 0 at the corner.
    """
    rows, columns = (weigh_lines(side, centre) for side in levels.shape[1:3])
    by_rows = np.tensordot(np.asarray(levels, np.float32), rows, (1, 1))  # n, width, 3, rows
    return np.moveaxis(np.tensordot(by_rows, columns, (1, 1)), 1, -1)


def weigh_lines(before: int, centre: float, side: int = SIDE) -> np.ndarray:
    """Returns the weights of old pixels in new ones, float32 ``(side, before)``."""
    places = (np.arange(side) + centre) * before / side - centre
    distances = np.abs(places.clip(0, before - 1)[:, None] - np.arange(before))
    return np.maximum(1 - distances, 0).astype(np.float32)


RESIZERS: dict[Resize, Callable[[np.ndarray], np.ndarray]] = {
    "clean": resize_clean,
    "legacy_pytorch": resize_as_pytorch,
    "legacy_tensorflow": resize_as_tensorflow,
}
