"""A blend of old and new layers, for growing networks."""

import keras
import numpy as np
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class FadeIn(Configured, keras.layers.Layer):
    """Blends what was there with what is new: ``(1 - alpha) * old + alpha * new``.

    ``alpha`` is a weight that is not trained: 0 at first, moved by ``ProgressiveGAN``, and saved.

    Input: a list of two tensors of one shape, the old one first. Output: one of that shape.

    Examples:
        >>> fade = layers.FadeIn()
        >>> old, new = np.zeros((1, 1)), np.ones((1, 1))
        >>> float(fade([old, new])[0, 0])
        0.0
        >>> _ = fade.alpha.assign(0.25)
        >>> float(fade([old, new])[0, 0])
        0.25

    References:
        Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and
        Variation", arXiv:1710.10196, section 2.
    """

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Makes ``alpha``."""
        self.alpha = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="alpha",
        )
        super().build(input_shape)

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Returns the blend."""
        old, new = inputs
        return old + self.alpha * (new - old)

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Returns the shape of either."""
        return tuple(input_shape[0])

    def advance(self, share: float) -> None:
        """Moves ``alpha`` by ``share`` towards 1, where it stays."""
        self.alpha.assign(ops.minimum(self.alpha + share, 1.0))

    def as_keras_layer(self) -> keras.Layer:
        """Returns a network of Keras alone that blends as this layer does now."""
        alpha = float(ops.convert_to_numpy(self.alpha))
        old, new = (keras.Input(one.shape[1:]) for one in self.input)
        parts = [keras.layers.Rescaling(1 - alpha)(old), keras.layers.Rescaling(alpha)(new)]
        return keras.Model([old, new], keras.layers.add(parts), name=self.name)

    def keras_weights(self) -> list[np.ndarray]:
        """Returns none."""
        return []
