"""Layers that Keras does not have."""

import keras
import numpy as np
from keras import ops

# What makes a convolution keep the size of the upsampled image.
SAME_SIZE = {
    "strides": 1,
    "padding": "same",
    "dilation_rate": 1,
    "groups": 1,
    "data_format": "channels_last",
}


@keras.saving.register_keras_serializable(package="gankit")
class UpsampleConv2D(keras.layers.Conv2D):
    """``UpSampling2D(scale)`` followed by ``Conv2D(padding="same")``, computed before enlarging.

    Same weights, same initial values, same function but for rounding, less work. Upsampling repeats
    each pixel, so most taps of the kernel fall on equal pixels and can be added up first: a pixel's
    place within its block of ``scale`` x ``scale``, its phase, decides which taps meet which pixel
    of the small image. One convolution of the small image makes all phases, as channels, and
    ``depth_to_space`` puts them in place. A 5x5 kernel at scale 2 becomes four of 3x3, a 3x3 one at
    scale 2 four of 2x2, a 5x5 one at scale 4 sixteen of 2x2.

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
    """

    def __init__(self, filters, kernel_size, scale=2, **kwargs):
        super().__init__(filters, kernel_size, **SAME_SIZE, **kwargs)
        if not isinstance(scale, int) or scale < 2:
            raise ValueError(f"scale must be an integer of at least 2, got {scale!r}.")
        self.scale = scale
        self.rows, self.columns = (FoldedAxis(size, scale) for size in self.kernel_size)

    def convolution_op(self, inputs, kernel):
        """Returns the convolution of the upsampled inputs, without bias and activation."""
        rows, columns, channels = self.rows, self.columns, inputs.shape[-1]
        folds = [ops.cast(axis.fold, kernel.dtype) for axis in (rows, columns)]
        # a, b: phases; i, j: taps of the small kernel; y, x: taps of the kernel
        kernel = ops.einsum("aiy,bjx,yxcf->ijcabf", *folds, kernel)
        kernel = ops.reshape(kernel, (rows.width, columns.width, channels, -1))
        padded = ops.pad(inputs, ((0, 0), rows.padding, columns.padding, (0, 0)))
        phases = ops.conv(padded, kernel, padding="valid", data_format=self.data_format)
        if rows.starts.any() or columns.starts.any():
            phases = self.align(phases, *ops.shape(inputs)[1:3])
        return ops.depth_to_space(phases, self.scale)

    def align(self, phases, height, width):
        """Returns each phase from its own start on; ``phases`` are channels ``(a, b, filters)``."""
        aligned = []
        for a, top in enumerate(self.rows.starts):
            for b, left in enumerate(self.columns.starts):
                first = (a * self.scale + b) * self.filters
                aligned.append(
                    phases[:, top : top + height, left : left + width, first : first + self.filters]
                )
        return ops.concatenate(aligned, axis=-1)

    def compute_output_shape(self, input_shape):
        """Returns ``(batch, scale * height, scale * width, filters)``."""
        batch, *size, _ = input_shape
        return (batch, *(None if n is None else n * self.scale for n in size), self.filters)

    def get_config(self):
        """Returns the constructor's arguments."""
        config = {k: v for k, v in super().get_config().items() if k not in SAME_SIZE}
        return config | {"scale": self.scale}


class FoldedAxis:
    """How the taps of a kernel, along one axis, fall on the pixels of the image before upsampling.

    Args:
        kernel_size: number of taps.
        scale: how many pixels of the large image repeat one of the small.

    Attributes:
        width: taps of the small kernels.
        fold: float32 ``(scale, width, kernel_size)``: 1 where a phase's small tap takes in a tap of
            the kernel.
        starts: int ``(scale,)``: where in the convolved image each phase begins.
        padding: pixels of zeros ``(before, after)`` that the small image needs.
    """

    def __init__(self, kernel_size: int, scale: int):
        before = (kernel_size - 1) // 2  # as "same" pads
        phase, tap = np.indices((scale, kernel_size))
        offsets = (phase + tap - before) // scale  # from a pixel to the one that the tap meets
        first, last = offsets[:, 0], offsets[:, -1]
        self.width = int((last - first).max()) + 1
        self.starts = first - first.min()
        if self.width == last.max() - first.min() + 1:  # one neighbourhood serves all phases
            first, self.starts = np.full_like(first, first.min()), np.zeros_like(first)
        small_taps = np.arange(self.width)[:, None] + first[:, None, None]
        self.fold = (offsets[:, None, :] == small_taps).astype("float32")
        end = int((first + self.width - 1).max())
        self.padding = (int(-first.min()), max(end, 0))
