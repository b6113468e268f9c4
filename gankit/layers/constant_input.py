"""A learned constant input, where a generator begins without latents."""

from typing import Any

import keras
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class ConstantInput(Configured, keras.layers.Layer):
    """A learned map, the same for each image; it begins as standard normal noise.

    Args:
        map_shape: ``(height, width, channels)``.
        **kwargs: of ``keras.layers.Layer``.

    Input: any tensor with a row for each image, of which only the number of rows counts. Output
    ``(batch, height, width, channels)``.

    Examples:
        >>> ops.shape(layers.ConstantInput((4, 4, 8))(np.zeros((3, 100))))
        (3, 4, 4, 8)

    References:
        Karras et al. 2018, "A Style-Based Generator Architecture for Generative Adversarial
        Networks", arXiv:1812.04948, section 2.
    """

    def __init__(self, map_shape: tuple[int, ...], **kwargs: Any):
        super().__init__(**kwargs)
        self.map_shape = tuple(map_shape)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the map."""
        initializer = keras.initializers.RandomNormal(stddev=1.0)
        self.map = self.add_weight((1, *self.map_shape), initializer, name="map")
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Returns the map for each row."""
        return ops.broadcast_to(self.map, (ops.shape(inputs)[0], *self.map_shape))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns ``(batch, height, width, channels)``."""
        return (input_shape[0], *self.map_shape)
