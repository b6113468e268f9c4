"""Image files in folders: which there are, and which of them look whole."""

import os
import warnings
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gankit.data.images import find_damage
from gankit.typing import PathLike, Size

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")


def find_images(path: PathLike, classes: Collection[str] | None = None) -> list[str]:
    """Returns the paths of all image files below ``path``, sorted."""
    root = Path(path)
    if not root.is_dir():
        raise ValueError(f"There is no folder {str(path)!r}.")
    starts = [root] if classes is None else [root / str(name) for name in classes]
    for start in starts:
        if not start.is_dir():
            folders = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
            raise ValueError(
                f"classes: {str(path)!r} has no subfolder {start.name!r}, it has {folders}."
            )
    files = [
        os.path.join(folder, name)  # noqa: PTH118 (100,000 Path objects are slow)
        for start in dict.fromkeys(starts)
        for folder, _, names in os.walk(start)
        for name in names
        if name.lower().endswith(EXTENSIONS)
    ]
    if not files:
        raise ValueError(
            f"There are no images in {str(path)!r}: no file in it or below it ends in one of "
            f"{', '.join(EXTENSIONS)}."
        )
    return sorted(files)


def leave_out_damaged(
    paths: list[str], folder: PathLike, on_error: str, center_crop: Size | None
) -> list[str]:
    """Returns the files that look whole; names the others in an error or in a warning."""
    with ThreadPoolExecutor() as pool:  # for disks that are slow to answer
        reasons = list(pool.map(lambda path: find_damage(path, center_crop), paths))
    damaged = {path: reason for path, reason in zip(paths, reasons, strict=True) if reason}
    if not damaged:
        return paths
    damage = [f"\n  {path}: {reason}" for path, reason in damaged.items()]
    more = f"\n  and {len(damage) - 10} more" if len(damage) > 10 else ""
    message = (
        f"{len(damage)} of {len(paths)} images in {str(folder)!r} can't be read:"
        f"{''.join(damage[:10])}{more}"
    )
    if on_error == "raise":
        raise ValueError(f"{message}\nRemove them, or pass on_error='skip' to leave them out.")
    warnings.warn(f"{message}\nThey are left out.", stacklevel=3)
    return [path for path in paths if path not in damaged]
