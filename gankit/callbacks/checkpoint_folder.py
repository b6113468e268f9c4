"""The folder of a run's checkpoints, and which process may write to it."""

import errno
import json
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from gankit.callbacks.lock import Lock
from gankit.checkpoint_index import INDEX, read_index
from gankit.files import sync, write_whole
from gankit.typing import PathLike

LOCK = "checkpoints.lock"


class CheckpointFolder:
    """The checkpoints of one run: only the files that the folder's index lists.

    The index, ``checkpoints.json``, lists their names, oldest first, and the temporary name of the
    file that the training process writes next. A checkpoint is listed before it exists, and still
    after it is deleted, so that the process may be killed at any moment; names of missing files are
    ignored.

    Args:
        folder: path of the folder.
    """

    def __init__(self, folder: PathLike):
        self.path = Path(folder)
        self.lock = Lock(self.path / LOCK)
        self.names: list[str] = []
        self.temporary: Path | None = None
        self.device: int | None = None

    def open(self) -> None:
        """Locks the folder, so that only this process writes to it until ``close``.

        Raises:
            RuntimeError: another process has locked it.
            ValueError: the index is damaged, or lost.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self.device = self.path.stat().st_dev
        self.lock.acquire()
        self.names, left = read_index(self.path)
        if left is not None:  # by a process that was killed
            (self.path / left).unlink(missing_ok=True)
        self.temporary = self.path / f".writing_{secrets.token_hex(4)}.keras"
        self.write(self.names)

    def close(self) -> None:
        """Unlocks the folder."""
        self.lock.release()

    def find(self) -> list[Path]:
        """Returns the existing checkpoints, oldest first.

        Raises:
            ValueError: the index is damaged, or lost.
        """
        self.names, _ = read_index(self.path)
        return [self.path / name for name in self.names]

    def put_first(self, names: Sequence[str]) -> None:
        """Moves some checkpoints to the front, so that they are deleted first."""
        self.names = [*names, *(name for name in self.names if name not in names)]

    def choose_path(self, epoch: int, step: int) -> Path:
        """Returns a path for a checkpoint that overwrites no file of another origin."""
        stem, number = f"epoch_{epoch:05d}_step_{step:07d}", 1
        path = self.path / f"{stem}.keras"
        while path.name not in self.names and os.path.lexists(path):
            number += 1
            path = self.path / f"{stem}_{number}.keras"
        return path

    def publish(self, path: Path, write: Callable[[Path], object], keep: int) -> None:
        """Writes a checkpoint atomically, and deletes the oldest.

        Args:
            path: what ``choose_path`` returned.
            write: function that writes the checkpoint to a given path.
            keep: how many checkpoints to keep.

        Raises:
            OSError: it can't be written; all others are still there.
            RuntimeError: another process has started to write to the folder despite the lock.
        """
        names = [*(name for name in self.names if name != path.name), path.name]
        temporary = self.temporary
        if temporary is None:
            raise RuntimeError("Open the folder before you write to it.")
        try:
            self.check_device()
            write(temporary)
            sync(temporary)
            self.check_mine()
            self.write(names)
            temporary.replace(path)
            sync(self.path)
        finally:
            temporary.unlink(missing_ok=True)
        self.names = [name for name in names[:-keep] if not self.delete(name)] + names[-keep:]

    def check_device(self) -> None:
        """Raises ``OSError`` if the folder's drive has vanished or been replaced.

        After a drive is unmounted, a folder of the same path may remain on another drive.
        """
        if self.path.stat().st_dev != self.device:
            raise OSError(errno.ENODEV, "its drive is not the one that the run began on")

    def delete(self, name: str) -> bool:
        """Returns whether a checkpoint could be deleted; on Windows, a file in use can't be."""
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    # The index

    def write(self, names: Sequence[str]) -> None:
        """Writes the index."""
        index = {"checkpoints": names, "writing": self.temporary and self.temporary.name}
        text = json.dumps(index, indent=1) + "\n"
        write_whole(self.path / INDEX, lambda file: file.write_text(text))

    def check_mine(self) -> None:
        """Raises ``RuntimeError`` if another process has opened the folder after this one."""
        try:
            _, writing = read_index(self.path)
        except ValueError:  # lost or damaged since; it is rewritten next
            return
        if writing is not None and self.temporary != self.path / writing:
            raise RuntimeError(
                f"Another process has begun to train in {str(self.path)!r}, which its file system "
                "did not prevent. This run ends; its checkpoints so far are untouched."
            )
