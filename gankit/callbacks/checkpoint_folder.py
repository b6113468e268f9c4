"""The folder of a run: its checkpoints, and who may write them."""

import errno
import json
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from gankit.callbacks.lock import Lock
from gankit.checkpoint_index import INDEX, read_index
from gankit.saving import sync, write_whole
from gankit.typing import PathLike

LOCK = "checkpoints.lock"


class CheckpointFolder:
    """The checkpoints of one run: those that the folder's index names, and no other file.

    The index, ``checkpoints.json``, lists their names, the oldest first, and the name under which
    the process that trains writes the next one. It names a checkpoint before that is there, and
    still after it is deleted, so that a process may be killed at any moment: what it names and is
    not there doesn't count.

    Args:
        folder: its path.
    """

    def __init__(self, folder: PathLike):
        self.path = Path(folder)
        self.lock = Lock(self.path / LOCK)
        self.names: list[str] = []
        self.temporary: Path | None = None
        self.device: int | None = None

    def open(self) -> None:
        """Takes the folder for this process, which alone writes to it until ``close``.

        Raises:
            RuntimeError: another process has it.
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
        """Gives the folder back."""
        self.lock.release()

    def find(self) -> list[Path]:
        """Returns the checkpoints that are there, the oldest first.

        Raises:
            ValueError: the index is damaged, or lost.
        """
        self.names, _ = read_index(self.path)
        return [self.path / name for name in self.names]

    def put_first(self, names: Sequence[str]) -> None:
        """Has some of them deleted before the others, whatever their age."""
        self.names = [*names, *(name for name in self.names if name not in names)]

    def choose_path(self, epoch: int, step: int) -> Path:
        """Returns the path for a checkpoint, at which there is no file of somebody else's."""
        stem, number = f"epoch_{epoch:05d}_step_{step:07d}", 1
        path = self.path / f"{stem}.keras"
        while path.name not in self.names and os.path.lexists(path):
            number += 1
            path = self.path / f"{stem}_{number}.keras"
        return path

    def publish(self, path: Path, write: Callable[[Path], object], keep: int) -> None:
        """Writes a checkpoint, whole or not at all, and deletes the oldest.

        Args:
            path: what ``choose_path`` returned.
            write: takes a path, and writes the checkpoint there.
            keep: how many stay.

        Raises:
            OSError: it can't be written; all others are still there.
            RuntimeError: another process has taken the folder, past a lock that does not reach it.
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
        """Raises ``OSError`` if the folder's drive has vanished, or another one is in its place.

        Where a drive was mounted there is still a folder, which is another one.
        """
        if self.path.stat().st_dev != self.device:
            raise OSError(errno.ENODEV, "its drive is not the one that the run began on")

    def delete(self, name: str) -> bool:
        """Returns whether a checkpoint is deleted; on Windows it isn't while somebody reads it."""
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
