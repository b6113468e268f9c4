"""Small conditional networks that add a residual to an image: a level of LAPGAN's pyramid.

Denton et al. 2015, arXiv:1506.05751, section 4: latents are one more channel beside the coarse
image, the generator's convolutions keep the size, and the discriminator sees the sum of residual
and coarse image. The paper's nets differ from level to level; these are alike at each.
"""

import keras
from keras import layers

from gankit.architectures.shapes import check_image_shape
from gankit.typing import ImageShape

KERNEL_SIZE = 5


def build_generator(
    image_shape: ImageShape, latent_dim: int = 100, filters: int = 64, name: str = "generator"
) -> keras.Model:
    """Returns a network from latents and coarse images to half residuals in [-1, 1].

    Takes latents ``(batch, latent_dim)`` and condition ``(batch, *image_shape)``.

    Args:
        image_shape: ``(height, width, channels)`` of the sharp images.
        latent_dim: length of a latent vector.
        filters: channels of the two inner maps.
        name: of the model.

    Examples:
        >>> generator = architectures.lapgan.build_generator((16, 16, 3), filters=4)
        >>> generator.input_shape, generator.output_shape
        ([(None, 100), (None, 16, 16, 3)], (None, 16, 16, 3))
    """
    height, width, channels = check_image_shape(image_shape)
    latents = keras.Input((latent_dim,), name="latents")
    condition = keras.Input(image_shape, name="condition")
    plane = layers.Reshape((height, width, 1))(layers.Dense(height * width)(latents))
    x = layers.concatenate([condition, plane])
    for _ in range(2):
        x = layers.Conv2D(filters, KERNEL_SIZE, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(channels, KERNEL_SIZE, padding="same")(x)
    outputs = layers.Activation("tanh", dtype="float32", name="residuals")(x)
    return keras.Model([latents, condition], outputs, name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 64, dropout: float = 0.3, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from half residuals and coarse images to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)`` of the sharp images.
        filters: channels of the first convolution; the second has twice as many.
        dropout: share of activations that is dropped in training, after each convolution.
        name: of the model.

    Examples:
        >>> discriminator = architectures.lapgan.build_discriminator((16, 16, 3), filters=4)
        >>> discriminator.input_shape, discriminator.output_shape
        ([(None, 16, 16, 3), (None, 16, 16, 3)], (None, 1))
    """
    residuals = keras.Input(check_image_shape(image_shape), name="images")
    condition = keras.Input(image_shape, name="condition")
    x = layers.add([condition, residuals, residuals])
    for level in range(2):
        x = layers.Conv2D(filters * 2**level, KERNEL_SIZE, 2, padding="same")(x)
        x = layers.Dropout(dropout)(layers.LeakyReLU(negative_slope=0.2)(x))
    scores = layers.Dense(1, dtype="float32", name="scores")(layers.Flatten()(x))
    return keras.Model([residuals, condition], scores, name=name)
