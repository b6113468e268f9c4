"""Stops training when a value becomes NaN or infinite."""

import warnings

import keras
import numpy as np
from keras import ops

from gankit.callbacks.checkpoint import Checkpoint
from gankit.checks import check_at_least_one, check_fraction
from gankit.differentiation import attributes, compile_function
from gankit.gans import GAN
from gankit.training.position import follows_schedule, read_learning_rates
from gankit.typing import Logs

#: float16's smallest normal number: at a smaller loss scale, gradients practically vanish.
LEAST_SCALE = 2.0**-14

CAUSES = {
    "data": "The data hold NaN or infinity themselves: look at the batch of this step.",
    "scores": (
        "The data are finite, but what the networks make of them is not. Lower the learning rates, "
        "or limit the discriminator's gradient by a penalty; in float16, try mixed_bfloat16, which "
        "has the range of float32."
    ),
    "terms": (
        "The data and the discriminator's scores are finite, so look at how the first of these "
        "terms is computed from them, such as by a division by 0."
    ),
    "weights": (
        "All terms were finite, so it comes from a gradient, an update, or a callback that sets "
        "weights. Lower the learning rates, and look for infinite gradients, such as that of "
        "a square root at 0."
    ),
    "scale": (
        "Even at the smallest loss scale for float16, the gradients are NaN or infinite, and all "
        "updates are skipped. Look for infinite gradients, such as that of a square root at "
        "0, or try mixed_bfloat16, which has the range of float32."
    ),
}


class StopOnNaN(keras.callbacks.Callback):
    """Stops training at the first step whose logged values or weights are NaN or infinite.

    ``fit`` ends with a ``FloatingPointError`` before this state can be saved as a checkpoint. The
    error names the values and the step, and says where they come from: the data, the networks, a
    term of a loss, or a gradient. The callback checks all logged terms and all weights, which takes
    about as long as reading them once.

    An update that float16's loss scaling skips, to try again with a smaller scale, doesn't count.
    But if no scale is small enough, so that the GAN no longer learns anything, training stops, too.

    With ``checkpoint``, training instead returns to the newest checkpoint, with lower learning
    rates, and continues with the next data, so that a run of days survives a bad batch. Keras's
    ``TerminateOnNaN`` only checks ``loss``, which a GAN does not log.

    Args:
        checkpoint: the ``Checkpoint`` callback of the same ``fit``, to return to its files; None
            stops training.
        learning_rate_factor: factor in (0, 1] for both learning rates on each return.
        max_returns: how often to go back before training stops.

    Raises:
        ValueError: an argument out of its range.
        FloatingPointError: in ``fit``.

    Examples:
        >>> gan = recipes.small((8, 8, 1), filters=2, learning_rate=1e38)
        >>> dataset = data.from_arrays(digits[:64, 10:18, 10:18], batch_size=16)
        >>> gan.fit(dataset, verbose=0, callbacks=[callbacks.StopOnNaN()])
        Traceback (most recent call last):
            ...
        FloatingPointError: After 1 training steps ...
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
        """Compiles the check of all weights into one graph."""
        if self.checkpoint is not None:
            check_rates_can_change(self.model)
        weights = [weight for weight in self.model.weights if "float" in weight.dtype]
        owners = name_owners(self.model)
        self.weights = [f"{owners.get(id(one), '')}{one.path}" for one in weights]
        scales = {
            f"{name}'s loss scale": phase.optimizer.dynamic_scale
            for name, phase in self.model.phases.items()
            if isinstance(phase.optimizer, keras.optimizers.LossScaleOptimizer)
        }
        self.scales = list(scales)

        def look():
            tensors = [ops.convert_to_tensor(weight) for weight in weights]
            finite = [ops.all(ops.isfinite(tensor)) for tensor in tensors]
            return finite + [
                ops.convert_to_tensor(scale) >= LEAST_SCALE for scale in scales.values()
            ]

        self.look = compile_function(look)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Checks the logged values, the weights, and the loss scales."""
        steps = self.model.position.steps  # on JAX, asking for the model also updates its weights
        terms = [name for name, value in (logs or {}).items() if not np.isfinite(value)]
        looked_at = zip([*self.weights, *self.scales], self.look(), strict=True)
        others = [name for name, is_good in looked_at if not is_good]
        if terms or others:
            self.react(self.explain(steps, terms, others))

    def explain(self, steps: int, terms: list[str], others: list[str]) -> str:
        """Returns what is NaN or infinite, after which step, why, and what to do."""
        terms = in_order(terms, list(self.model.phases))
        bad = [*terms, *(name for name in others if name not in self.scales)]
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        verb = "is" if len(bad) == 1 else "are"
        what = f"{', '.join(bad[:5])}{more} {verb} NaN or infinite"
        if not bad:
            what = f"the {' and the '.join(others)} has fallen below {LEAST_SCALE:.0e}"
        return f"After {steps} training steps {what}. {CAUSES[self.find_cause(terms, bad)]}"

    def find_cause(self, terms: list[str], bad: list[str]) -> str:
        """Returns what went wrong first, of ``CAUSES``.

        Args:
            terms: the terms that are NaN or infinite, in the order in which a step computes them.
            bad: these terms, and the weights that are NaN or infinite.
        """
        means = self.model.means.save()
        unlike = {name for name, (total, count) in means.items() if total < count}
        if "_finite_data" in unlike:
            return "data"
        for phase in self.model.phases:
            if terms and terms[0].startswith(phase) and f"_finite_{phase}_scores" in unlike:
                return "scores"
        return "terms" if terms else "weights" if bad else "scale"

    def react(self, message: str) -> None:
        """Goes back, or raises."""
        if self.checkpoint is None or self.returns == self.max_returns:
            raise FloatingPointError(message)
        optimizers = self.model.optimizer.optimizers
        rates = read_learning_rates(optimizers)
        counts = (self.model.epochs_completed, self.model.steps_completed)
        numbers = [ops.convert_to_numpy(count) for count in counts]
        path, _ = self.checkpoint.restore(self.model)
        for count, number in zip(counts, numbers, strict=True):
            count.assign(number)  # the position in the data is not reset
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


def name_owners(gan: GAN) -> dict[int, str]:
    """Returns the network that each weight belongs to, by id, such as ``"generator's "``."""
    networks = {
        name: network
        for name, network in attributes(gan).items()
        if isinstance(network, keras.Model)
    }
    return {id(one): f"{name}'s " for name in networks for one in networks[name].weights}


def in_order(terms: list[str], phases: list[str]) -> list[str]:
    """Returns terms in the order of a step, without sums of other terms in the list."""

    def is_sum(name):
        parts = name.removesuffix("loss")
        return any(one != name and one.startswith(parts) for one in terms) and parts != name

    def place(name):
        return next((n for n, phase in enumerate(phases) if name.startswith(phase)), len(phases))

    return sorted((name for name in terms if not is_sum(name)), key=place)


def check_rates_can_change(gan: GAN) -> None:
    """Raises ``ValueError`` if a schedule determines an optimizer's learning rate."""
    for optimizer in gan.optimizer.optimizers:
        if follows_schedule(optimizer):
            raise ValueError(
                f"The {optimizer.name}'s learning rate follows a schedule, so StopOnNaN can't "
                "lower it: leave checkpoint out, or give the optimizer a number."
            )
