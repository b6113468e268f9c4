"""Options that several commands share, and the types of their values."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Row: TypeAlias = int | float | list[float]  # of a condition


def add_model(parser: argparse.ArgumentParser) -> None:
    """Adds the options that choose the GAN."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a run's folder, even while it trains, a .keras file written by GAN.save, or "
        "'digits', a model inside the package",
    )
    parser.add_argument(
        "--import",
        nargs="+",
        default=[],
        dest="imports",
        metavar="MODULE",
        help="modules in which classes of your own are registered",
    )


def add_images(parser: argparse.ArgumentParser) -> None:
    """Adds the options that choose which images a GAN makes."""
    parser.add_argument("--seed", type=natural, help="for the same images each time")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--class",
        nargs="+",
        dest="class_names",
        metavar="NAME",
        help="the class by name, if the GAN knows the names, as after gankit train --classes; "
        "several names take turns",
    )
    which.add_argument(
        "--condition",
        nargs="+",
        type=read_row,
        metavar="ROW",
        help="the condition: a class, such as 7, a number, such as 0.4, or several numbers "
        "with commas, such as 0,1,1; if it begins with a minus, write --condition=-0.4,1; "
        "several conditions take turns (all classes, if the generator takes a class)",
    )


def add_quiet(parser: argparse.ArgumentParser, what: str = "print nothing but errors") -> None:
    """Adds ``--quiet``, for scripts."""
    parser.add_argument("--quiet", action="store_true", help=what)


def positive(text: str) -> int:
    """Returns an integer of at least 1."""
    return integer(text, 1)


def natural(text: str) -> int:
    """Returns an integer of at least 0."""
    return integer(text, 0)


def integer(text: str, least: int) -> int:
    """Returns an integer of at least ``least``."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be an integer of at least {least}, got {text!r}")
    return number


def share(text: str) -> float:
    """Returns a number in (0, 1]."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(
            f"must be a share above 0 and at most 1, such as 0.05, got {text!r}"
        )
    return number


def read_row(text: str) -> Row:
    """Returns a row of a condition: an integer, a float, or several numbers."""
    try:
        numbers = [float(part) for part in text.split(",")]
        if not all(map(math.isfinite, numbers)):
            raise ValueError(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            "must be a class, such as 7, a number, such as 0.4, or several with commas, such as "
            f"0,1,1, got {text!r}"
        ) from error
    if len(numbers) > 1:
        return numbers
    return int(text) if text.strip("+-").isdecimal() else numbers[0]


def file_ending_in(*endings: str) -> Callable[[str], Path]:
    """Returns a parser for the path of an output file that ends in one of ``endings``."""

    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in endings:
            raise argparse.ArgumentTypeError(
                f"must end in {' or '.join(endings)}, such as {path.with_suffix(endings[0])}, got "
                f"{text!r}"
            )
        return path

    return read


def above_zero(text: str) -> float:
    """Returns a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise argparse.ArgumentTypeError(f"must be a number above 0, such as 30, got {text!r}")
    return number
