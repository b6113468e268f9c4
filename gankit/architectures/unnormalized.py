"""Convolutional networks without normalization, LeakyReLU throughout: those of the frogs.

The generator begins at half of the image's size and convolves before and after it doubles; the
discriminator strides without padding, by kernels whose width its stride divides. After Chollet
2017, "Deep Learning with Python", section 8.5, where the discriminator ends in a sigmoid; here it
ends in logits.
"""

import keras
from keras import layers

from gankit.architectures.shapes import check_image_shape, divide_shape
from gankit.typing import ImageShape, Tensor

NEGATIVE_SLOPE = 0.3  # LeakyReLU's default in the Keras of that time


def build_generator(
    image_shape: ImageShape, latent_dim: int = 32, filters: int = 256, name: str = "generator"
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be even.
        latent_dim: length of a latent vector.
        filters: channels of all layers but the first, which has half as many.
        name: of the model.

    Raises:
        ValueError: an odd height or width.
    """
    height, width, channels = divide_shape(image_shape, (2,))
    start = (height, width, filters // 2)

    inputs = keras.Input((latent_dim,), name="latents")
    x = leaky(layers.Dense(start[0] * start[1] * start[2])(inputs))
    x = layers.Reshape(start)(x)
    x = leaky(layers.Conv2D(filters, 5, padding="same")(x))
    x = leaky(layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(x))
    x = leaky(layers.Conv2D(filters, 5, padding="same")(x))
    x = leaky(layers.Conv2D(filters, 5, padding="same")(x))
    x = layers.Conv2D(channels, 7, padding="same")(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 128, dropout: float = 0.4, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``, height and width at least 24: no layer pads.
        filters: channels of all layers.
        dropout: share of the last map's activations that is dropped in training.
        name: of the model.

    Raises:
        ValueError: an image that is too small.
    """
    inputs = keras.Input(check_image_shape(image_shape, smallest=24), name="images")
    x = leaky(layers.Conv2D(filters, 3)(inputs))
    for _ in range(3):
        x = leaky(layers.Conv2D(filters, 4, strides=2)(x))
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name=name)


def leaky(x: Tensor) -> Tensor:
    """Returns the activations of ``x``."""
    return layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
