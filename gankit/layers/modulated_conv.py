"""Modulated convolutions, in which a style scales the kernel of each image."""

import math
from typing import Any

import keras
from keras import ops

from gankit.checks import check_choice
from gankit.configured import Configured
from gankit.layers.equalized import limit
from gankit.layers.resampling import blur
from gankit.typing import Tensor

EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="gankit")
class ModulatedConv2D(Configured, keras.layers.Layer):
    """A convolution whose input channels are scaled by a style, and whose outputs have variance 1.

    The style s of an image scales its kernel, ``s_i * kernel[y, x, i, o]``, and demodulation
    divides that, for each output channel, by its length. Both factors are the same for all pixels:
    so the inputs are multiplied by s, and the outputs are divided by the length, which follows from
    s^2 and the sums of kernel^2. That is exactly the same, and needs no kernel for each image:
    grouped convolutions are slow on a CPU.

    Args:
        filters: channels of the output.
        kernel_size: 1, 3 or 5; 3 or 5 where it doubles.
        double: whether the map is doubled: by a transposed convolution, and the filter of
            ``gankit.layers.resampling`` after it.
        demodulate: whether the outputs are divided by the length of their kernel.
        **kwargs: of ``keras.layers.Layer``.

    Inputs ``(batch, height, width, channels)`` and style ``(batch, channels)``; output ``(batch,
    height, width, filters)``, or of twice the height and width.

    Examples:
        >>> maps, style = np.zeros((2, 8, 8, 16), "float32"), np.ones((2, 16), "float32")
        >>> ops.shape(layers.ModulatedConv2D(4, 3)(maps, style))
        (2, 8, 8, 4)
        >>> ops.shape(layers.ModulatedConv2D(4, 3, double=True)(maps, style))
        (2, 16, 16, 4)

    References:
        Karras et al. 2019, "Analyzing and Improving the Image Quality of StyleGAN",
        arXiv:1912.04958, section 2.2.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        double: bool = False,
        demodulate: bool = True,
        **kwargs: Any,
    ):
        # It casts for itself: lengths are computed in float32.
        super().__init__(autocast=False, **kwargs)
        check_choice("kernel_size", kernel_size, (3, 5) if double else (1, 3, 5))
        self.filters = filters
        self.kernel_size = kernel_size
        self.double = double
        self.demodulate = demodulate

    def build(
        self, inputs_shape: tuple[int | None, ...], style_shape: tuple[int | None, ...]
    ) -> None:
        """Makes kernel and bias."""
        shape = (self.kernel_size, self.kernel_size, inputs_shape[-1], self.filters)
        begin = keras.initializers.RandomNormal(stddev=1.0)
        self.kernel = self.add_weight(shape, begin, name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")
        self.built = True

    def call(self, inputs: Tensor, style: Tensor) -> Tensor:
        """Returns the convolution, its lengths and its bias."""
        dtype = self.compute_dtype
        kernel = ops.convert_to_tensor(self.kernel)
        kernel = kernel / math.sqrt(math.prod(kernel.shape[:-1]))  # an equalized learning rate
        style = ops.cast(style, "float32")
        if self.demodulate:  # where the style's own length falls out; float16 would overflow by it
            largest = ops.max(ops.abs(style), axis=-1, keepdims=True)
            style = style / ops.stop_gradient(ops.maximum(largest, EPSILON))
        x = ops.cast(inputs, dtype) * ops.cast(style, dtype)[:, None, None]
        x = self.convolve(x, ops.cast(kernel, dtype))
        if self.demodulate:
            squares = ops.matmul(ops.square(style), ops.sum(ops.square(kernel), axis=(0, 1)))
            x = x * ops.cast(ops.rsqrt(squares + EPSILON), dtype)[:, None, None]
        return limit(x + ops.cast(self.bias, dtype))

    def convolve(self, x: Tensor, kernel: Tensor) -> Tensor:
        """Returns a convolution of the same, or of twice the size."""
        if not self.double:
            return ops.conv(x, kernel, padding="same")
        doubled = ops.conv_transpose(x, ops.transpose(kernel, (0, 1, 3, 2)), 2, padding="valid")
        before = (5 - self.kernel_size) // 2
        return blur(ops.pad(doubled, [(0, 0), (before, before), (before, before), (0, 0)]), 4.0)

    def compute_output_shape(
        self, inputs_shape: tuple[int | None, ...], style_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns ``(batch, height, width, filters)``, of twice the size if it doubles."""
        batch, *size, _ = inputs_shape
        factor = 2 if self.double else 1
        return (batch, *(None if n is None else factor * n for n in size), self.filters)
