"""Constraints for ``edit``: given pixels, or the edges of a drawing, within a mask."""

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit.typing import Tensor


class Pixels:
    """A constraint of ``edit``: an image has given values where a mask says so.

    With the values of an image and a mask over a part of it, that part is kept; with one colour and
    a mask along a line, it is a stroke of colour.

    Args:
        values: in [-1, 1], of the images' shape or what broadcasts to it: an image ``(height,
            width, channels)``, a colour ``(channels,)``, or a row for each image.
        mask: how much each pixel counts: ``(height, width)``, ``(height, width, 1 or channels)``,
            or ``(1 or n, height, width, 1 or channels)``.
        weight: factor of the cost, the mean squared difference over what the mask takes in.

    Raises:
        ValueError: a mask that takes in nothing.

    Examples:
        >>> mask = np.zeros((2, 2))
        >>> mask[0, 0] = 1
        >>> upper_left = latents.Pixels([1.0], mask)
        >>> print(np.array(upper_left(np.zeros((1, 2, 2, 1), "float32"))))  # (0 - 1)^2
        [1.]

    References:
        Zhu et al. 2016, arXiv:1609.03552, section 3.2.
    """

    def __init__(self, values: ArrayLike, mask: ArrayLike, *, weight: float = 1.0):
        self.values = np.asarray(values, np.float32)
        self.mask = as_mask(mask)
        self.weight = weight

    def __call__(self, images: Tensor) -> Tensor:
        """Returns what each of the images, a tensor, costs: ``(n,)``."""
        return self.weight * masked_mean(ops.square(images - self.values), self.mask)


class Edges:
    """A constraint of ``edit``: an image has the edges of a drawing where a mask says so.

    Compares how much neighbouring pixels differ, down and to the right, and not the pixels
    themselves: the drawing tells where something ends, not how light it is.

    Args:
        drawing: in [-1, 1], an image ``(height, width, channels)`` or a row for each image.
        mask: as for ``Pixels``; a difference counts as the lesser of its two pixels does.
        weight: factor of the cost, the mean squared difference over what the mask takes in.

    Raises:
        ValueError: a mask that takes in no two pixels above, or beside, each other.

    Examples:
        >>> drawing = np.float32([[0, 1], [0, 1]])[..., None]  # light to the right
        >>> edges = latents.Edges(drawing, mask=np.ones((2, 2)))
        >>> print(np.array(edges(drawing[None] - 1)))  # as dark as you like
        [0.]

    References:
        Zhu et al. 2016, arXiv:1609.03552, section 3.2; the paper compares histograms of directions.
    """

    def __init__(self, drawing: ArrayLike, mask: ArrayLike, *, weight: float = 1.0):
        self.drawing = np.asarray(drawing, np.float32)
        mask = as_mask(mask)
        # A difference counts as both of its pixels do.
        down, right = (
            np.minimum(mask[:, 1:], mask[:, :-1]),
            np.minimum(mask[:, :, 1:], mask[:, :, :-1]),
        )
        self.masks = [as_mask(down), as_mask(right)]
        self.weight = weight

    def __call__(self, images: Tensor) -> Tensor:
        """Returns what each of the images, a tensor, costs: ``(n,)``."""
        drawing = self.drawing if self.drawing.ndim == 4 else self.drawing[None]
        costs = []
        for axis in (1, 2):
            difference = ops.diff(images, axis=axis) - np.diff(drawing, axis=axis)
            costs.append(masked_mean(ops.square(difference), self.masks[axis - 1]))
        return self.weight * sum(costs)


def as_mask(mask: ArrayLike) -> np.ndarray:
    """Returns a mask with the axes of images, ``(n or 1, height, width, channels or 1)``."""
    mask = np.asarray(mask, np.float32)
    mask = mask[None, ..., None] if mask.ndim == 2 else mask
    mask = mask[None] if mask.ndim == 3 else mask
    if mask.ndim != 4 or (mask < 0).any() or not mask.any(axis=(1, 2, 3)).all():
        raise ValueError(
            "A mask of shape (height, width) says how much each pixel counts, 0 or more, and at "
            f"least one in each image must count; got shape {mask.shape}, {mask.sum():g} in all."
        )
    return mask


def masked_mean(values: Tensor, mask: np.ndarray) -> Tensor:
    """Returns the mean of each image's values, weighted by a mask, ``(n,)``."""
    weights = ops.broadcast_to(ops.convert_to_tensor(mask), ops.shape(values))
    return ops.sum(values * weights, axis=(1, 2, 3)) / ops.sum(weights, axis=(1, 2, 3))
