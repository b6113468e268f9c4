"""Numbers that change as training goes on: functions of the training steps completed.

Learning rates take one, and so do ``beta_2`` of ``gankit.schedules.Adam``, the weight of a penalty,
``generator_ema``, and the probability of ``gankit.augment.AugmentPipe``; those of
``keras.optimizers.schedules`` do, too. The steps are those of the whole training, so that a run
that is resumed goes on where it was.
"""

import math
from typing import Any, Self

import keras
from keras import ops

from gankit.typing import Config, Number, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class Cosine(keras.optimizers.schedules.LearningRateSchedule):
    """From one number to another along half a cosine, and constant from then on.

    ``end + (start - end) * (1 + cos(pi * step / steps)) / 2``. Keras's ``CosineDecay`` has its end
    as a share of its start, so it can't begin with 0.

    Args:
        start: the number at first.
        end: that from step ``steps`` on.
        steps: how many training steps the change takes.

    Raises:
        ValueError: ``steps`` is not positive.

    Examples:
        >>> weight = schedules.Cosine(2.0, 0.2, steps=1000)
        >>> [round(float(weight(step)), 2) for step in (0, 500, 1000, 2000)]
        [2.0, 1.1, 0.2, 0.2]
        >>> penalties.R1(weight).every
        1
    """

    def __init__(self, start: float, end: float, steps: int):
        if not steps > 0:
            raise ValueError(f"steps must be positive, got {steps!r}.")
        self.start = start
        self.end = end
        self.steps = steps

    def __call__(self, step: int | Tensor) -> Tensor:
        """Returns the number at a step, a float32 scalar."""
        done = ops.minimum(ops.cast(step, "float32") / self.steps, 1.0)
        return self.end + (self.start - self.end) * (1.0 + ops.cos(math.pi * done)) / 2

    def get_config(self) -> Config:
        """Returns the arguments."""
        return {"start": self.start, "end": self.end, "steps": self.steps}


@keras.saving.register_keras_serializable(package="gankit")
class Adam(keras.optimizers.Adam):
    """Keras's Adam, whose ``beta_2`` may be a schedule.

    A short memory of squared gradients suits the beginning, when they change fast, and a long one
    the end: R3GAN goes from 0.9 to 0.99 (Huang et al. 2025, arXiv:2501.05441, appendix).

    Args:
        learning_rate: a number or a schedule.
        beta_1: momentum, in [0, 1).
        beta_2: in [0, 1), a number or a schedule: a function of the steps of this optimizer.
        **kwargs: of ``keras.optimizers.Adam``.

    Examples:
        >>> optimizer = schedules.Adam(
        ...     2e-4, beta_1=0.0, beta_2=schedules.Cosine(0.9, 0.99, steps=1000)
        ... )
        >>> optimizer.beta_1
        0.0
    """

    def __init__(
        self,
        learning_rate: Number = 0.001,
        beta_1: float = 0.9,
        beta_2: Number = 0.999,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, beta_1, beta_2, **kwargs)
        self.beta_2: Any

    def update_step(
        self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor
    ) -> None:
        """Updates a variable by its gradient, with ``beta_2`` as it is at this step."""
        given = self.beta_2
        if callable(given):
            self.beta_2 = given(self.iterations)
        try:
            super().update_step(gradient, variable, learning_rate)
        finally:
            self.beta_2 = given

    def get_config(self) -> Config:
        """Returns the arguments, schedules serialized."""
        config: Config = super().get_config()
        return config | {"beta_2": keras.saving.serialize_keras_object(self.beta_2)}

    @classmethod
    def from_config(cls, config: Config, custom_objects: dict[str, Any] | None = None) -> Self:
        """Returns the optimizer that ``get_config`` describes."""
        return cls(**keras.saving.deserialize_keras_object(config, custom_objects))
