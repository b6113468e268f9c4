"""A base class for callbacks that act each epoch, or every so many training steps."""

import keras

from gankit.checks import check_at_least_one
from gankit.differentiation import writes_files
from gankit.typing import Every, Logs


class Periodic(keras.callbacks.Callback):
    """Acts each epoch or every few steps: a subclass overrides ``act``.

    Args:
        every: ``"epoch"``, or a number of training steps.

    Raises:
        ValueError: ``every`` is neither ``"epoch"`` nor at least 1.
    """

    def __init__(self, every: Every = "epoch"):
        super().__init__()
        if every != "epoch":
            check_at_least_one("every, unless it is 'epoch',", every)
        self.every = every

    def act(self, unit: str, number: int) -> None:
        """Acts; ``unit`` is "epoch" or "step", and ``number`` how many the GAN has completed.

        The count continues in a resumed run.
        """
        raise NotImplementedError

    @property
    def writes(self) -> bool:
        """Whether this process writes files: with several workers, only the first one does."""
        return writes_files(self.model)

    @property
    def steps(self) -> int:
        """Training steps that the GAN has completed."""
        return self.position.steps

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Notes how many steps are completed."""
        self.position = self.model.position  # reading it doesn't touch the GAN's state
        self.seen = self.steps

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Acts after another ``every`` steps; one call may cover several steps."""
        before, self.seen = self.seen, self.steps
        if self.every != "epoch" and self.seen // self.every > before // self.every:
            self.act("step", self.seen)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Acts if ``every`` is ``"epoch"``."""
        if self.every == "epoch":
            self.act("epoch", self.model.position.epoch)
