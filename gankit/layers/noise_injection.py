"""Noise for each pixel, of a learned strength."""

from typing import Any

import keras
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class NoiseInjection(Configured, keras.layers.Layer):
    """Adds normal noise, one number for each pixel, times a strength that is learned from 0 on.

    In training the noise is new each time. In inference it is the same map each time, which is
    saved, so that latents alone settle an image.

    Args:
        seed: integer, of the noise in training; None for one that follows from
            ``keras.utils.set_random_seed``.
        **kwargs: of ``keras.layers.Layer``.

    Input and output ``(batch, height, width, channels)``; height and width must be known.

    Examples:
        >>> layer = layers.NoiseInjection()
        >>> bool(np.all(layer(images) == images))  # its strength begins at 0
        True

    References:
        Karras et al. 2018, "A Style-Based Generator Architecture for Generative Adversarial
        Networks", arXiv:1812.04948, section 2, and with one strength for all channels 2019,
        arXiv:1912.04958, appendix B.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the strength, and the noise of inference."""
        self.strength = self.add_weight((), "zeros", name="strength")
        self.noise = self.add_weight(
            (1, *input_shape[1:3], 1),
            keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            name="noise",
        )
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Returns the inputs with noise."""
        noise = ops.convert_to_tensor(self.noise)
        if training:
            shape = (ops.shape(inputs)[0], *noise.shape[1:])
            noise = keras.random.normal(shape, seed=self.seed_generator)
        strength = ops.convert_to_tensor(self.strength)
        return inputs + ops.cast(noise, inputs.dtype) * ops.cast(strength, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the inputs' shape."""
        return input_shape
