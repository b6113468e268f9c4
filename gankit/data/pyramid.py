"""A Laplacian pyramid of images, for LAPGAN."""

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit.data.batches import AUTOTUNE
from gankit.typing import Dataset, Tensor


def take_level(dataset: Dataset, level: int, num_levels: int) -> Dataset:
    """Returns one level of the pyramids of a dataset's images.

    Args:
        dataset: batches of images, whose height and width can be halved ``num_levels - 1`` times.
        level: 0 for the smallest images, ``num_levels - 1`` for the level of whole images.
        num_levels: how many levels the pyramid has.

    Returns:
        For level 0 small images, for others pairs of half residuals and enlarged smaller images,
        see ``split``.

    Raises:
        ValueError: there is no such level.
        TypeError: the dataset holds conditions too. Some backends see it in the first batch.
    """
    if not 0 <= level < num_levels:
        raise ValueError(f"level must be in 0..{num_levels - 1}, got {level!r}.")

    def take(images, *condition):
        if condition:
            raise TypeError("A pyramid takes images without a condition: leave labels out.")
        for _ in range(num_levels - 1 - level):
            images = halve(images)
        return images if level == 0 else split(images)

    return dataset.map(take, num_parallel_calls=AUTOTUNE)


def halve(images: Tensor) -> Tensor:
    """Returns images of half the height and width: means of 2x2 pixels."""
    return ops.average_pool(images, 2, 2, data_format="channels_last")


def double(images: Tensor) -> Tensor:
    """Returns images of twice the height and width, each pixel four times."""
    return ops.repeat(ops.repeat(images, 2, axis=1), 2, axis=2)


def split(images: Tensor) -> tuple[Tensor, Tensor]:
    """Returns half of what images have beyond their coarse versions, and the coarse versions."""
    coarse = double(halve(images))
    return (images - coarse) / 2, coarse


def merge(residuals: ArrayLike, coarse: ArrayLike) -> np.ndarray:
    """Returns the images that ``split`` had."""
    return np.asarray(coarse) + 2 * np.asarray(residuals)
