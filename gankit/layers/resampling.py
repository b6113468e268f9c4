"""Down- and upsampling through a binomial low-pass filter, which leaves no aliases.

The filter is binomial, (1, 3, 3, 1) / 8 along each axis, as in StyleGAN2 (Karras et al. 2019,
arXiv:1912.04958, appendix B, after Zhang 2019, "Making Convolutional Networks Shift-Invariant
Again", arXiv:1904.11486). Beyond its edges a map is 0.
"""

import keras
import numpy as np
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor

TAPS = np.array([1, 3, 3, 1], "float32") / 8
FILTER = np.outer(TAPS, TAPS)


def blur(x: Tensor, gain: float = 1.0) -> Tensor:
    """Returns a map behind the filter, three pixels lower and narrower than it came in.

    Args:
        x: ``(batch, height, width, channels)``, padded as it should be.
        gain: factor of the filter: 4 for a map with zeros in three of four pixels.
    """
    return ops.depthwise_conv(x, repeat_filter(x, gain), padding="valid")


def blur_and_halve(x: Tensor) -> Tensor:
    """Returns a map behind the filter, of half the height and width, rounded up."""
    # In float32: in bfloat16 TensorFlow's depthwise convolutions of stride 2 are five times slower.
    wide = ops.cast(x, "float32")
    halved = ops.depthwise_conv(wide, repeat_filter(wide), strides=2, padding="same")
    return ops.cast(halved, x.dtype)


def repeat_filter(x: Tensor, gain: float = 1.0) -> Tensor:
    """Returns the filter for each channel of a map, ``(4, 4, channels, 1)``."""
    repeated = np.broadcast_to(gain * FILTER[:, :, None, None], (4, 4, x.shape[-1], 1))
    return ops.cast(ops.convert_to_tensor(repeated), x.dtype)


@keras.saving.register_keras_serializable(package="gankit")
class FIRUpsampling2D(Configured, keras.layers.Layer):
    """Doubles height and width through the filter; made for images, of few channels.

    Input ``(batch, height, width, channels)``, output ``(batch, 2 * height, 2 * width, channels)``.

    Examples:
        >>> ops.shape(layers.FIRUpsampling2D()(images[:2]))
        (2, 56, 56, 1)

    References:
        Karras et al. 2019, "Analyzing and Improving the Image Quality of StyleGAN",
        arXiv:1912.04958, appendix B.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Returns the map in double size."""
        channels = inputs.shape[-1]
        # Each channel meets itself alone: nothing that all backends have keeps channels apart.
        kernel = 4 * FILTER[:, :, None, None] * np.eye(channels, dtype="float32")
        kernel = ops.cast(ops.convert_to_tensor(kernel), inputs.dtype)
        return ops.conv_transpose(inputs, kernel, 2, padding="same")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns ``(batch, 2 * height, 2 * width, channels)``."""
        batch, *size, channels = input_shape
        return (batch, *(None if n is None else 2 * n for n in size), channels)
