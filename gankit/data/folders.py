"""Image files in folders: finding them, and leaving out damaged ones."""

import os
import warnings
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from gankit.checks import printable
from gankit.data.images import find_damage
from gankit.typing import OnError, PathLike, Size

EXTENSIONS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif"),
    *(".webp", ".bmp", ".tif", ".tiff", ".avif"),
)
UNREADABLE = (".heic", ".heif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".psd", ".svg")
SKIP = "pass on_error='skip' (--on-error skip in a shell)"
BLOCK = 256  # files that a thread looks at in a row: handing one over takes as long as a look
HIDDEN = "."  # how the names of files and folders begin that are not meant to be seen


def find_images(
    path: PathLike, on_error: OnError, classes: Collection[str] | None = None
) -> list[str]:
    """Returns the paths of all image files below ``path``, sorted.

    Args:
        path: the folder.
        on_error: ``"raise"`` or ``"skip"``: what to do with a folder that can't be read.
        classes: the subfolders of ``path`` to look in; None for all of it.
    """
    root = Path(path)
    if not root.is_dir():
        raise ValueError(f"There is no folder {str(path)!r}.")
    starts = [root] if classes is None else [root / str(name) for name in classes]
    for start in starts:
        if not start.is_dir():
            raise ValueError(
                f"classes: {str(path)!r} has no subfolder {start.name!r}, it has "
                f"{find_subfolders(root)}."
            )
    closed: list[OSError] = []
    links: list[str] = []
    found = {file for start in starts for file in walk(start, closed, links)}
    files = {file for file in found if file.lower().endswith(EXTENSIONS)}
    report_closed(closed, on_error)
    report_links(links, starts)
    report_unreadable(sorted(found - files))
    if not files:
        raise ValueError(
            f"There are no images in {str(path)!r}: no file in it or below it ends in one of "
            f"{', '.join(EXTENSIONS)}."
        )
    return sorted(files)


def walk(start: Path, closed: list[OSError], links: list[str]) -> Iterator[str]:
    """Yields the image files below a folder, those that Pillow can't read too.

    Adds to ``closed`` why folders can't be read, and to ``links`` those that lead to folders, which
    aren't followed: they may go in circles.
    """
    for folder, subfolders, names in os.walk(start, onerror=closed.append):
        subfolders[:] = [name for name in subfolders if not name.startswith(HIDDEN)]
        below = [os.path.join(folder, name) for name in subfolders]  # noqa: PTH118 (as below)
        links.extend(filter(os.path.islink, below))
        for name in names:
            if name.lower().endswith(EXTENSIONS + UNREADABLE) and not name.startswith(HIDDEN):
                yield os.path.join(folder, name)  # noqa: PTH118 (100,000 Path objects are slow)


def report_closed(closed: list[OSError], on_error: OnError) -> None:
    """Names folders that can't be read, if there are any, in an error or in a warning."""
    if not closed:
        return
    first = closed[0]
    message = (
        f"{len(closed)} folders can't be read, the first is {printable(first.filename)}: "
        f"{first.strerror}."
    )
    if on_error == "raise":
        raise ValueError(f"{message} Open them to you, or {SKIP} to leave them out.")
    warnings.warn(f"{message} They are left out.", stacklevel=4)


def report_links(links: list[str], starts: list[Path]) -> None:
    """Warns of links to folders that are not looked through anyway."""
    insides = [start.resolve() for start in starts]
    away = [
        link for link in links if not any(Path(link).resolve().is_relative_to(i) for i in insides)
    ]
    if away:
        warnings.warn(
            f"{len(away)} links to folders are not followed, the first is {printable(away[0])}. "
            "Copy what they lead to, or give its path.",
            stacklevel=4,
        )


def report_unreadable(files: list[str]) -> None:
    """Warns of pictures that are left out, such as an iPhone's."""
    if files:
        kinds = sorted({Path(file).suffix.lower() for file in files})
        warnings.warn(
            f"{len(files)} pictures are left out, since {', '.join(kinds)} can't be read; the "
            f"first is {printable(files[0])}. Convert them to JPEG or PNG.",
            stacklevel=4,
        )


def find_subfolders(path: PathLike) -> list[str]:
    """Returns the names of the folders in a folder, sorted, without hidden ones."""
    entries = Path(path).iterdir()
    return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith(HIDDEN))


def leave_out_damaged(
    paths: list[str],
    folder: PathLike,
    on_error: OnError,
    image_size: Size | None = None,
    center_crop: Size | None = None,
    note: Callable[[Image.Image], object] | None = None,
) -> list[str]:
    """Returns the files that look whole; names the others in an error or in a warning.

    ``note`` is shown each image, in some thread, see ``find_damage``.
    """

    def look_at(block: list[str]) -> dict[str, str]:
        reasons = ((path, find_damage(path, image_size, center_crop, note)) for path in block)
        return {path: reason for path, reason in reasons if reason}

    blocks = [paths[start : start + BLOCK] for start in range(0, len(paths), BLOCK)]
    with ThreadPoolExecutor() as pool:  # for disks that are slow to answer
        found = pool.map(look_at, blocks)
        damaged = {path: reason for block in found for path, reason in block.items()}
    if not damaged:
        return paths
    damage = [f"\n  {printable(path)}: {reason}" for path, reason in damaged.items()]
    more = f"\n  and {len(damage) - 10} more" if len(damage) > 10 else ""
    message = (
        f"{len(damage)} of {len(paths)} images in {str(folder)!r} can't be read:"
        f"{''.join(damage[:10])}{more}"
    )
    if on_error == "raise":
        raise ValueError(f"{message}\nRemove them, or {SKIP} to leave them out.")
    if len(damaged) == len(paths):
        raise ValueError(f"{message}\nNot one is left.")
    warnings.warn(f"{message}\nThey are left out.", stacklevel=3)
    return [path for path in paths if path not in damaged]
