"""Tanh networks that enlarge by upsampling and shrink by max pooling: keras-dcgan's.

Two dense layers begin the generator and end the discriminator, all convolutions are 5x5, tanh
follows each layer, and batch normalization stands in one place, before the generator's first map.
Where the source pools after tanh, tanh comes after pooling here, which is the same function.
After jacobgil/keras-dcgan on GitHub, whose discriminator ends in a sigmoid; here it ends in logits.
"""

from collections.abc import Sequence

import keras
from keras import layers

from gankit.architectures.shapes import crop, halve, shrink
from gankit.layers import UpsampleConv2D
from gankit.typing import ImageShape, Tensor

LARGEST_START, LEAST_HALVINGS = 16, 2  # as in the source, where 28 begins with 7 and 64 with 16
WIDEST = 512
KERNEL_SIZE = 5


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 100,
    hidden_units: int = 1024,
    filters: int = 64,
    upsampling: Sequence[int] | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        hidden_units: width of the first layer.
        filters: channels of the layer before the image; doubled at each layer before that one, up
            to 512.
        upsampling: how many times each upsampling, which repeats pixels, enlarges height and width;
            a row or column too many is cut off. By default ``(2, 2)``, and more of them for images
            that would begin with more than 16 pixels a side.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or ``upsampling`` by less than 2.

    Examples:
        >>> generator = architectures.tanh_upsampling.build_generator(
        ...     (28, 28, 1), hidden_units=16, filters=4
        ... )
        >>> generator.input_shape, generator.output_shape
        ((None, 100), (None, 28, 28, 1))
    """
    if upsampling is None:
        upsampling = (2,) * (len(halve(image_shape, LARGEST_START, LEAST_HALVINGS)) - 1)
    scales = tuple(upsampling)[::-1]  # from the image's own size inwards, as are sizes and widths
    *sizes, start = shrink(image_shape, scales)
    widths = [min(filters * 2**level, WIDEST) for level in range(len(scales))]

    inputs = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(hidden_units, activation="tanh")(inputs)
    x = layers.Dense(start[0] * start[1] * widths[-1])(x)
    x = layers.Activation("tanh")(layers.BatchNormalization()(x))
    x = layers.Reshape((*start, widths[-1]))(x)
    for level in reversed(range(1, len(scales))):
        x = UpsampleConv2D(widths[level - 1], KERNEL_SIZE, scales[level], activation="tanh")(x)
        x = crop(x, sizes[level])
    x = crop(UpsampleConv2D(image_shape[-1], KERNEL_SIZE, scales[0])(x), sizes[0])
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
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: channels of the first convolution; doubled at each following one, up to 512.
        hidden_units: width of the layer before the score.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.tanh_upsampling.build_discriminator(
        ...     (28, 28, 1), filters=4, hidden_units=16
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 28, 28, 1), (None, 1))
    """
    halvings = len(halve(image_shape, LARGEST_START, LEAST_HALVINGS)) - 1
    inputs = x = keras.Input(image_shape, name="images")
    for level in range(halvings):
        # After the first none has padding, as in the source, where the map is not too small for it.
        padding = "valid" if level and min(x.shape[1:3]) >= KERNEL_SIZE else "same"
        x = layers.Conv2D(min(filters * 2**level, WIDEST), KERNEL_SIZE, padding=padding)(x)
        x = pool_and_tanh(x)
    x = layers.Flatten()(x)
    x = layers.Dense(hidden_units, activation="tanh")(x)
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name=name)


def pool_and_tanh(x: Tensor) -> Tensor:
    """Returns the largest of each four tanh, as the tanh of the largest: a quarter of the work."""
    return layers.Activation("tanh")(layers.MaxPooling2D(padding="same")(x))
