"""A file lock that ends with the process that holds it."""

import json
import os
import socket
import sys
import time
import warnings
import weakref
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    FAR = 1 << 30  # a locked byte can't be read, so lock one far beyond the file's text

    def take(file: IO[str]) -> bool:
        """Locks an open file, or returns False where another has it."""
        file.seek(FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def take(file: IO[str]) -> bool:
        """Locks an open file, or returns False where another has it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter on network file systems
            return False
        return True


held: "weakref.WeakSet[Lock]" = weakref.WeakSet()


class Lock:
    """The right of one process to write to a folder.

    The operating system ties the lock to an open file, which it closes however the process ends,
    even after ``kill -9``. So the file may stay: it says which process has the lock, or had it
    last. A forked child, such as a worker that reads data, closes its copy at once, since it would
    otherwise keep the lock after its parent's death.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path):
        self.path = path
        self.file: IO[str] | None = None

    def acquire(self) -> None:
        """Takes the lock.

        Raises:
            RuntimeError: another process has it, or another ``Lock`` in this process.

        Warns:
            UserWarning: the file system has no locks.
        """
        self.release()
        file = self.path.open("a+")
        try:
            free = take(file)
        except OSError as error:
            warnings.warn(
                f"The file system of {str(self.path.parent)!r} has no locks ({error}): make sure "
                "that no other process trains in that folder.",
                stacklevel=2,
            )
            free = True
        if not free:
            with file:
                raise RuntimeError(
                    f"{str(self.path.parent)!r} is in use by {read_owner(file)}. Two runs can't "
                    "share a folder: wait until that one has ended, end it, or choose another."
                )
        write_owner(file)
        self.file = file
        held.add(self)

    def release(self) -> None:
        """Releases the lock; in a forked child, only closes the child's copy of the file."""
        if self.file is not None:
            self.file.close()
            self.file = None


def write_owner(file: IO[str]) -> None:
    """Writes who holds a lock into its file."""
    file.truncate(0)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    json.dump({"process": os.getpid(), "host": socket.gethostname(), "since": since}, file)
    file.flush()


def read_owner(file: IO[str]) -> str:
    """Returns who holds a lock, if its file says so."""
    try:
        file.seek(0)
        owner = json.loads(file.read())
        return f"process {owner['process']} on {owner['host']}, since {owner['since']}"
    except (OSError, ValueError, LookupError, TypeError):  # some can't be read while locked
        return "another process"


def release_all() -> None:
    """Releases all locks, in a child that has just been forked."""
    for lock in list(held):
        lock.release()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing is forked
    os.register_at_fork(after_in_child=release_all)
