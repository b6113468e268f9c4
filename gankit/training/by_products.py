"""Files that training writes besides its state: a full disk there doesn't end a run."""

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from gankit.typing import Logs


class ByProduct:
    """Files that are good to have: where one can't be written, a warning says so, and that is all.

    It is not repeated before something could be written again, however many epochs that takes.
    """

    def __init__(self) -> None:
        self.failing = False

    @contextlib.contextmanager
    def writing(self, what: str) -> Iterator[None]:
        """Tolerates that ``what`` is written within, and can't be."""
        try:
            yield
        except failures_to_write() as error:
            self.report(what, error)
        else:
            self.failing = False

    def report(self, what: str, error: Exception) -> None:
        """Warns, unless that would repeat the last warning."""
        if not self.failing:
            warnings.warn(
                f"Could not write {what}: {reason_of(error)}. It is missing, and all else goes on. "
                "You will be told again only if writing works in between.",
                stacklevel=2,
            )
        self.failing = True


def tolerantly(hook: str) -> Callable[..., None]:
    """Returns the method of ``LogWriter`` that calls the callback's own, and tolerates failures."""

    def call(self: "LogWriter", *arguments: Any, **options: Any) -> None:
        try:
            getattr(self.callback, hook)(*arguments, **options)
        except failures_to_write() as error:
            steps = self.model.position.steps
            self.by_product.report(f"{self.path} after {steps} training steps", error)
            self.has_failed = True
        except Exception:
            if not self.has_failed:  # which leaves things halfway, as TensorBoard doesn't expect
                raise
        else:
            if hook == "on_epoch_end":  # the one that is sure to have written something
                self.by_product.failing = False

    return call


class LogWriter(keras.callbacks.Callback):
    """One of Keras's callbacks that write logs, as a by-product.

    What fails when training begins stays an error: it would not work later, and nothing is lost.

    Args:
        callback: it.
        path: of the file or folder that it writes.
    """

    def __init__(self, callback: keras.callbacks.Callback, path: str):
        super().__init__()
        self.callback = callback
        self.path = path
        self.by_product = ByProduct()
        self.has_failed = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Passes them on."""
        super().set_params(params)
        self.callback.set_params(params)

    def set_model(self, model: keras.Model) -> None:
        """Passes it on."""
        super().set_model(model)
        self.callback.set_model(model)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Lets it open its files."""
        self.callback.on_train_begin(logs)

    on_train_end = tolerantly("on_train_end")
    on_epoch_begin = tolerantly("on_epoch_begin")
    on_epoch_end = tolerantly("on_epoch_end")
    on_train_batch_begin = tolerantly("on_train_batch_begin")
    on_train_batch_end = tolerantly("on_train_batch_end")
    on_test_begin = tolerantly("on_test_begin")
    on_test_end = tolerantly("on_test_end")
    on_test_batch_begin = tolerantly("on_test_batch_begin")
    on_test_batch_end = tolerantly("on_test_batch_end")


class EventWriter(LogWriter):
    """``TensorBoard``, which gets numbers as arrays, and those of steps only if it writes them.

    Of each other Python number that TensorFlow makes a tensor of, it keeps 0.8 kB for good, and
    Keras's callback has it make tensors of all that is logged in each step, and of the step.
    """

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Writes what was logged up to the step, where ``update_freq`` says so."""
        written = self.callback.update_freq != "epoch"
        super().on_train_batch_end(batch, as_arrays(logs) if written else None)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes what was logged for the epoch."""
        super().on_epoch_end(np.int64(epoch), as_arrays(logs))

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Writes what was logged on held-out data."""
        super().on_test_end(as_arrays(logs))


def as_arrays(logs: Logs | None) -> dict[str, np.ndarray]:
    """Returns logs as float32, in which TensorBoard writes them."""
    return {name: np.asarray(value, np.float32) for name, value in (logs or {}).items()}


def tolerate_logs(
    callbacks: Sequence[keras.callbacks.Callback],
) -> list[keras.callbacks.Callback]:
    """Returns callbacks, among which those of Keras that write logs may fail to."""
    tolerant: list[keras.callbacks.Callback] = []
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.CSVLogger):
            callback = LogWriter(callback, callback.filename)
        elif isinstance(callback, keras.callbacks.TensorBoard):
            callback = EventWriter(callback, callback.log_dir)
        tolerant.append(callback)
    return tolerant


def failures_to_write() -> tuple[type[Exception], ...]:
    """Returns the classes of what is raised where a file can't be written.

    TensorFlow, which writes TensorBoard's files on any backend, has one of its own.
    """
    tensorflow = sys.modules.get("tensorflow")
    return (OSError,) if tensorflow is None else (OSError, tensorflow.errors.OpError)


def reason_of(error: Exception) -> str:
    """Returns why a file can't be written, in a line."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).split("}} ")[-1].split("\n")[0]  # without the operation in the graph
