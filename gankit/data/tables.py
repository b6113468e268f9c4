"""Tables of labels, as people keep them beside image files."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from gankit.typing import PathLike

ENDINGS = (".csv", ".jsonl")
FILE_COLUMNS = ("file_name", "file", "filename", "image", "path")

#: A label of each file, by its path below the folder of images.
Labels: TypeAlias = dict[str, Any]


def read_labels(
    path: PathLike, columns: str | Sequence[str] | None = None
) -> tuple[Labels, list[str] | None]:
    r"""Returns the labels in a table, for ``from_directory(labels=...)``.

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
        ValueError: another ending, what is no table, no rows, a column or a value that is missing,
            a file that stands twice, or texts where several columns are taken.
        OSError: there is no such file, or it can't be opened.

    Examples:
        >>> with open("labels.csv", "w") as table:
        ...     print("file,kind", "a.png,cat", "b.png,dog", sep="\n", file=table)
        ...
        >>> data.read_labels("labels.csv")
        ({'a.png': 0, 'b.png': 1}, ['cat', 'dog'])
    """
    path = Path(path)
    rows = read_rows(path)
    file_column, others = find_columns(path, rows)
    taken = [columns] if isinstance(columns, str) else list(columns or others)
    if missing := [name for name in taken if name not in others]:
        raise ValueError(f"{path} has no column {missing[0]!r}, it has {others}.")
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


def find_columns(path: Path, rows: Sequence[dict[str, Any]]) -> tuple[str, list[str]]:
    """Returns the column of files, and the names of all others, of which there is one at least."""
    known = list(rows[0])
    file_column = next((name for name in FILE_COLUMNS if name in known), known[0])
    others = [name for name in known if name != file_column]
    if not others:
        hint = " Put commas between columns." if {";", "\t"} & set(file_column) else ""
        raise ValueError(f"{path} has no column besides {file_column!r}.{hint}")
    if nameless := [number for number, row in enumerate(rows, 1) if lacks(row, [file_column])]:
        raise ValueError(f"{path} lacks {file_column!r} in row {nameless[0]}: fill it in.")
    return file_column, others


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Returns the rows of a table, each a dict by column; there is one at least."""
    if path.suffix not in ENDINGS:
        raise ValueError(f"A table of labels ends in .csv or .jsonl, got {str(path)!r}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = read_csv(text) if path.suffix == ".csv" else read_json_lines(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: save it as such.") from error
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path} can't be read: {error}") from error
    if not rows:
        raise ValueError(f"{path} has no rows.")
    return rows


def read_csv(text: str) -> list[dict[str, Any]]:
    """Returns the rows of a CSV file, whose first line names the columns."""
    rows = list(csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True))
    for number, row in enumerate(rows, 1):
        if None in row:
            raise ValueError(
                f"row {number} has more values than there are names in the first line. Put quotes "
                "around texts with commas."
            )
    return rows


def read_json_lines(text: str) -> list[dict[str, Any]]:
    """Returns the objects in a file that has one in each line."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is no JSON: {error}") from error
        if not isinstance(row, dict) or not row:
            raise ValueError(f'line {number} must be an object such as {{"file_name": "a.png"}}.')
        rows.append(row)
    return rows


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
