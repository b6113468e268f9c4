"""Spectral normalization: a kernel divided by its largest singular value."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.checks import check_at_least_one
from gankit.configured import Configured
from gankit.differentiation import substituted
from gankit.layers.upsample_conv import UpsampleConv2D
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class SpectralNormalization(Configured, keras.layers.Wrapper):
    """A layer whose kernel is divided by its largest singular value.

    A reparametrisation: the weights are never rewritten, the division is part of the computation,
    and gradients go through it. (``keras.layers.SpectralNormalization`` writes the divided kernel
    into the layer's weights.) The singular value comes from power iteration, which takes a step in
    each call in training, as the kernel moves slowly.

    Args:
        layer: a layer with a ``kernel``, whose last axis is that of the outputs, such as ``Dense``
            and ``Conv2D``, or an ``Embedding``.
        power_iterations: steps of the iteration a call.
        **kwargs: of ``keras.layers.Wrapper``.

    Input and output shapes are those of the layer.

    Raises:
        ValueError: ``power_iterations`` is below 1.
        AttributeError: a layer without a kernel.

    Examples:
        >>> dense = keras.layers.Dense(2, use_bias=False)
        >>> layer = layers.SpectralNormalization(dense, power_iterations=20)
        >>> layer.build((None, 2))
        >>> dense.set_weights([np.diag([4.0, 1.0])])
        >>> print(np.round(layer(np.eye(2, dtype="float32"), training=True), 2))  # divided by 4
        [[1.   0.  ]
         [0.   0.25]]

    References:
        Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks",
        arXiv:1802.05957.
    """

    def __init__(self, layer: keras.Layer, power_iterations: int = 1, **kwargs: Any):
        # Its own computation stays in float32; the layer casts for itself.
        super().__init__(layer, autocast=False, **kwargs)
        check_at_least_one("power_iterations", power_iterations)
        self.power_iterations = power_iterations

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the layer, and makes the vector of the power iteration."""
        super().build(input_shape)
        embeds = isinstance(self.layer, keras.layers.Embedding)
        self.kernel = self.layer.embeddings if embeds else self.layer.kernel
        self.vector = self.add_weight(
            shape=(1, self.kernel.shape[-1]),
            initializer="random_normal",
            trainable=False,
            name="vector",  # not aggregated: all replicas compute the same one
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Returns what the layer makes with the divided kernel."""
        kernel = ops.convert_to_tensor(self.kernel)
        divided = kernel / self.largest_singular_value(kernel, training)
        with substituted([(self.kernel, divided)]):
            return self.layer(inputs)

    def largest_singular_value(self, kernel: Tensor, training: bool) -> Tensor:
        """Returns the estimate that the power iteration has come to."""
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        right = ops.convert_to_tensor(self.vector)
        for _ in range(self.power_iterations):
            left = ops.normalize(ops.matmul(right, ops.transpose(matrix)))
            right = ops.normalize(ops.matmul(left, matrix))
        left, right = ops.stop_gradient(left), ops.stop_gradient(right)
        if training:
            self.vector.assign(right)
        return ops.sum(ops.matmul(left, matrix) * right)

    def as_keras_layer(self) -> keras.Layer:
        """Returns a layer of Keras alone that computes the same in inference; not built yet."""
        if isinstance(self.layer, UpsampleConv2D):
            return self.layer.as_keras_layer()
        return type(self.layer).from_config(self.layer.get_config())

    def keras_weights(self) -> list[np.ndarray]:
        """Returns the weights that ``as_keras_layer`` needs, as arrays: the kernel is divided."""
        divisor = self.largest_singular_value(ops.convert_to_tensor(self.kernel), training=False)
        return [
            ops.convert_to_numpy(weight / divisor if weight is self.kernel else weight)
            for weight in self.layer.weights
        ]
