"""Running averages of the logged values."""

import keras
import numpy as np
from keras import ops

from gankit.differentiation import SUM_DTYPE, float_tensors
from gankit.typing import Scalars, Structure, Tensor

CAPACITY = 64


class EpochMeans(keras.metrics.Metric):
    """The mean of each logged value since the epoch began, by name.

    Only the first step shows which terms a variant has, but variables can't be made within a step
    on several devices. So there is room for many values from the start, and names take their places
    as they come. Names that begin with an underscore are kept, but not logged.

    Examples:
        >>> means = gankit.training.logs.EpochMeans()
        >>> means.update_state({"generator_loss": ops.convert_to_tensor(1.0)})
        >>> means.update_state({"generator_loss": ops.convert_to_tensor(2.0)})
        >>> {name: float(value) for name, value in means.result().items()}
        {'generator_loss': 1.5}
    """

    def __init__(self, name: str = "means"):
        super().__init__(name=name, dtype=SUM_DTYPE)
        self.places: dict[str, int] = {}
        zeros = {"shape": (CAPACITY,), "initializer": "zeros", "dtype": SUM_DTYPE}
        self.totals = self.add_variable(**zeros, name="totals")
        self.counts = self.add_variable(**zeros, name="counts")

    def update_state(self, values: Scalars, weight: float | Tensor = 1.0) -> None:
        """Takes in one scalar for each name, which counts as ``weight`` of them."""
        for name in values:
            if len(self.places) == CAPACITY and name not in self.places:
                raise ValueError(
                    f"Too many logged values: {name!r} exceeds the limit of {CAPACITY}."
                )
            self.places.setdefault(name, len(self.places))
        weight = ops.cast(weight, SUM_DTYPE)
        zero = ops.zeros((), SUM_DTYPE)
        amounts, weights = [zero] * CAPACITY, [zero] * CAPACITY
        for name, value in values.items():
            amounts[self.places[name]] = weight * ops.cast(value, SUM_DTYPE)
            weights[self.places[name]] = weight
        self.totals.assign_add(ops.stack(amounts))
        self.counts.assign_add(ops.stack(weights))

    def forget(self) -> None:
        """Frees all places, for a step that may log other names."""
        self.places.clear()
        self.reset_state()

    def save(self) -> dict[str, list[float]]:
        """Returns each total and count by name, in the order in which the values are logged."""
        totals, counts = (ops.convert_to_numpy(v).tolist() for v in (self.totals, self.counts))
        return {name: [totals[place], counts[place]] for name, place in self.places.items()}

    def restore(self, saved: dict[str, list[float]]) -> None:
        """Takes what ``save`` returned, and the order of the names with it.

        Names keep the places that they have, which steps traced before will go on to write to.
        """
        for name in saved:
            self.places.setdefault(name, len(self.places))
        self.places = {name: self.places[name] for name in [*saved, *self.places]}
        values = np.zeros((2, CAPACITY), SUM_DTYPE)
        for name, both in saved.items():
            values[:, self.places[name]] = both
        self.totals.assign(values[0])
        self.counts.assign(values[1])

    def result(self) -> Scalars:
        """Returns the averages by name."""
        averages = ops.divide_no_nan(self.totals, self.counts)
        return {
            name: averages[place] for name, place in self.places.items() if not name.startswith("_")
        }


def share_finite(structure: Structure) -> Tensor:
    """Returns the share of float tensors without NaN or infinity, 1 where there are no floats."""
    shares = [ops.cast(ops.all(ops.isfinite(one)), "float32") for one in float_tensors(structure)]
    return ops.mean(ops.stack(shares)) if shares else ops.ones(())


def share_right(margins: Tensor) -> Tensor:
    """Returns the share of positive margins."""
    return ops.mean(ops.cast(margins > 0, "float32"))


def name_losses(phase: str, losses: Scalars) -> Scalars:
    """Returns the values to log of one phase's terms: their sum, and each, if there are several."""
    for name, value in losses.items():
        if len(ops.shape(value)):
            raise ValueError(
                f"The {phase}'s term {name!r} must be a scalar, got shape {tuple(value.shape)}: "
                "take its mean."
            )
        if name == "loss":
            raise ValueError(f"The {phase}'s term 'loss' needs another name: the sum has this one.")
    logs = {f"{phase}_loss": sum(losses.values())}
    if len(losses) > 1:
        logs |= {f"{phase}_{name}": value for name, value in losses.items()}
    return logs
