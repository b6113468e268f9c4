"""Gumbel-softmax: draws of categories through which gradients flow."""

from typing import Any

import keras
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class GumbelSoftmax(Configured, keras.layers.Layer):
    """Draws one of several categories, so that gradients find the way back to their logits.

    softmax((logits + g) / temperature) with g from the Gumbel distribution: the largest output is
    that of a category drawn by the logits' softmax, and the lower the temperature, the nearer to
    one-hot outputs are. It draws in inference, too; ``generate(seed=...)`` settles what.

    Args:
        temperature: positive.
        seed: integer or ``keras.random.SeedGenerator``; None for one that follows from
            ``keras.utils.set_random_seed``.
        **kwargs: of ``keras.layers.Layer``.

    Input and output shape ``(..., categories)``.

    Raises:
        ValueError: a temperature that is not positive.

    Examples:
        >>> logits = np.zeros((1000, 2), "float32")
        >>> drawn = layers.GumbelSoftmax(temperature=0.2, seed=0)(logits)
        >>> print(np.round(np.bincount(np.argmax(drawn, axis=-1)) / 1000, 1))  # equally likely
        [0.5 0.5]

    References:
        Jang et al. 2016, "Categorical Reparameterization with Gumbel-Softmax", arXiv:1611.01144.
    """

    def __init__(self, temperature: float = 0.2, seed: int | None = None, **kwargs: Any):
        super().__init__(**{"dtype": "float32"} | kwargs)  # whose range the logarithms need
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature!r}.")
        self.temperature = temperature
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, logits: Tensor) -> Tensor:
        """Returns shares of sum 1, most of it at the category that was drawn."""
        uniform = keras.random.uniform(ops.shape(logits), 1e-20, 1.0, seed=self.seed_generator)
        gumbel = -ops.log(-ops.log(uniform))
        hot = (logits + gumbel) / self.temperature
        # Not ops.softmax, which warns of a single category.
        return ops.exp(hot - ops.logsumexp(hot, axis=-1, keepdims=True))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the logits' shape."""
        return input_shape
