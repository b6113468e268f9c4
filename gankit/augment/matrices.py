"""Matrices of changes of place and colour, which are composed before they are applied.

They are multiplied element by element. A device that rounds matrix products, as GPUs do, would
otherwise shift pixels by fractions, and change images that should stay the same.
"""

import functools
from collections.abc import Sequence

import numpy as np
from keras import ops

from gankit.typing import Tensor

#: The direction of grey in red, green and blue.
GREY = np.full(3, 3**-0.5)


def stack(rows: Sequence[Sequence[Tensor | float]], like: Tensor) -> Tensor:
    """Returns a matrix for each image, ``(batch, n, n)``, of numbers and of vectors ``(batch,)``.

    Args:
        rows: of the matrix.
        like: any vector ``(batch,)``.
    """
    zeros = ops.zeros_like(like)
    entries = ops.stack([zeros + entry for row in rows for entry in row], axis=-1)
    return ops.reshape(entries, (-1, len(rows), len(rows)))


def compose(first: Tensor, second: Tensor) -> Tensor:
    """Returns the products ``first . second`` of matrices ``(batch, n, n)``."""
    return ops.sum(first[:, :, :, None] * second[:, None, :, :], axis=2)


def product(steps: Sequence[Tensor]) -> Tensor:
    """Returns the product of several matrices for each image, ``(batch, n, n)``, the first left."""
    return functools.reduce(compose, steps)


def scaling(horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Returns matrices ``(batch, 3, 3)`` that scale both directions by factors ``(batch,)``."""
    return stack([[horizontal, 0, 0], [0, vertical, 0], [0, 0, 1]], horizontal)


def rotation(angle: Tensor) -> Tensor:
    """Returns matrices ``(batch, 3, 3)`` that turn by angles ``(batch,)`` in radians."""
    cos, sin = ops.cos(angle), ops.sin(angle)
    return stack([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], angle)


def shear(slant: Tensor) -> Tensor:
    """Returns matrices ``(batch, 3, 3)`` that move pixels sideways by slants times their height."""
    return stack([[1, slant, 0], [0, 1, 0], [0, 0, 1]], slant)


def quarter_turns(number: Tensor) -> Tensor:
    """Returns matrices ``(batch, 3, 3)`` that turn by ``number`` right angles, without rounding."""
    cos, sin = (ops.round(f(number * (np.pi / 2))) for f in (ops.cos, ops.sin))
    return stack([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], number)


def translation(columns: Tensor, rows: Tensor) -> Tensor:
    """Returns matrices ``(batch, 3, 3)`` that shift by pixels ``(batch,)``."""
    return stack([[1, 0, columns], [0, 1, rows], [0, 0, 1]], columns)


def brightness(shift: Tensor) -> Tensor:
    """Returns matrices ``(batch, 4, 4)`` that add to red, green and blue."""
    return stack([[1, 0, 0, shift], [0, 1, 0, shift], [0, 0, 1, shift], [0, 0, 0, 1]], shift)


def contrast(factor: Tensor) -> Tensor:
    """Returns matrices ``(batch, 4, 4)`` that scale red, green and blue."""
    return around_grey(factor, factor)


def luma_flip(flipped: Tensor) -> Tensor:
    """Returns matrices ``(batch, 4, 4)`` that turn dark into light where ``flipped`` is 1."""
    return around_grey(1 - 2 * flipped, ops.ones_like(flipped))


def saturation(factor: Tensor) -> Tensor:
    """Returns matrices ``(batch, 4, 4)`` that scale how far colours are from grey."""
    return around_grey(ops.ones_like(factor), factor)


def around_grey(along: Tensor, across: Tensor) -> Tensor:
    """Returns matrices ``(batch, 4, 4)`` that scale colours along the line of greys and across."""
    return combine((across, np.eye(3)), (along - across, np.outer(GREY, GREY)))


def hue(angle: Tensor) -> Tensor:
    """Returns matrices ``(batch, 4, 4)`` that turn colours around grey by angles in radians."""
    cos, sin = ops.cos(angle), ops.sin(angle)
    cross = np.cross(np.eye(3), GREY)  # which times a colour is GREY x colour
    return combine((cos, np.eye(3)), (sin, cross), (1 - cos, np.outer(GREY, GREY)))


def combine(*parts: tuple[Tensor, np.ndarray]) -> Tensor:
    """Returns matrices ``(batch, 4, 4)`` that are sums of linear ones, ``(3, 3)``, by factors."""
    linear = sum(
        factor[:, None, None] * ops.convert_to_tensor(matrix, "float32") for factor, matrix in parts
    )
    corner = ops.convert_to_tensor(np.diag([0, 0, 0, 1]), "float32")
    return ops.pad(linear, [[0, 0], [0, 1], [0, 1]]) + corner
