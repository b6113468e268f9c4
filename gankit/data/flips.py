"""Horizontal flips: half of the images are mirrored, others in each epoch."""

from collections.abc import Callable

import numpy as np

from gankit.data.draws import FLIPS, draw
from gankit.typing import Flip


def make_flip(
    flip: Flip | None, num_images: int, seed: int
) -> Callable[[np.ndarray, np.ndarray, int], np.ndarray]:
    """Returns a function that mirrors each image of a batch with probability 1/2.

    Args:
        flip: ``"horizontal"``, or None for a function that returns all images as they are.
        num_images: how many images the data has; every index is below it.
        seed: integer.

    Returns:
        A function of images ``(n, height, width, channels)`` of any type, their indices ``(n,)``
        and the epoch. It mirrors them in place, and returns them. Images that belong together, such
        as the two of a pair, go through it as one, joined on the channel axis.
    """
    choose = make_choice(num_images, seed)

    def mirror(images: np.ndarray, indices: np.ndarray, epoch: int) -> np.ndarray:
        if flip is not None:
            chosen = choose(indices, epoch)
            images[chosen] = images[chosen, :, ::-1]
        return images

    return mirror


def make_choice(num_images: int, seed: int) -> Callable[[np.ndarray, int], np.ndarray]:
    """Returns a function from indices ``(n,)`` and the epoch to which images are mirrored.

    That is a function of ``(seed, epoch, index)`` alone.
    """
    numbers = draw((num_images,), seed, FLIPS)
    return lambda indices, epoch: numbers(epoch)[indices] < 0.5
