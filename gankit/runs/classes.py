"""The classes of a folder's images: its subfolders, or a table."""

import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gankit.checks import printable
from gankit.data.directory import infer_labels
from gankit.data.folders import find_subfolders
from gankit.data.tables import ENDINGS, find_columns, read_labels, read_rows
from gankit.runs.settings import FOLDERS, Settings, split_table

USUAL_COLUMNS = ("label", "class")
LEAST_IMAGES = 2  # of a class, on the average: with fewer, texts are no classes


class Classes(NamedTuple):
    """Which images have a class, and which one.

    Args:
        paths: of the images.
        labels: int32 ``(n,)``, the class of each; None without classes.
        names: in the order of their numbers; None without classes.
    """

    paths: list[str]
    labels: np.ndarray | None = None
    names: list[str] | None = None


def find_classes(paths: list[str], folder: Path, settings: Settings) -> Classes:
    """Returns the classes of images, as the settings say.

    Args:
        paths: of the images, below the folder.
        folder: that they stand in.
        settings: of the run.

    Raises:
        ValueError: no such table, none that tells classes, or images outside of subfolders.

    Warns:
        UserWarning: images that have no row in the table, which are left out, and rows without an
            image.
    """
    if settings.classes is None:
        return Classes(paths)
    if settings.classes != FOLDERS:
        return read_classes(paths, folder, settings.classes)
    names = find_subfolders(folder)
    try:
        return Classes(paths, infer_labels(paths, folder, names), names)
    except ValueError as error:
        raise ValueError(f"{error}{suggest_table(folder)}") from error


def read_classes(paths: list[str], folder: Path, setting: str) -> Classes:
    """Returns the images that have a row in a table, with what it says as their classes."""
    name, column = split_table(setting)
    table = find_table(name, folder)
    values, texts = read_labels(table, column or choose_column(table))
    by_name = {Path(path).relative_to(folder).as_posix(): path for path in paths}
    known = {name: values[name] for name in by_name if name in values}
    if not known:
        raise ValueError(
            f"{table} has no row for any of the {len(paths)} images in {str(folder)!r}. It names "
            f"{next(iter(values))!r}: name them as {printable(next(iter(by_name)))!r}."
        )
    warn_of_the_rest(table, len(paths) - len(known), [name for name in values if name not in known])
    found = sorted(set(known.values()))
    check_classes(table, found, len(known))
    numbers = {value: number for number, value in enumerate(found)}
    return Classes(
        [by_name[name] for name in known],
        np.array([numbers[value] for value in known.values()], np.int32),
        [texts[value] if texts else str(value) for value in found],
    )


def find_table(name: str, folder: Path) -> Path:
    """Returns the path of a table, which may be given as it stands in the folder of images."""
    for path in (Path(name), folder / name):
        if path.is_file():
            return path
    raise ValueError(
        f"There is no table {name!r}, here or in {str(folder)!r}.{suggest_table(folder)}"
    )


def suggest_table(folder: Path) -> str:
    """Returns what to write to use a table that lies in a folder, nothing where there is none."""
    tables = sorted(path.name for path in folder.iterdir() if path.suffix in ENDINGS)
    return f" Or take the table in the folder: --classes {tables[0]}" if tables else ""


def choose_column(table: Path) -> str:
    """Returns the column that holds the classes: the only one, or the one that is called so."""
    _, columns = find_columns(table, read_rows(table))
    chosen = next((name for name in USUAL_COLUMNS if name in columns), columns[0])
    if len(columns) > 1 and chosen not in USUAL_COLUMNS:
        raise ValueError(
            f"{table} has the columns {', '.join(columns)}. Say which one holds the classes: "
            f"--classes {table}:{chosen}"
        )
    return chosen


def warn_of_the_rest(table: Path, num_images: int, rows: list[str]) -> None:
    """Warns of images without a row, and of rows without an image."""
    if num_images:
        warnings.warn(
            f"{num_images:,} images have no row in {table}. They are left out.", stacklevel=4
        )
    if rows:
        warnings.warn(
            f"{len(rows):,} rows of {table} name no image that is there, such as {rows[0]!r}.",
            stacklevel=4,
        )


def check_classes(table: Path, found: list[float], num_images: int) -> None:
    """Raises ``ValueError`` unless different values in a column are classes."""
    if numbers := [value for value in found if isinstance(value, float)]:
        raise ValueError(
            f"{table} holds numbers that are no classes, such as {numbers[0]:g}. Write words for "
            "ranges of them, such as low and high, or build networks of your own that take numbers "
            "by data.from_directory(labels=...)."
        )
    if len(found) == 1:
        raise ValueError(f"{table} tells one class only. Leave --classes out, or add others.")
    if LEAST_IMAGES * len(found) > num_images:
        raise ValueError(
            f"{table} tells {len(found):,} classes of {num_images:,} images, so few of each that "
            "these are no classes. Leave --classes out, or name another column: "
            f"--classes {table}:COLUMN"
        )
