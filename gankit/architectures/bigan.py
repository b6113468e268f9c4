"""BiGAN's discriminator, of images and latents. Its other networks are those of ``dcgan``.

Convolutions like DCGAN's see the image, a dense layer sees the latents, and further ones both
together, as in Dumoulin et al. 2016, "Adversarially Learned Inference", arXiv:1606.00704, appendix
A, where sizes differ from data set to data set.
"""

import keras
from keras import layers

from gankit.architectures.dcgan import WIDEST
from gankit.architectures.initial import small_normal
from gankit.architectures.shapes import halve
from gankit.typing import ImageShape, Tensor

KERNEL_SIZE = 4


def build_discriminator(
    image_shape: ImageShape,
    latent_dim: int = 100,
    filters: int = 64,
    hidden_units: int = 512,
    dropout: float = 0.0,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from ``images`` and ``latents`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: channels of the first layer; doubled at each following one, up to 512.
        hidden_units: width of the layer of latents, and of the two that see all.
        dropout: share of activations that is dropped in training, after each layer.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.bigan.build_discriminator(
        ...     (32, 32, 3), latent_dim=100, filters=4, hidden_units=8
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ([(None, 32, 32, 3), (None, 100)], (None, 1))
    """

    def activate(x: Tensor) -> Tensor:
        return layers.Dropout(dropout)(layers.LeakyReLU(negative_slope=0.2)(x))

    images = x = keras.Input(image_shape, name="images")
    latents = keras.Input((latent_dim,), name="latents")
    for level in range(len(halve(image_shape)) - 1):
        units = min(filters * 2**level, WIDEST)
        x = layers.Conv2D(units, KERNEL_SIZE, strides=2, padding="same", **small_normal())(x)
        x = activate(x)
    x = layers.concatenate([layers.Flatten()(x), activate(layers.Dense(hidden_units)(latents))])
    for _ in range(2):
        x = activate(layers.Dense(hidden_units)(x))
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model([images, latents], outputs, name=name)
