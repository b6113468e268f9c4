"""Convolutional networks without normalization, LeakyReLU throughout: those of the frogs.

The generator begins with 16x16 pixels for images of 32x32, and convolves before and after it
doubles; the discriminator strides without padding, by kernels whose width its stride divides. After
Chollet 2017, "Deep Learning with Python", section 8.5, where the discriminator ends in a sigmoid;
here it ends in logits.
"""

import keras
from keras import layers

from gankit.architectures.shapes import SMALLEST, check_image_shape, crop, halve
from gankit.typing import ImageShape, Tensor

NEGATIVE_SLOPE = 0.3  # LeakyReLU's default in the Keras of that time


def build_generator(
    image_shape: ImageShape, latent_dim: int = 32, filters: int = 256, name: str = "generator"
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Begins with at most 16 pixels a side, and doubles them at least once.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: channels of all layers but the first, which has half as many.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.unnormalized.build_generator((32, 32, 3), filters=4)
        >>> generator.input_shape, generator.output_shape
        ((None, 32), (None, 32, 32, 3))
    """
    *sizes, start = halve(image_shape, largest=16)

    inputs = keras.Input((latent_dim,), name="latents")
    x = leaky(layers.Dense(start[0] * start[1] * (filters // 2))(inputs))
    x = layers.Reshape((*start, filters // 2))(x)
    x = leaky(layers.Conv2D(filters, 5, padding="same")(x))
    for size in reversed(sizes):
        x = layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(x)
        x = leaky(crop(x, size))
    x = leaky(layers.Conv2D(filters, 5, padding="same")(x))
    x = leaky(layers.Conv2D(filters, 5, padding="same")(x))
    x = layers.Conv2D(image_shape[-1], 7, padding="same")(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 128, dropout: float = 0.4, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8. No layer
            pads, but those whose kernel is larger than their map, below 24 pixels.
        filters: channels of all layers.
        dropout: share of the last map's activations that is dropped in training.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.unnormalized.build_discriminator((32, 32, 3), filters=4)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), (None, 1))
    """
    inputs = x = keras.Input(check_image_shape(image_shape, SMALLEST), name="images")
    for kernel_size, strides in ((3, 1), (4, 2), (4, 2), (4, 2)):
        padding = "valid" if min(x.shape[1:3]) >= kernel_size else "same"
        x = leaky(layers.Conv2D(filters, kernel_size, strides, padding)(x))
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name=name)


def leaky(x: Tensor) -> Tensor:
    """Returns the activations of ``x``."""
    return layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
