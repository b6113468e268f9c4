"""Files that callbacks append to, cut back to their length at the time of a checkpoint.

A resumed run repeats some steps. Without this, what callbacks wrote about them before the stop
would be in the files twice.
"""

import contextlib
import csv
import json
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from gankit.callbacks.tensorboard_images import TensorBoardImages
from gankit.files import write_whole

STARTS = "logs.json"  # next to the checkpoints: the processes that wrote, and initial lengths

Callbacks = Sequence[keras.callbacks.Callback]


class LogFiles:
    """The CSV files and TensorBoard's event files of a run.

    Each process writes new event files, whose names contain its number, and files of other runs may
    be in the same folder. So each process is recorded when it starts, and only files of recorded
    processes are changed.

    Args:
        folder: the folder of the run's checkpoints.
        callbacks: the callbacks that write the files.
    """

    def __init__(self, folder: Path, callbacks: Callbacks):
        self.path = folder / STARTS
        self.callbacks = callbacks
        self.tables = [
            Path(one.filename) for one in callbacks if isinstance(one, keras.callbacks.CSVLogger)
        ]
        self.folders = [place for one in callbacks for place in event_folders(one)]
        self.begun: dict[str, Any] = {"processes": [], "lengths": {}}
        self.lengths: dict[str, int] = {}  # if known

    def begin(self, lengths: dict[str, int] | None) -> None:
        """Cuts files back to the lengths that a checkpoint has of them, and notes this process.

        A file that no checkpoint has recorded is cut back to its length before the run.
        """
        if not (self.tables or self.folders):
            return
        if self.path.exists():
            self.begun = json.loads(self.path.read_text())
        at_first = {str(path): len(read_lines(path)) for path in self.tables}
        self.begun["lengths"] = at_first | self.begun["lengths"]
        self.lengths = self.begun["lengths"] | (lengths or {})
        self.cut_back(self.lengths)
        self.begun["processes"].append([socket.gethostname(), os.getpid(), int(time.time())])
        write_whole(self.path, lambda file: file.write_text(json.dumps(self.begun)))

    def measure(self) -> dict[str, int]:
        """Returns how long each file is by its path; Keras writes each row and scalar at once.

        CSV files are measured in lines, since line endings differ between systems, others in bytes.
        A file that can't be read now, for example because its drive has vanished, may be back when
        the run resumes, so its last known length is kept.
        """
        with contextlib.suppress(OSError):
            for path in self.tables:
                if path.exists():
                    self.lengths[str(path)] = len(read_lines(path))
            for path in self.events():
                self.lengths[str(path)] = path.stat().st_size
        return dict(self.lengths)

    def cut_back(self, lengths: dict[str, int]) -> None:
        """Removes what was written later, and a line that was cut short."""
        for path in self.tables:
            kept = b"".join(read_lines(path)[: lengths[str(path)]])
            if path.exists() and path.stat().st_size > len(kept):
                os.truncate(path, len(kept))
        for path in self.events():
            if str(path) not in lengths:
                path.unlink()
            elif path.stat().st_size > lengths[str(path)]:
                os.truncate(path, lengths[str(path)])

    def events(self) -> list[Path]:
        """Returns TensorBoard's files that processes of this run have written."""
        there = [path for folder in self.folders for path in folder.glob("events.out.tfevents.*")]
        return sorted(path for path in there if self.is_own(path.name))

    def is_own(self, name: str) -> bool:
        """Returns whether an event file was written by one of this run's processes.

        Its name is ``events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER.v2``.
        """
        seconds = name.split(".")[3]
        return seconds.isdigit() and any(
            f".{host}.{process}." in name and int(seconds) >= start
            for host, process, start in self.begun["processes"]
        )

    def keep_columns(self) -> None:
        """Makes CSV files keep their columns, whatever the next row contains."""
        for callback in self.callbacks:
            if isinstance(callback, keras.callbacks.CSVLogger) and callback.append:
                callback.keys = read_columns(Path(callback.filename), callback.sep)


def event_folders(callback: keras.callbacks.Callback) -> list[Path]:
    """Returns where a callback writes TensorBoard's event files."""
    if isinstance(callback, keras.callbacks.TensorBoard):
        return [Path(callback.log_dir) / name for name in ("train", "validation")]
    if isinstance(callback, TensorBoardImages):
        return [callback.events]
    return []


def read_lines(path: Path) -> list[bytes]:
    """Returns the whole lines of a file, none where there is no file."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [line for line in lines if line.endswith(b"\n")]


def read_columns(path: Path, separator: str) -> list[str] | None:
    """Returns a CSV file's columns after the epoch's, or None if it has none yet."""
    if not path.exists():
        return None
    with path.open(newline="") as file:
        header = next(csv.reader(file, delimiter=separator), None)
    return header[1:] if header else None
