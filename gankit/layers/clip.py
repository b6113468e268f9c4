"""A weight constraint that clips."""

import keras
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class Clip(Configured, keras.constraints.Constraint):
    """Keeps each weight within [-bound, bound].

    Args:
        bound: positive.
    """

    def __init__(self, bound: float):
        self.bound = bound

    def __call__(self, weight: Tensor) -> Tensor:
        """Returns the nearest weight within the bounds."""
        return ops.clip(weight, -self.bound, self.bound)
