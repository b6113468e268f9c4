"""Checkpoints, from which a run continues after any kind of stop."""

import contextlib
import errno
import json
import sys
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from gankit.archives import check_file, read_json
from gankit.callbacks.changes import Change, as_list, compare_data, find_changes, take_rates
from gankit.callbacks.checkpoint_folder import CheckpointFolder
from gankit.callbacks.log_files import LogFiles
from gankit.callbacks.memory import Memory, find_stop, read_memory, recall, write_memory
from gankit.callbacks.periodic import Periodic
from gankit.callbacks.signals import Signals, name_signal
from gankit.checks import check_at_least_one
from gankit.differentiation import several_workers
from gankit.gans import GAN
from gankit.typing import Every, Logs, PathLike

POSITION = "position.json"  # in the file, next to what Keras writes


class Checkpoint(Periodic):
    """Saves the GAN regularly, and resumes a run that was stopped, bit for bit.

    Run the same script again: training resumes from the newest checkpoint in the folder, even in
    the middle of an epoch, and stops after the ``epochs`` that ``fit`` is given, as if it had never
    been interrupted. A checkpoint contains the networks, both optimizers, the state of all random
    numbers and of the variant, and the position in the data. The order of the data must be
    reproducible: take it from ``gankit.data``, or don't shuffle. If a run resumes in the middle of
    an epoch, the batches already trained on are read once more; callbacks see them, but nothing is
    trained.

    A file is written under a temporary name and renamed once it is on the disk, so that no
    checkpoint is incomplete. ``epoch_00002_step_0000040.keras``, after 2 epochs and 40 steps, can
    be opened with ``gankit.load`` and ``keras.models.load_model``, and has checksums of its
    contents. If the newest is damaged nevertheless, a warning names it and the one before it is
    used. Files that the folder's index, ``checkpoints.json``, doesn't list are neither read nor
    deleted.

    The state of other callbacks is restored, and their logs are cut back to the checkpoint. If your
    script has changed since then, you get a warning or an error; ``docs/long_runs.md`` lists which.

    After Ctrl-C, SIGTERM or SIGHUP, the current training step, or the work at the end of an epoch,
    is finished and the state is saved; a line says where. Then the signal takes its usual effect; a
    second Ctrl-C ends the process at once. If you have set a signal handler of your own, it is used
    instead. Only one process can train in a folder; with several workers, all read it and the first
    one writes.

    Args:
        folder: where to write checkpoints and to look for them; use one folder per run.
        every: ``"epoch"``, or a number of training steps.
        keep: how many checkpoints to keep; older ones are deleted.

    Raises:
        ValueError: an argument out of range; a folder whose checkpoints are all damaged or belong
            to another GAN, or whose index is damaged or lost; networks, optimizers, epochs or data
            with which the run can't continue.
        RuntimeError: another process trains in the folder.
        OSError: a checkpoint can't be written; earlier ones are untouched, and the error names the
            newest.

    Examples:
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> dataset = data.from_arrays(digits[:32, 10:18, 10:18], batch_size=16)
        >>> _ = gan.fit(dataset, epochs=1, verbose=0, callbacks=[callbacks.Checkpoint("run")])
        >>> gankit.load("run").position.epoch  # run again, fit resumes from here
        1
    """

    order = 1  # saves after all others have done their part of a step or an epoch

    def __init__(self, folder: PathLike, every: Every = "epoch", keep: int = 3):
        super().__init__(every)
        check_at_least_one("keep", keep)
        self.folder = Path(folder)
        self.files = CheckpointFolder(folder)
        self.keep = keep
        self.signals = Signals()
        self.resumed = False
        self.written: Path | None = None
        self.saved: tuple[int, int] | None = None  # epoch and step of what is written
        self.others: Sequence[keras.callbacks.Callback] = ()
        self.memories: list[tuple[keras.callbacks.Callback, Memory]] = []
        self.changes: list[Change] = []

    def restore_before_fit(self, gan: GAN, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Restores the newest checkpoint, if there is one; ``GAN.fit`` calls this at its start.

        Removes what ``callbacks`` wrote to files after that checkpoint, since they will write it
        again.
        """
        self.set_model(gan)
        self.others = [callback for callback in callbacks if callback is not self]
        if self.writes:
            self.files.open()
        self.saved, self.memories = None, []
        self.log_files = LogFiles(self.folder, self.others)
        self.written, position = self.restore(gan)
        self.resumed = self.written is not None
        if self.written and position:
            gan.position.restore(position)
            self.saved = gan.position.epoch, gan.position.step
            self.take_up(gan, self.written, position)
        if self.writes:
            self.log_files.begin(position and position["files"])

    def take_up(self, gan: GAN, path: Path, position: dict[str, Any]) -> None:
        """Reads the state of callbacks, and warns of changes in the script."""
        self.memories = read_memory(path, self.others, gan)
        gan.position.ended = find_stop(self.memories)
        rates = take_rates(gan, position["given_rates"])
        data = compare_data(position["data"], gan.position.data, position["step"])
        if told := [*self.changes, *rates, *data]:
            warnings.warn(
                f"The script has changed since {path} was written, and the run continues "
                f"with the new settings:{as_list(told)}",
                stacklevel=3,
            )
        for callback in self.others:
            if isinstance(callback, keras.callbacks.CSVLogger):
                callback.append = True  # or it would overwrite its file

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Prints where training resumes, and postpones signals."""
        if self.resumed and self.writes and self.params.get("verbose"):
            print(f"Resumes from {self.written}, up to {self.params['epochs']} epochs in total.")
        super().on_train_begin(logs)
        recall(self.memories)
        if self.resumed:
            self.log_files.keep_columns()
        self.signals.listen()

    def restore(self, gan: GAN) -> tuple[Path | None, dict[str, Any] | None]:
        """Restores a GAN from the newest checkpoint that is intact.

        Returns:
            Its path and its position, None where there is no checkpoint.
        """
        paths, damaged = self.files.find(), []
        for path in reversed(paths):
            try:
                position = read_position(path)
            except ValueError as error:
                warnings.warn(f"{error} The checkpoint before it is taken.", stacklevel=2)
                damaged.append(path.name)
                continue
            try:
                self.changes = find_changes(gan, path)
                with warnings.catch_warnings():  # Keras would continue without an optimizer's state
                    warnings.filterwarnings("error", "Skipping variable loading")
                    gan.load_weights(path)
            except Exception as error:
                raise ValueError(
                    f"{path} is intact, but belongs to another GAN. Use another folder, or build "
                    f"and compile it as before: {error}"
                ) from error
            self.files.put_first(damaged)
            return path, position
        if paths:
            raise ValueError(
                f"All {len(paths)} checkpoints in {str(self.folder)!r} are damaged. Delete "
                "them to start from the beginning."
            )
        return None, None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Saves, if it is time."""
        super().on_train_batch_end(batch, logs)
        self.obey()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Saves, if it is time."""
        super().on_epoch_end(epoch, logs)
        self.obey()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Handles a signal that came after the last epoch."""
        self.obey()

    def obey(self) -> None:
        """If a signal has come, saves the state and lets the signal take effect."""
        if self.signals.noted is None:
            return
        if not self.model.position.behind:
            self.save_alone()
        self.end()

    def end(self) -> None:
        """Reports a signal that has come and lets it take effect; restores signal handlers."""
        if self.signals.noted is not None:
            self.tell(self.signals.noted)
        self.signals.end()

    def tell(self, number: int) -> None:
        """Calls ``on_signal`` of callbacks that have it, and tells the user what was saved."""
        for callback in self.others:
            getattr(callback, "on_signal", lambda name: None)(name_signal(number))
        if self.written and self.writes:
            with contextlib.suppress(OSError):  # of a terminal that is gone
                print(
                    f"\nSaved: {self.written}. Run the same again to resume from there.",
                    file=sys.stderr,
                    flush=True,
                )

    def save_alone(self) -> None:
        """Saves, unless other workers, who may notice the signal at another step, must join."""
        if not several_workers(self.model):
            self.save()

    def act(self, unit: str, number: int) -> None:
        """Saves the GAN."""
        self.save()

    def save(self) -> None:
        """Writes a checkpoint, and deletes the oldest."""
        position = self.model.position
        now = position.epoch, position.step
        if now == self.saved:
            return
        self.saved = now
        state = position.save()  # on all workers, whose means are one
        if not self.writes:
            return

        lengths = self.log_files.measure()

        def write(file):
            self.model.save(file, True, True)  # by Keras alone: the folder makes it atomic
            # Not by name: if the file were gone, that would create a new archive.
            with file.open("r+b") as opened, zipfile.ZipFile(opened, "a") as archive:
                archive.writestr(POSITION, json.dumps(state | {"files": lengths}))
                write_memory(archive, self.others)

        path = self.files.choose_path(*now)
        try:
            self.files.publish(path, write, self.keep)
        except OSError as error:
            raise OSError(
                error.errno,
                f"Could not write {path}: {error.strerror or error}. {self.explain_newest()}. Fix "
                "the problem and run the script again",
            ) from error
        self.written = path

    def explain_newest(self) -> str:
        """Returns which checkpoint the run can resume from, now that one can't be written."""
        paths = [self.folder / name for name in reversed(self.files.names)]
        for path in paths:
            with contextlib.suppress(ValueError, OSError):
                read_position(path)
                return f"The newest intact checkpoint is {path}"
        if paths:
            return f"{paths[0]}, which was written last, can't be read now either"
        return "No intact checkpoint exists yet"

    def close(self) -> None:
        """Releases the folder and the signals; ``GAN.fit`` calls this however training ends."""
        lost_terminal = getattr(sys.exception(), "errno", None) in (errno.EIO, errno.EPIPE)
        try:
            if self.signals.noted is not None and lost_terminal and self.model.position.step:
                self.save_alone()  # a progress bar ended the epoch between two steps
        finally:
            self.files.close()
            self.end()


def read_position(path: PathLike) -> dict[str, Any]:
    """Returns a checkpoint's position, or raises ``ValueError`` if it can't be trusted."""
    check_file(path)
    with zipfile.ZipFile(path) as archive:
        if POSITION not in archive.namelist():
            raise ValueError(f"{path} was not written by Checkpoint: it lacks {POSITION!r}.")
    position = read_json(path, POSITION)
    if not is_position(position):
        raise ValueError(f"{path} is damaged: {POSITION!r} in it is not what Checkpoint writes.")
    return position


def is_position(saved: dict[str, Any]) -> bool:
    """Returns whether a JSON object has the form that ``Checkpoint`` writes."""
    step, rates, given = (saved.get(name) for name in ("step", "learning_rates", "given_rates"))
    means, data, files = (saved.get(name) for name in ("means", "data", "files"))
    if not isinstance(step, int) or step < 0:
        return False
    if not (isinstance(rates, list) and isinstance(given, list) and isinstance(data, dict)):
        return False
    if not (isinstance(means, dict) and isinstance(files, dict)):
        return False
    pairs = [pair for pair in means.values() if isinstance(pair, list) and len(pair) == 2]
    kinds = [(rates, int | float), (given, int | float | None), (files.values(), int)]
    kinds += [(pair, int | float) for pair in pairs]
    all_right = all(isinstance(one, kind) for numbers, kind in kinds for one in numbers)
    return all_right and len(pairs) == len(means)
