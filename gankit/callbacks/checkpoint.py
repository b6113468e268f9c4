"""A run that goes on where it stopped, whatever stopped it."""

import json
import signal
import threading
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import keras

from gankit.callbacks.periodic import Periodic
from gankit.checks import check_at_least_one
from gankit.gans import GAN
from gankit.saving import check_file, write_whole
from gankit.typing import Every, Logs, PathLike

POSITION = "position.json"  # beside Keras's own members in the file


class Checkpoint(Periodic):
    """Saves the GAN now and then, and takes up a run that was stopped, bit for bit.

    Run the same script again: training goes on from the newest checkpoint in the folder, up to the
    ``epochs`` that ``fit`` is given, as if it had never been stopped, also in the middle of an
    epoch. A checkpoint holds the networks, both optimizers, the state of all random numbers and of
    the variant, and the place in the data. Data have to come in an order that can be had again:
    from ``gankit.data``, or without shuffling. The batches of an epoch that has begun are read once
    more, and callbacks see them without anything being trained.

    A file is written beside the others and renamed when it is on the disk, so that one that is
    there is whole. ``epoch_00002_step_0000040.keras``, of 2 epochs and 40 steps, is a file that
    ``gankit.load`` and ``keras.models.load_model`` open, with checksums of all that is in it. If
    the newest is damaged all the same, a warning names it and the one before it is taken.

    Ctrl-C waits for the end of the training step, saves, and then interrupts; a second one
    interrupts at once. With several workers, all read the folder and the first one writes.

    Args:
        folder: where to write, and to look for checkpoints; one folder a run.
        every: ``"epoch"``, or a number of training steps.
        keep: how many checkpoints to keep; older ones are deleted.

    Raises:
        ValueError: an argument out of its range; a folder whose checkpoints are all damaged, or are
            those of another GAN.
        OSError: a checkpoint can't be written; those before it are untouched, and the newest is
            named.
    """

    order = 1  # saves after all others have done their part of a step or an epoch

    def __init__(self, folder: PathLike, every: Every = "epoch", keep: int = 3):
        super().__init__(every)
        check_at_least_one("keep", keep)
        self.folder = Path(folder)
        self.keep = keep
        self.interrupted = False
        self.former_handler: Any = None
        self.resumed = False
        self.written: Path | None = None

    def restore_before_fit(self, gan: GAN, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Restores the newest checkpoint, if there is one; ``GAN.fit`` calls it, before Keras's.

        Rows of ``callbacks`` that write a CSV file are removed if their epochs come again: a run
        that is killed after a row, but before its checkpoint, would write it twice.
        """
        self.set_model(gan)
        if self.writes:
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob(".writing_*"):  # by a process that was killed
                left.unlink()
        self.written, position = self.restore(gan)
        self.resumed = position is not None
        if position is None:
            return
        gan.position.restore(position)
        for callback in callbacks:
            if isinstance(callback, keras.callbacks.CSVLogger) and callback.append and self.writes:
                remove_rows(Path(callback.filename), callback.sep, gan.position.initial_epoch)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Says where training goes on, and waits for Ctrl-C."""
        if self.resumed and self.writes and self.params.get("verbose"):
            print(f"Goes on from {self.written}, up to {self.params['epochs']} epochs in all.")
        super().on_train_begin(logs)
        self.listen()

    def restore(self, gan: GAN) -> tuple[Path | None, dict[str, Any] | None]:
        """Gives a GAN the state of the newest checkpoint that is whole.

        Returns:
            Its path and its position, None where there is no checkpoint.
        """
        paths = find_checkpoints(self.folder)
        for path in reversed(paths):
            try:
                position = read_position(path)
            except ValueError as error:
                warnings.warn(f"{error} The checkpoint before it is taken.", stacklevel=2)
                continue
            try:
                gan.load_weights(path)
            except Exception as error:
                raise ValueError(
                    f"{path} is intact, but belongs to another GAN. Use another folder, or build "
                    f"the networks as before: {error}"
                ) from error
            return path, position
        if paths:
            raise ValueError(
                f"All {len(paths)} checkpoints in {str(self.folder)!r} are damaged. Delete them to "
                "start from the beginning."
            )
        return None, None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Saves, if it is time; after Ctrl-C saves and interrupts."""
        super().on_train_batch_end(batch, logs)
        if self.interrupted:
            if not self.model.position.behind:
                self.save()
            raise KeyboardInterrupt

    def act(self, unit: str, number: int) -> None:
        """Saves the GAN."""
        self.save()

    def save(self) -> None:
        """Writes a checkpoint, and deletes the oldest."""
        position = self.model.position
        path = self.folder / f"epoch_{position.epoch:05d}_step_{position.step:07d}.keras"
        if not self.writes or path == self.written:
            return

        def write(file):
            self.model.save(file)
            with zipfile.ZipFile(file, "a") as archive:
                archive.writestr(POSITION, json.dumps(position.save()))

        try:
            write_whole(path, write)
        except OSError as error:
            newest = (
                f"The newest intact checkpoint is {self.written}"
                if self.written
                else "No intact checkpoint exists yet"
            )
            raise OSError(
                error.errno,
                f"Could not write {path}: {error.strerror or error}. {newest}. Fix the problem and "
                "run the script again",
            ) from error
        self.written = path
        # A damaged one may be ahead, which will be written again.
        until_now = [one for one in find_checkpoints(self.folder) if one <= path]
        for old in until_now[: -self.keep]:
            old.unlink()

    def listen(self) -> None:
        """Puts off Ctrl-C to the end of a step."""
        if threading.current_thread() is not threading.main_thread():
            return
        self.interrupted = False
        self.former_handler = signal.signal(signal.SIGINT, self.interrupt)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Notes the first Ctrl-C; a second one interrupts at once."""
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True

    def close(self) -> None:
        """Gives Ctrl-C back; ``GAN.fit`` calls it however training ends."""
        if self.former_handler is not None:
            signal.signal(signal.SIGINT, self.former_handler)
            self.former_handler = None


def remove_rows(path: Path, separator: str, epoch: int) -> None:
    """Removes the rows of a CSV file from an epoch on, and one that was cut short."""
    if not path.exists():
        return
    lines = path.read_text().splitlines(keepends=True)
    kept = [
        line
        for line in lines
        if line.endswith("\n")
        and not (line.split(separator)[0].isdigit() and int(line.split(separator)[0]) >= epoch)
    ]
    if kept != lines:
        write_whole(path, lambda file: Path(file).write_text("".join(kept)))


def find_checkpoints(folder: PathLike) -> list[Path]:
    """Returns the files of a folder's checkpoints, the oldest first."""
    return sorted(Path(folder).glob("epoch_*_step_*.keras"))


def read_position(path: PathLike) -> dict[str, Any]:
    """Returns the position at which a checkpoint was written, or says why it can't be trusted."""
    check_file(path)
    with zipfile.ZipFile(path) as archive:
        if POSITION not in archive.namelist():
            raise ValueError(f"{path} was not written by Checkpoint: it lacks {POSITION!r}.")
        return json.loads(archive.read(POSITION))
