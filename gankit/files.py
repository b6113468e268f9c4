"""Files that are written as a whole, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

from gankit.typing import PathLike


def write_whole(path: PathLike, write: Callable[[Path], object]) -> Path:
    """Writes a file so that at ``path`` there is the old one or the whole new one, at any moment.

    Args:
        path: of the file.
        write: takes the path of a temporary file beside it, and writes that.

    Raises:
        OSError: of a full disk, a read-only folder and the like; the old file is still there.
    """
    path = Path(path)
    temporary = path.with_name(f".writing_{path.name}")  # keeps the ending, which Keras looks at
    try:
        write(temporary)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def sync(path: PathLike) -> None:
    """Has a file, or the names in a folder, written to the disk."""
    if os.name == "nt" and Path(path).is_dir():
        return  # Windows syncs no folders
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
