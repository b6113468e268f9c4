"""The index of a run's checkpoints, by which they are told from other files in the folder.

To be read by anybody at any time, without a lock: the index is replaced as a whole, and names a
checkpoint before that is there, and still after it is deleted.
"""

import json
import re
import warnings
from pathlib import Path
from typing import Any

from gankit.archives import check_file
from gankit.checks import printable

INDEX = "checkpoints.json"
FOLDER = "checkpoints"  # in the folder of a run of ``gankit train``
NAME = re.compile(r"epoch_(\d{5,})_step_(\d{7,})(_\d+)?\.keras")
TEMPORARY = re.compile(r"\.writing_[0-9a-f]{8}\.keras")


def find_checkpoints(folder: Path) -> Path:
    """Returns where the checkpoints are: in the folder itself, or, of a run, in one in it."""
    in_run = (folder / FOLDER / INDEX).exists() and not (folder / INDEX).exists()
    return folder / FOLDER if in_run else folder


def find_newest(folder: Path) -> Path:
    """Returns the newest checkpoint in a folder that is whole; a warning names a damaged one.

    Raises:
        ValueError: there is none, or the index is damaged or lost.
    """
    names, _ = read_index(folder)
    damaged = []
    for name in reversed(names):
        try:
            check_file(folder / name)
        except ValueError as error:
            damaged.append(str(error))
            continue
        if damaged:
            warnings.warn(f"{damaged[0]} {name} before it is taken.", stacklevel=4)
        return folder / name
    if damaged:
        raise ValueError(
            f"All {len(damaged)} checkpoints in {printable(folder)} are damaged: {damaged[0]}"
        )
    raise ValueError(
        f"There is no checkpoint in {printable(folder)}. gankit train writes the first with the "
        "first picture. Give the folder of a run that has one, or the path of a .keras file."
    )


def read_index(folder: Path) -> tuple[list[str], str | None]:
    """Returns what the index names and is there, the oldest first, and what was being written.

    Raises:
        ValueError: the index is damaged, or lost.
    """
    path = folder / INDEX
    try:
        names, writing = parse(path.read_text())
    except FileNotFoundError:
        if folder.is_dir() and find_alike(folder):
            raise ValueError(f"{path} is lost, {explain_index(folder)}") from None
        return [], None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error}), {explain_index(folder)}") from error
    return [name for name in names if (folder / name).is_file()], writing


def parse(text: str) -> tuple[list[str], str | None]:
    """Returns what an index says, or raises if nothing that ``CheckpointFolder`` writes says so."""
    index: dict[str, Any] = json.loads(text)
    names, writing = list(index["checkpoints"]), index.get("writing")
    for name in names:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no checkpoint's name")
    if writing is not None and not TEMPORARY.fullmatch(writing):
        raise ValueError(f"{writing!r} is no temporary file's name")
    return names, writing


def explain_index(folder: Path) -> str:
    """Returns what to do without an index: nobody else knows whose the files are."""
    alike = find_alike(folder)
    return (
        f"which says which of the files beside it are the run's: {len(alike)} have names like "
        f"a checkpoint's. To go on from the last of them, write into {INDEX}: "
        f"{json.dumps({'checkpoints': alike})}. To start from the beginning, choose another "
        "folder."
    )


def find_alike(folder: Path) -> list[str]:
    """Returns the files with names like a checkpoint's, whosever they are, by progress."""
    found = [(NAME.fullmatch(path.name), path) for path in folder.iterdir()]
    alike = [match for match, path in found if match and path.is_file()]
    return [m[0] for m in sorted(alike, key=lambda match: (int(match[1]), int(match[2])))]
