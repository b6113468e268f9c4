"""SAGAN's self-attention over the pixels of a map."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.configured import Configured
from gankit.layers.spectral_normalization import SpectralNormalization
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class SelfAttention(Configured, keras.layers.Layer):
    """Self-attention over all pixels, as a residual: ``gamma * attention(x) + x``.

    Queries, keys, values and the output are 1x1 convolutions without bias, with spectral
    normalization. Keys and values are max-pooled by 2x2, which makes attention four times cheaper.
    ``gamma``, a learned scalar, begins at 0, so that a network learns local structure first.

    Args:
        kernel_regularizer: of the convolutions, see ``keras.layers.Conv2D``.
        **kwargs: of ``keras.layers.Layer``.

    Input and output shape ``(batch, height, width, channels)``, known but for the batch. Queries
    and keys have an eighth of the channels, values the half.

    Raises:
        ValueError: an unknown number of channels.

    Examples:
        >>> maps = np.random.default_rng(0).normal(size=(2, 8, 8, 16)).astype("float32")
        >>> attention = layers.SelfAttention()
        >>> bool(np.all(attention(maps) == maps))  # gamma begins at 0
        True

    References:
        Zhang et al. 2018, "Self-Attention Generative Adversarial Networks", arXiv:1805.08318,
        section 3; pooling as in its authors' code.
    """

    def __init__(self, kernel_regularizer: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the four convolutions."""
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(f"SelfAttention needs to know how many channels {input_shape} has.")
        few, half = max(1, channels // 8), max(1, channels // 2)
        self.query, self.key, self.value, self.output_convolution = (
            self.make_convolution(units, name)
            for units, name in ((few, "query"), (few, "key"), (half, "value"), (channels, "output"))
        )
        for part in (self.query, self.key, self.value):
            part.build(input_shape)
        self.output_convolution.build((*input_shape[:-1], half))
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")
        self.shape = input_shape[1:]
        self.built = True

    def make_convolution(self, units: int, name: str) -> SpectralNormalization:
        """Returns one of the convolutions, of this layer's precision, not built yet."""
        options = {"kernel_regularizer": self.kernel_regularizer, "dtype": self.dtype_policy}
        convolution = keras.layers.Conv2D(units, 1, use_bias=False, **options)
        return SpectralNormalization(convolution, name=name, dtype=self.dtype_policy)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Returns the map with its attention added."""
        given = (part(inputs, training=training) for part in (self.query, self.key, self.value))
        found = self.output_convolution(attend(*given), training=training)
        return inputs + self.gamma * found

    def as_keras_layer(self) -> keras.Layer:
        """Returns layers of Keras alone that compute the same in inference, in two convolutions."""
        inputs = keras.Input(self.shape)
        few, half = self.query.layer.filters, self.value.layer.filters
        first, last = (
            keras.layers.Conv2D(units, 1, use_bias=False, dtype=self.dtype_policy)
            for units in (2 * few + half, self.shape[-1])
        )
        parts = ops.split(first(inputs), [few, 2 * few], axis=-1)
        return keras.Model(inputs, inputs + last(attend(*parts)), name=self.name)

    def keras_weights(self) -> list[np.ndarray]:
        """Returns the weights that ``as_keras_layer`` needs: ``gamma`` is in the last kernel."""
        parts = [self.query, self.key, self.value, self.output_convolution]
        *first, last = [part.keras_weights()[0] for part in parts]
        return [np.concatenate(first, axis=-1), ops.convert_to_numpy(self.gamma) * last]


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Returns dot-product attention over pixels, ``(batch, height, width, units)``.

    All three are maps of one size; the softmax is in float32.
    """
    height, width = query.shape[1:3]
    # Its strides are given, since Keras 3.15 pools by others on JAX when they are left out.
    key, value = (ops.max_pool(part, 2, strides=2, padding="same") for part in (key, value))
    queries, keys, values = (
        ops.reshape(part, (-1, part.shape[1] * part.shape[2], part.shape[3]))
        for part in (query, key, value)
    )
    products = ops.cast(ops.matmul(queries, ops.transpose(keys, (0, 2, 1))), "float32")
    attention = ops.cast(ops.softmax(products), values.dtype)
    return ops.reshape(ops.matmul(attention, values), (-1, height, width, values.shape[-1]))
