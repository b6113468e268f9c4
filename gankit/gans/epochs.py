"""Which epoch it is, for the data's order and for runs that are taken up again."""

from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from gankit.data.epochs import get_epochs, set_epoch, set_epochs
from gankit.typing import Logs, Structure


class EpochKeeper(keras.callbacks.Callback):
    """Counts a GAN's epochs and tells data of ``gankit.data`` which one comes next.

    ``GAN.fit`` adds it by itself.

    Args:
        data: what ``fit`` iterates over.
        initial_epoch: the number of ``fit``'s first epoch; where it is 0, counting goes on with the
            epochs that the GAN has completed.
    """

    def __init__(self, data: Any, initial_epoch: int):
        super().__init__()
        self.data = data
        self.initial_epoch = initial_epoch
        self.begun = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Settles which of the GAN's epochs is ``fit``'s first, before the GAN may be restored."""
        completed = int(self.model.epochs_completed.numpy())
        self.model.epoch_offset = 0 if self.initial_epoch else completed

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Sets the data's order, once, before Keras starts to iterate; passes count themselves."""
        if not self.begun and isinstance(self.data, tf.data.Dataset):
            set_epoch(self.data, self.model.epoch_offset + epoch)
        self.begun = True

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Notes where the data stand: those for validation may be the same."""
        if isinstance(self.data, tf.data.Dataset):
            self.before = get_epochs(self.data)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Puts the data back where they stood."""
        if isinstance(self.data, tf.data.Dataset):
            set_epochs(self.data, self.before)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Counts the epoch."""
        self.model.epochs_completed.assign(self.model.epoch_offset + epoch + 1)


class Replay:
    """Stands in for a GAN's train function while steps come that are trained already.

    It takes their batches from the data and does nothing with them. Afterwards the averages of the
    epoch, which Keras resets at its beginning, are what they were.

    Args:
        gan: a GAN whose ``steps_to_replay`` is positive.
        logs: what to say in these steps.
        averages: the values that the variables of ``gan.averages`` had after them.
    """

    def __init__(self, gan: keras.Model, logs: Logs, averages: list[Any]):
        self.gan = gan
        self.logs = logs
        self.averages = averages
        self.train = gan.train_function

    def __call__(self, iterator: Iterator[Structure]) -> Logs:
        """Passes over the batches of one execution, and returns the logs."""
        number = min(self.gan.steps_per_execution, self.gan.steps_to_replay)
        for _ in range(number):
            next(iterator)
        self.gan.steps_to_replay -= number
        if not self.gan.steps_to_replay:
            self.gan.train_function = self.train
            for variable, value in zip(self.gan.averages.variables, self.averages, strict=True):
                variable.assign(value)
        return dict(self.logs)
