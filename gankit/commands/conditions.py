"""Conditions from a shell: a few rows, repeated for all images."""

import itertools

import numpy as np

from gankit.commands.options import Row
from gankit.gans.gan import GAN


def find_rows(gan: GAN, condition: list[Row] | None) -> list[Row] | None:
    """Returns the rows of a condition: those given, else all classes, where they are known.

    None where the generator takes no condition, or the GAN draws one itself, as an ``InfoGAN``.
    """
    taken = gan.generator_inputs.of("condition")
    if condition is not None or len(taken) != 1 or not gan.needs_condition():
        return condition
    num_classes = taken[0].num_classes
    return None if num_classes is None else list(range(num_classes))


def repeat_rows(rows: list[Row] | None, num_images: int) -> np.ndarray | None:
    """Returns a row of a condition for each image, in turns; a single one goes to all of them."""
    if rows is None:
        return None
    lengths = sorted({np.size(row) for row in rows})
    if len(lengths) > 1:
        raise ValueError(
            f"--condition: each row must have as many numbers as the others, got {lengths}."
        )
    if len(rows) == 1:
        return np.array(rows)
    return np.array(list(itertools.islice(itertools.cycle(rows), num_images)))
