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

from gankit.callbacks.changes import Change, as_list, compare_data, find_changes, take_rates
from gankit.callbacks.log_files import LogFiles
from gankit.callbacks.memory import Memory, find_stop, read_memory, recall, write_memory
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

    Other callbacks get back what they remembered, and their logs are cut back to the checkpoint.
    What the script has changed since is told in one warning, or refused; ``docs/long_runs.md`` has
    the lists.

    Ctrl-C waits for the end of the training step, saves, and then interrupts; a second one
    interrupts at once. With several workers, all read the folder and the first one writes.

    Args:
        folder: where to write, and to look for checkpoints; one folder a run.
        every: ``"epoch"``, or a number of training steps.
        keep: how many checkpoints to keep; older ones are deleted.

    Raises:
        ValueError: an argument out of its range; a folder whose checkpoints are all damaged, or are
            those of another GAN; networks, optimizers, epochs or data with which it can't go on.
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
        self.others: Sequence[keras.callbacks.Callback] = ()
        self.memories: list[tuple[keras.callbacks.Callback, Memory]] = []
        self.changes: list[Change] = []

    def restore_before_fit(self, gan: GAN, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Restores the newest checkpoint, if there is one; ``GAN.fit`` calls it, before Keras's.

        What ``callbacks`` wrote to files after that checkpoint is removed: it comes again.
        """
        self.set_model(gan)
        self.others = [callback for callback in callbacks if callback is not self]
        if self.writes:
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob(".writing_*"):  # by a process that was killed
                left.unlink()
        self.log_files = LogFiles(self.folder, self.others)
        self.written, position = self.restore(gan)
        self.resumed = self.written is not None
        if self.written and position:
            gan.position.restore(position)
            self.take_up(gan, self.written, position)
        if self.writes:
            self.log_files.begin(position and position["files"])

    def take_up(self, gan: GAN, path: Path, position: dict[str, Any]) -> None:
        """Reads what callbacks remembered, and says what the script has changed since."""
        self.memories = read_memory(path, self.others, gan)
        gan.position.ended = find_stop(self.memories)
        rates = take_rates(gan, position["given_rates"])
        data = compare_data(position["data"], gan.position.data, position["step"])
        if told := [*self.changes, *rates, *data]:
            warnings.warn(
                f"The script has changed since {path} was written, and the run goes on "
                f"with what it says now:{as_list(told)}",
                stacklevel=3,
            )
        for callback in self.others:
            if isinstance(callback, keras.callbacks.CSVLogger):
                callback.append = True  # or it would begin its file anew

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Says where training goes on, and waits for Ctrl-C."""
        if self.resumed and self.writes and self.params.get("verbose"):
            print(f"Goes on from {self.written}, up to {self.params['epochs']} epochs in all.")
        super().on_train_begin(logs)
        recall(self.memories)
        if self.resumed:
            self.log_files.keep_columns()
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
                self.changes = find_changes(gan, path)
                with warnings.catch_warnings():  # Keras would go on without an optimizer's state
                    warnings.filterwarnings("error", "Skipping variable loading")
                    gan.load_weights(path)
            except Exception as error:
                raise ValueError(
                    f"{path} is intact, but belongs to another GAN. Use another folder, or build "
                    f"and compile it as before: {error}"
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

        lengths = self.log_files.measure()

        def write(file):
            self.model.save(file)
            with zipfile.ZipFile(file, "a") as archive:
                archive.writestr(POSITION, json.dumps(position.save() | {"files": lengths}))
                write_memory(archive, self.others)

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
