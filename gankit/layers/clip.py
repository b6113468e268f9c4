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

    Examples:
        >>> clip = layers.Clip(0.01)
        >>> print(np.array(clip(ops.convert_to_tensor([-1.0, 0.005, 1.0]))))
        [-0.01   0.005  0.01 ]

    See Also:
        ``gankit.WGAN``, whose critic it bounds.

    References:
        Arjovsky et al. 2017, "Wasserstein GAN", arXiv:1701.07875, algorithm 1.
    """

    def __init__(self, bound: float):
        self.bound = bound

    def __call__(self, weight: Tensor) -> Tensor:
        """Returns the nearest weight within the bounds."""
        return ops.clip(weight, -self.bound, self.bound)
