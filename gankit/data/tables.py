"""Labels of images as people keep them beside the files: in a table."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from gankit.typing import PathLike

FILE_COLUMNS = ("file_name", "file", "filename", "image", "path")

#: A label of each file, by its path below the folder of images.
Labels: TypeAlias = dict[str, Any]


def read_labels(
    path: PathLike, columns: str | Sequence[str] | None = None
) -> tuple[Labels, list[str] | None]:
    """Returns the labels in a table, for ``from_directory(labels=...)``.

    A table is a CSV file with a line of names, or a file of JSON lines, such as the
    ``metadata.jsonl`` of Hugging Face's image folders. A column of texts becomes classes, integers
    in the order of the texts; one of numbers stays as it is; several columns, which must be
    numbers, become a vector for each image.

    Args:
        path: of a file that ends in ``.csv`` or ``.jsonl``. The column of files is called
            ``file_name``, ``file``, ``filename``, ``image`` or ``path``, or is the first one.
        columns: which columns to take, one name or several; None for all besides the files.

    Returns:
        The labels by file, and the classes' names in the order of their numbers, None without
        classes.

    Raises:
        ValueError: another ending, no rows, a column that is missing, a file that stands twice, or
            texts where several columns are taken.
    """
    path = Path(path)
    rows = read_rows(path)
    if not rows:
        raise ValueError(f"{path} has no rows.")
    known = list(rows[0])
    file_column = next((name for name in FILE_COLUMNS if name in known), known[0])
    taken = [columns] if isinstance(columns, str) else list(columns or known)
    taken = [name for name in taken if name != file_column]
    if missing := [name for name in taken if name not in known]:
        raise ValueError(f"{path} has no column {missing[0]!r}, it has {known}.")
    if not taken:
        raise ValueError(f"{path} has no column besides {file_column!r}.")
    files = [str(row[file_column]) for row in rows]
    if len(set(files)) < len(files):
        twice = next(name for name in files if files.count(name) > 1)
        raise ValueError(f"{path} names {twice!r} twice.")
    if empty := [name for row, name in zip(rows, files, strict=True) if lacks(row, taken)]:
        raise ValueError(f"{path} lacks a value of {empty[0]!r}: fill it in, or leave the row out.")
    values = [[to_number(row[name]) for name in taken] for row in rows]
    texts = sorted({str(one) for row in values for one in row if not isinstance(one, int | float)})
    if not texts:
        one_each = [row[0] if len(row) == 1 else row for row in values]
        return dict(zip(files, one_each, strict=True)), None
    if len(taken) > 1:
        raise ValueError(
            f"{path} holds texts, such as {texts[0]!r}, in several columns. Take one of {taken} "
            "for classes, or columns of numbers for a vector."
        )
    names = sorted({str(row[taken[0]]) for row in rows})
    numbers = {name: number for number, name in enumerate(names)}
    classes = [numbers[str(row[taken[0]])] for row in rows]
    return dict(zip(files, classes, strict=True)), names


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Returns the rows of a table, each a dict by column."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file, skipinitialspace=True))
    if path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        try:
            return [json.loads(line) for line in lines if line.strip()]
        except ValueError as error:
            raise ValueError(f"{path} holds a line that is no JSON: {error}") from error
    raise ValueError(f"A table of labels ends in .csv or .jsonl, got {str(path)!r}.")


def lacks(row: dict[str, Any], columns: Sequence[str]) -> bool:
    """Returns whether a row has an empty place in one of the columns."""
    return any(row.get(name) in (None, "") for name in columns)


def to_number(value: Any) -> Any:
    """Returns an integer or a float where a value is one, and the value otherwise."""
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
