"""Conditions from a shell: a few rows, repeated for all images."""

import argparse
import itertools

import numpy as np

from gankit.checks import did_you_mean
from gankit.commands.options import Row
from gankit.gans.gan import GAN


def find_rows(gan: GAN, arguments: argparse.Namespace) -> list[Row] | None:
    """Returns the requested rows of a condition, or by default all classes, if they are known.

    Returns None if the generator takes no condition, or if the GAN draws one itself, as an
    ``InfoGAN`` does.
    """
    if arguments.class_names is not None:
        return [find_class(gan, name) for name in arguments.class_names]
    taken = gan.generator_inputs.of("condition")
    if arguments.condition is not None or len(taken) != 1 or not gan.needs_condition():
        return arguments.condition
    num_classes = taken[0].num_classes
    return None if num_classes is None else list(range(num_classes))


def find_class(gan: GAN, name: str) -> int:
    """Returns the number of a class, by its name."""
    if gan.class_names is None:
        raise ValueError(
            "--class: this GAN has no class names. If it has classes, give their numbers: "
            "--condition 7"
        )
    if name not in gan.class_names:
        hint = did_you_mean(name, gan.class_names) or f" There are {', '.join(gan.class_names)}."
        raise ValueError(f"--class: this GAN has no class {name!r}.{hint}")
    return gan.class_names.index(name)


def repeat_rows(rows: list[Row] | None, num_images: int) -> np.ndarray | None:
    """Returns a row of a condition for each image, cycling through ``rows``; one row serves all."""
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
