"""Upsampling and convolution in one layer, at the cost of the small image."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.configured import Configured
from gankit.typing import Config, Tensor

# What makes a convolution keep the size of the upsampled image.
SAME_SIZE = {
    "strides": 1,
    "padding": "same",
    "dilation_rate": 1,
    "groups": 1,
    "data_format": "channels_last",
}


@keras.saving.register_keras_serializable(package="gankit")
class UpsampleConv2D(Configured, keras.layers.Conv2D):
    """``UpSampling2D(scale)`` followed by ``Conv2D(padding="same")``, computed before enlarging.

    Same weights, same initial values, same function but for rounding, less work. Upsampling repeats
    each pixel, so many taps of the kernel fall on equal pixels, and can be added up first: the pair
    is one transposed convolution of stride ``scale``, whose kernel is that of the layer, summed
    over windows of ``scale`` x ``scale``. A 5x5 kernel at scale 2 becomes one of 6x6, which costs 9
    products a pixel of the large image instead of 25; a 3x3 one at scale 2 costs 4 instead of 9,
    a 5x5 one at scale 4 costs 4 instead of 25. Kernels of one or two pixels win nothing, and are
    computed in the plain way.

    Args:
        filters: channels of the output.
        kernel_size: int, or ``(height, width)``.
        scale: int of at least 2, by how much height and width grow.
        **kwargs: of ``keras.layers.Conv2D``, but for ``strides``, ``padding``, ``dilation_rate``,
            ``groups`` and ``data_format``, which are settled.

    Input shape ``(batch, height, width, channels)``, output shape ``(batch, scale * height,
    scale * width, filters)``.

    Raises:
        ValueError: a scale below 2.
        TypeError: one of the arguments that are settled.

    Examples:
        >>> ops.shape(layers.UpsampleConv2D(8, 5, scale=2)(images[:2]))
        (2, 56, 56, 8)
    """

    def __init__(
        self, filters: int, kernel_size: int | tuple[int, int], scale: int = 2, **kwargs: Any
    ):
        super().__init__(filters, kernel_size, **SAME_SIZE, **kwargs)
        if not isinstance(scale, int) or scale < 2:
            raise ValueError(f"scale must be an integer of at least 2, got {scale!r}.")
        self.scale = scale
        self.folds = [fold_axis(size, scale) for size in self.kernel_size]

    @property
    def products(self) -> tuple[int, int]:
        """Products for each pixel of the small image and each pair of channels: folded, plain."""
        height, width = (len(fold) for fold in self.folds)
        return height * width, self.scale**2 * self.kernel_size[0] * self.kernel_size[1]

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """Returns the convolution of the upsampled inputs, without bias and activation."""
        folded, plain = self.products
        if folded >= plain:
            rows = ops.repeat(inputs, self.scale, axis=1)
            return super().convolution_op(ops.repeat(rows, self.scale, axis=2), kernel)
        # u, v: taps of the transposed convolution; y, x: taps of the kernel
        folds = [ops.cast(fold, kernel.dtype) for fold in self.folds]
        kernel = ops.einsum("uy,vx,yxcf->uvfc", *folds, kernel)
        return ops.conv_transpose(
            inputs, kernel, self.scale, padding="same", data_format=self.data_format
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns ``(batch, scale * height, scale * width, filters)``."""
        batch, *size, _ = input_shape
        return (batch, *(None if n is None else n * self.scale for n in size), self.filters)

    def as_keras_layer(self) -> keras.Layer:
        """Returns layers of Keras alone that compute the same; not built yet."""
        convolution = keras.layers.Conv2D.from_config(
            {k: v for k, v in self.get_config().items() if k != "scale"} | SAME_SIZE
        )
        steps = [keras.layers.UpSampling2D(self.scale), convolution]
        return keras.Sequential(steps, name=self.name)

    def keras_weights(self) -> list[np.ndarray]:
        """Returns the weights that ``as_keras_layer`` needs, as arrays."""
        return self.get_weights()

    def get_config(self) -> Config:
        """Returns the constructor's arguments, without those of Keras that are settled."""
        return {k: v for k, v in super().get_config().items() if k not in SAME_SIZE}


def fold_axis(kernel_size: int, scale: int) -> np.ndarray:
    """Returns which taps of a kernel each tap of the transposed convolution takes in, by 0 and 1.

    A pixel x of the small image stands ``scale`` times in the large one. Tap u of the transposed
    convolution leads from x to the pixel p = scale * x + u - before, and takes in each tap of the
    kernel that leads from p to one of the repetitions of x.

    Returns:
        float32 ``(taps, kernel_size)``. There are ``kernel_size + scale - 1`` taps, or one more
        without any content, where "same" would pad the two convolutions differently.
    """
    taps = kernel_size + scale - 1 + (kernel_size + 1) % 2
    same, before = (kernel_size - 1) // 2, (taps - scale) // 2  # what "same" puts first
    u, repetition, tap = np.indices((taps, scale, kernel_size))
    return (tap == repetition - u + same + before).any(axis=1).astype("float32")
