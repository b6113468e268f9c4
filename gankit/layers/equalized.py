"""Layers with an equalized learning rate, and the activation that goes with them.

Weights begin as standard normal numbers, and are multiplied by the constant of He et al. (2015,
arXiv:1502.01852) each time that they are used. So all of them have the same range, and an optimizer
such as Adam, whose steps don't depend on the scale of a gradient, moves them at the same speed
(Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
arXiv:1710.10196, section 4.1).
"""

import math
from typing import Any

import keras
from keras import ops

from gankit.configured import Configured
from gankit.layers.resampling import blur, blur_and_halve
from gankit.typing import Config, Tensor

SAME_SIZE = {
    "strides": 1,
    "padding": "same",
    "dilation_rate": 1,
    "groups": 1,
    "data_format": "channels_last",
}
LARGEST_IN_FLOAT16 = 256.0


@keras.saving.register_keras_serializable(package="gankit")
class EqualizedDense(Configured, keras.layers.Dense):
    """``Dense`` with an equalized learning rate: its kernel is divided by the root of the inputs.

    Args:
        units: outputs.
        learning_rate_factor: how fast it learns, by the measure of other layers: kernel and bias
            are multiplied by it, and the kernel begins as much larger.
        **kwargs: of ``keras.layers.Dense``.

    Input ``(batch, ..., inputs)``, output ``(batch, ..., units)``.

    Examples:
        >>> ops.shape(
        ...     layers.EqualizedDense(8, learning_rate_factor=0.01)(np.zeros((3, 100), "float32"))
        ... )
        (3, 8)

    References:
        Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and
        Variation", arXiv:1710.10196, section 4.1.
    """

    def __init__(self, units: int, learning_rate_factor: float = 1.0, **kwargs: Any):
        begin = keras.initializers.RandomNormal(stddev=1 / learning_rate_factor)
        super().__init__(units, **{"kernel_initializer": begin} | kwargs)
        self.learning_rate_factor = learning_rate_factor

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Returns ``(batch, units)``."""
        factor = self.learning_rate_factor
        x = ops.matmul(inputs * (factor / math.sqrt(inputs.shape[-1])), self.kernel)
        if self.use_bias:
            x = x + self.bias * factor
        return self.activation(x)


@keras.saving.register_keras_serializable(package="gankit")
class EqualizedConv2D(Configured, keras.layers.Conv2D):
    """``Conv2D`` with an equalized learning rate, which may halve its map through a filter.

    Args:
        filters: channels of the output.
        kernel_size: int, odd.
        gain: factor of the kernel, beside the root of the inputs.
        halve: whether the map is filtered and halved before it is convolved, see
            ``gankit.layers.resampling``: both in one step, where the kernel has more than one
            pixel.
        **kwargs: of ``keras.layers.Conv2D``, but for ``strides``, ``padding``, ``dilation_rate``,
            ``groups`` and ``data_format``, which are settled.

    Input ``(batch, height, width, channels)``; the output has as many pixels, or half of the height
    and width, rounded up.

    Examples:
        >>> ops.shape(layers.EqualizedConv2D(8, 3)(images[:2]))
        (2, 28, 28, 8)
        >>> ops.shape(layers.EqualizedConv2D(8, 3, halve=True)(images[:2]))
        (2, 14, 14, 8)

    References:
        Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and
        Variation", arXiv:1710.10196, section 4.1.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        gain: float = 1.0,
        halve: bool = False,
        **kwargs: Any,
    ):
        begin = keras.initializers.RandomNormal(stddev=1.0)
        super().__init__(filters, kernel_size, **SAME_SIZE | {"kernel_initializer": begin} | kwargs)
        self.gain = gain
        self.halve = halve

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """Returns the convolution, without bias and activation."""
        size = kernel.shape[0]
        kernel = kernel * (self.gain / math.sqrt(math.prod(kernel.shape[:-1])))
        if not self.halve:
            return ops.conv(inputs, kernel, padding="same")
        if size == 1:
            return ops.conv(blur_and_halve(inputs), kernel)
        before = size // 2 + 1  # what filter and kernel reach over the edge
        pads = [(before, before + length % 2) for length in inputs.shape[1:3]]
        padded = ops.pad(inputs, [(0, 0), *pads, (0, 0)])
        return ops.conv(blur(padded), kernel, strides=2, padding="valid")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns ``(batch, height, width, filters)``, of half the size if it halves."""
        if not self.halve:
            return (*input_shape[:-1], self.filters)
        batch, *size, _ = input_shape
        return (batch, *(None if n is None else (n + 1) // 2 for n in size), self.filters)

    def get_config(self) -> Config:
        """Returns the constructor's arguments, without those of Keras that are settled."""
        return {k: v for k, v in super().get_config().items() if k not in SAME_SIZE}


@keras.saving.register_keras_serializable(package="gankit")
class ScaledLeakyReLU(Configured, keras.layers.Layer):
    """LeakyReLU of slope 0.2, times a gain: with that of the root of 2, values keep their size.

    In float16 outputs are kept within [-256, 256], which no healthy network reaches, so that none
    becomes infinite (Karras et al. 2020, "Training Generative Adversarial Networks with Limited
    Data", arXiv:2006.06676, appendix D.1).

    Args:
        gain: factor of the outputs.
        **kwargs: of ``keras.layers.Layer``.

    Examples:
        >>> print(np.array(layers.ScaledLeakyReLU(gain=2.0)(np.float32([-1.0, 1.0]))))
        [-0.4  2. ]
    """

    def __init__(self, gain: float = math.sqrt(2), **kwargs: Any):
        super().__init__(**kwargs)
        self.gain = gain

    def call(self, inputs: Tensor) -> Tensor:
        """Returns outputs of the inputs' shape."""
        outputs = ops.leaky_relu(inputs, negative_slope=0.2)
        return limit(outputs if self.gain == 1 else outputs * self.gain)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the inputs' shape."""
        return input_shape


def limit(x: Tensor) -> Tensor:
    """Returns values within [-256, 256] in float16, and in other types values as they are."""
    if keras.backend.standardize_dtype(x.dtype) != "float16":
        return x
    return ops.clip(x, -LARGEST_IN_FLOAT16, LARGEST_IN_FLOAT16)
