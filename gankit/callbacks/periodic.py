"""What is done at the end of each epoch, or every so many training steps."""

import keras

from gankit.checks import check_at_least_one
from gankit.typing import Every, Logs


class Periodic(keras.callbacks.Callback):
    """Does something now and then: a subclass overrides ``act``.

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
        """Does it; ``unit`` is "epoch" or "step", ``number`` how many the GAN has completed.

        Both count on in a run that is taken up again.
        """
        raise NotImplementedError

    @property
    def writes(self) -> bool:
        """Whether this process writes files: of several workers only the first one does."""
        resolver = self.model.distribute_strategy.cluster_resolver
        return resolver is None or not resolver.task_id

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Takes up the count of steps where the epoch began, of which some may be seen again."""
        self.trained_before = int(self.model.steps_completed.numpy())
        self.steps = self.trained_before - self.model.steps_to_replay
        self.steps_of_epoch = 0

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Acts if another ``every`` steps are done; several may pass in one execution."""
        done = batch + 1 - self.steps_of_epoch
        self.steps_of_epoch += done
        before, self.steps = self.steps, self.steps + done
        if self.every == "epoch" or self.steps <= self.trained_before:
            return
        if self.steps // self.every > before // self.every:
            self.act("step", self.steps)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Acts if that is what epochs are for."""
        self.steps_of_epoch = 0
        if self.every == "epoch":
            self.act("epoch", int(self.model.epochs_completed.numpy()))
