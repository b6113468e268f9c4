"""Minibatch standard deviation: how much the images of a batch differ."""

from typing import Any

import keras
from keras import ops

from gankit.checks import check_at_least_one
from gankit.configured import Configured
from gankit.typing import Tensor

EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="gankit")
class MinibatchStandardDeviation(Configured, keras.layers.Layer):
    """One more channel: the standard deviation of all values over a few images, on average.

    A discriminator that sees it finds out a generator whose images are all alike. An image's score
    then depends a little on those beside it. Of N images i and j are of one group if i = j modulo
    N // ``group_size``; groups are larger where that doesn't divide N.

    Args:
        group_size: images in a group.
        **kwargs: of ``keras.layers.Layer``.

    Input ``(batch, height, width, channels)``, output of one channel more.

    Examples:
        >>> layer = layers.MinibatchStandardDeviation(group_size=4)
        >>> ops.shape(layer(images[:8]))
        (8, 28, 28, 2)
        >>> alike = np.repeat(images[:1], 8, axis=0)
        >>> round(float(ops.max(layer(alike)[..., -1])), 3)  # it sees that they are all the same
        0.0

    References:
        Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and
        Variation", arXiv:1710.10196, section 3, with the groups of their code.
    """

    def __init__(self, group_size: int = 4, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)  # variances are computed in float32
        check_at_least_one("group_size", group_size)
        self.group_size = group_size

    def call(self, inputs: Tensor) -> Tensor:
        """Returns the inputs and the new channel."""
        number, *shape = ops.shape(inputs)
        groups = ops.maximum(number // self.group_size, 1)
        group = ops.arange(number) % groups
        flat = ops.cast(ops.reshape(inputs, (number, -1)), "float32")
        alike = ops.cast(ops.equal(group[:, None], group[None, :]), "float32")
        alike = alike / ops.sum(alike, axis=1, keepdims=True)  # times rows: the mean of a group
        apart = flat - ops.matmul(alike, flat)
        deviations = ops.sqrt(ops.matmul(alike, ops.square(apart)) + EPSILON)
        mean = ops.mean(deviations, axis=1)[:, None, None, None]
        channel = ops.broadcast_to(ops.cast(mean, inputs.dtype), (number, *shape[:-1], 1))
        return ops.concatenate([inputs, channel], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the inputs' shape with one channel more."""
        *shape, channels = input_shape
        return (*shape, None if channels is None else channels + 1)
