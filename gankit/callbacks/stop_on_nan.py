"""Stops training when a value becomes NaN or infinite."""

import warnings

import keras
import numpy as np
from keras import ops

from gankit.callbacks.checkpoint import Checkpoint
from gankit.checks import check_at_least_one, check_fraction
from gankit.differentiation import compile_function
from gankit.gans import GAN
from gankit.training.position import follows_schedule, read_learning_rates
from gankit.typing import Logs


class StopOnNaN(keras.callbacks.Callback):
    """Stops training at the first step whose logged values or weights are NaN or infinite.

    ``fit`` ends with a ``FloatingPointError`` that names them and the step, before a checkpoint of
    this state can be written. Looks at all terms that are logged, and at all weights, which takes
    about as long as reading them once.

    With ``checkpoint`` it goes back instead: to the newest checkpoint, with lower learning rates,
    and on with the data that come next, so that a run of days survives a bad batch. Keras's
    ``TerminateOnNaN`` knows one value only, ``loss``, which a GAN does not log.

    Args:
        checkpoint: the ``Checkpoint`` of the same ``fit`` to whose files to go back; None stops.
        learning_rate_factor: by which both learning rates are multiplied then, in (0, 1].
        max_returns: how often to go back, before it stops after all.

    Raises:
        ValueError: an argument out of its range.
        FloatingPointError: in ``fit``.
    """

    order = -2  # comes before callbacks that would write what it is to prevent
    remembers = ("returns",)

    def __init__(
        self,
        checkpoint: Checkpoint | None = None,
        learning_rate_factor: float = 0.5,
        max_returns: int = 3,
    ):
        super().__init__()
        check_fraction("learning_rate_factor", learning_rate_factor, "(0, 1]")
        check_at_least_one("max_returns", max_returns)
        self.checkpoint = checkpoint
        self.learning_rate_factor = learning_rate_factor
        self.max_returns = max_returns
        self.returns = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Prepares the look at all weights, as one graph."""
        if self.checkpoint is not None:
            check_rates_can_change(self.model)
        weights = [weight for weight in self.model.weights if "float" in weight.dtype]
        self.names = [weight.path for weight in weights]
        self.find_finite = compile_function(
            lambda: [ops.all(ops.isfinite(ops.convert_to_tensor(weight))) for weight in weights]
        )

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Looks at the values and the weights."""
        bad = [name for name, value in (logs or {}).items() if not np.isfinite(value)]
        finite = zip(self.names, self.find_finite(), strict=True)
        bad += [name for name, is_finite in finite if not is_finite]
        if bad:
            self.react(bad)

    def react(self, bad: list[str]) -> None:
        """Goes back, or raises."""
        steps = self.model.position.steps
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        message = f"After {steps} training steps {', '.join(bad[:5])}{more} are NaN or infinite."
        if self.checkpoint is None or self.returns == self.max_returns:
            raise FloatingPointError(
                f"{message} Lower the learning rates, or bound the discriminator's slope by a "
                "penalty."
            )
        optimizers = self.model.optimizer.optimizers
        rates = read_learning_rates(optimizers)
        counts = (self.model.epochs_completed, self.model.steps_completed)
        numbers = [ops.convert_to_numpy(count) for count in counts]
        path, _ = self.checkpoint.restore(self.model)
        for count, number in zip(counts, numbers, strict=True):
            count.assign(number)  # the data go on, and so does their place
        if path is None:
            raise FloatingPointError(f"{message} There is no checkpoint yet to go back to.")
        self.returns += 1
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.learning_rate = rate * self.learning_rate_factor
        self.model.reset_metrics()
        warnings.warn(
            f"{message} Back to {path}, with learning rates multiplied by "
            f"{self.learning_rate_factor}.",
            stacklevel=2,
        )


def check_rates_can_change(gan: GAN) -> None:
    """Raises ``ValueError`` if a schedule settles an optimizer's learning rate."""
    for optimizer in gan.optimizer.optimizers:
        if follows_schedule(optimizer):
            raise ValueError(
                f"The {optimizer.name}'s learning rate follows a schedule, so StopOnNaN can't "
                "lower it: leave checkpoint out, or give the optimizer a number."
            )
