"""Tanh networks that enlarge by upsampling and shrink by max pooling: keras-dcgan's.

Two dense layers begin the generator and end the discriminator, all convolutions are 5x5, tanh
follows each layer, and batch normalization stands in one place, before the generator's first map.
Where the source pools after tanh, tanh comes after pooling here, which is the same function.
After jacobgil/keras-dcgan on GitHub, whose discriminator ends in a sigmoid; here it ends in logits.
"""

from collections.abc import Sequence

import keras
from keras import layers

from gankit.architectures.shapes import check_image_shape, divide_shape
from gankit.layers import UpsampleConv2D
from gankit.typing import ImageShape, Tensor

KERNEL_SIZE = 5


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 100,
    hidden_units: int = 1024,
    filters: int = 64,
    upsampling: Sequence[int] = (2, 2),
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; the product of ``upsampling`` must divide height
            and width.
        latent_dim: length of a latent vector.
        hidden_units: width of the first layer.
        filters: channels of the layer before the image; doubled at each layer before that one.
        upsampling: how many times each upsampling, which repeats pixels, enlarges height and width.
        name: of the model.

    Raises:
        ValueError: an image shape that ``upsampling`` does not divide.
    """
    height, width, channels = divide_shape(image_shape, upsampling)
    widths = [filters * 2**level for level in reversed(range(len(upsampling)))]
    start = (height, width, widths[0])

    inputs = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(hidden_units, activation="tanh")(inputs)
    x = layers.Dense(start[0] * start[1] * start[2])(x)
    x = layers.Activation("tanh")(layers.BatchNormalization()(x))
    x = layers.Reshape(start)(x)
    for scale, units in zip(upsampling[:-1], widths[1:], strict=True):
        x = UpsampleConv2D(units, KERNEL_SIZE, scale, activation="tanh")(x)
    x = UpsampleConv2D(channels, KERNEL_SIZE, upsampling[-1])(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 64,
    hidden_units: int = 1024,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``, height and width at least 12.
        filters: channels of the first convolution; the second has twice as many.
        hidden_units: width of the layer before the score.
        name: of the model.

    Raises:
        ValueError: an image that is too small.
    """
    # The second convolution has no padding: of half the image it needs 5 pixels, and one more pair
    # of pixels is left for the second pooling.
    shape = check_image_shape(image_shape, smallest=2 * (KERNEL_SIZE + 1))
    inputs = keras.Input(shape, name="images")
    x = layers.Conv2D(filters, KERNEL_SIZE, padding="same")(inputs)
    x = pool_and_tanh(x)
    x = layers.Conv2D(2 * filters, KERNEL_SIZE)(x)
    x = pool_and_tanh(x)
    x = layers.Flatten()(x)
    x = layers.Dense(hidden_units, activation="tanh")(x)
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name=name)


def pool_and_tanh(x: Tensor) -> Tensor:
    """Returns the largest of each four tanh, as the tanh of the largest: a quarter of the work."""
    return layers.Activation("tanh")(layers.MaxPooling2D()(x))
