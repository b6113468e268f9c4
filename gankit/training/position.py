"""The position of training: epoch, step, and place in the data."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.data.epochs import get_epochs, set_epoch, set_epochs
from gankit.typing import Config, Logs


class Position:
    """Where the training of a GAN is.

    ``PositionKeeper`` moves it on, and the training function counts steps; all else asks it.

    Attributes:
        epoch_offset: what to add to the epochs that ``fit`` counts, for those of the GAN.
        initial_epoch: the first of the epochs that ``fit`` counts.
        steps: training steps completed in all, as callbacks know them.
        step: training steps completed of the epoch that has begun.
        behind: how many of these are still to come in the data, whose batches ``fit`` only reads.
        means: the logged values of the epoch that has begun, where it was interrupted.
        learning_rates: of all optimizers, at the beginning of the epoch that has begun.
        given_rates: those that ``compile`` was given, None where a schedule gives them.
        data: what the data are, see ``describe_data``.
        ended: whether the run has come to an end before its last epoch.

    Examples:
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> gan.position.epoch, gan.position.steps
        (0, 0)
    """

    def __init__(self, gan: Any):
        self.gan = gan
        self.epoch_offset = self.initial_epoch = self.steps = self.step = self.behind = 0
        self.means: dict[str, list[float]] = {}
        self.learning_rates: list[float] = []
        self.given_rates: list[float | None] = []
        self.data: Config = {}
        self.ended = False

    @property
    def epoch(self) -> int:
        """Epochs completed in all."""
        return int(ops.convert_to_numpy(self.gan.epochs_completed))

    def begin(self, initial_epoch: int) -> None:
        """Settles, before anything is restored, which of the GAN's epochs is ``fit``'s first.

        Where ``initial_epoch`` is 0, counting continues from the epochs that the GAN has completed.
        """
        self.epoch_offset = 0 if initial_epoch else self.epoch
        self.initial_epoch = initial_epoch
        self.step = self.behind = 0
        self.ended = False

    def first_epoch(self, epochs: int) -> int:
        """Returns which of ``fit``'s epochs comes first: none of them where the run has ended.

        Raises:
            ValueError: more epochs are done than ``fit`` is asked for.
        """
        if (self.initial_epoch, self.behind) > (epochs, 0):
            steps = f" and {self.step} steps" if self.step else ""
            raise ValueError(
                f"{self.initial_epoch} epochs{steps} are done, but epochs={epochs} asks for fewer "
                "in all. Ask for more, or start again in another folder."
            )
        return epochs if self.ended else self.initial_epoch

    def pass_by(self, most: int) -> int:
        """Returns how many of the next batches, at most so many, were trained on before."""
        number = min(self.behind, most)
        self.behind -= number
        return number

    def count(self, number: int) -> None:
        """Counts training steps that have just been made."""
        self.step += number
        self.steps += number

    def save(self) -> dict[str, Any]:
        """Returns what the GAN's own variables don't hold, for JSON."""
        return {
            "step": self.step,
            "learning_rates": self.learning_rates,
            "given_rates": self.given_rates,
            "data": self.data,
            "means": self.gan.means.save(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Takes what ``save`` returned; the GAN's own variables are those of then already."""
        self.initial_epoch = max(self.initial_epoch, self.epoch - self.epoch_offset)
        self.step = self.behind = saved["step"]
        self.learning_rates = saved["learning_rates"]
        self.means = saved["means"]


class PositionKeeper(keras.callbacks.Callback):
    """Moves a GAN's position, and tells data of ``gankit.data`` which epoch comes next.

    ``fit`` puts it before all other callbacks.

    Args:
        data: what ``fit`` iterates over.
        held_out: its validation data; their order follows from the epoch, too.
    """

    def __init__(self, data: Any, held_out: Any = None):
        super().__init__()
        self.data = data
        self.held_out = held_out
        self.begun = False
        self.left: list[float] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Counts from where the GAN is."""
        self.position = self.model.position
        self.position.steps = int(ops.convert_to_numpy(self.model.steps_completed))

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Sets the data's order, once, before Keras starts to iterate; passes count themselves."""
        self.epoch = self.position.epoch_offset + epoch
        if not self.begun:
            set_epoch(self.data, self.epoch)
        self.begun = True
        rates = read_learning_rates(self.model.optimizer.optimizers)
        if self.position.step:  # an epoch that goes on: callbacks find it as it began
            self.model.means.restore(self.position.means)
            self.left = rates
            self.set_learning_rates(self.position.learning_rates)
        else:
            self.position.learning_rates = rates

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Puts learning rates back when all batches that were trained have been read."""
        if not self.position.behind:
            self.put_rates_back()

    def put_rates_back(self) -> None:
        """Sets learning rates, in an epoch that was interrupted, to what they were then."""
        if self.left:
            self.set_learning_rates(self.left)
            self.left = []

    def set_learning_rates(self, rates: list[float]) -> None:
        """Sets those that don't follow a schedule of steps."""
        for optimizer, rate in zip(self.model.optimizer.optimizers, rates, strict=True):
            if not follows_schedule(optimizer):
                optimizer.learning_rate = rate

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Counts the epoch."""
        self.put_rates_back()  # if its last step was the last one before the interruption
        done = np.int32(self.position.epoch_offset + epoch + 1)  # no int: TensorFlow keeps each
        self.model.epochs_completed.assign(done)
        self.position.step = self.position.behind = 0

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Sets the order of held-out data, which may be the data that are trained on."""
        self.before = get_epochs(self.data)
        set_epoch(self.held_out, self.epoch)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Puts the data back where they were."""
        set_epochs(self.data, self.before)


def read_learning_rates(optimizers: Iterable[keras.optimizers.Optimizer]) -> list[float]:
    """Returns the present learning rates, also of optimizers on several devices."""
    return [float(ops.convert_to_numpy(optimizer.learning_rate)) for optimizer in optimizers]


def read_given_rates(optimizers: Iterable[keras.optimizers.Optimizer]) -> list[float | None]:
    """Returns the learning rates that are numbers, and None for those that follow a schedule."""
    optimizers = list(optimizers)
    pairs = zip(optimizers, read_learning_rates(optimizers), strict=True)
    return [None if follows_schedule(optimizer) else rate for optimizer, rate in pairs]


def follows_schedule(optimizer: keras.optimizers.Optimizer) -> bool:
    """Returns whether an optimizer's learning rate follows a schedule, and can't be set."""
    for inner in ("inner_optimizer", "optimizer"):  # of a LossScaleOptimizer, and of ByPart
        optimizer = getattr(optimizer, inner, optimizer)
    return isinstance(optimizer.get_config()["learning_rate"], dict)
