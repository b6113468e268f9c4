"""Networks that enlarge by upsampling and 5x5 convolutions, and shrink by strides.

Batch normalization and ReLU in the generator; batch normalization, LeakyReLU and dropout in the
discriminator. Upsampling before a convolution, instead of a transposed one, leaves no checkerboard
(Odena et al. 2016, doi:10.23915/distill.00003, which calls it resize-convolution). After the 96x96
networks of a talk on faces.
"""

import keras
from keras import layers

from gankit.architectures.shapes import check_image_shape, crop, halve, shrink
from gankit.layers import UpsampleConv2D
from gankit.typing import ImageShape

KERNEL_SIZE = 5
MOMENTUM = 0.8
WIDEST = 512


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 100,
    filters: int = 64,
    doublings: int | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: channels of the layer before the image; doubled at each layer before that one, up
            to 512.
        doublings: how often height and width are doubled, less a row or column where a size is odd.
            By default four times, as for 96x96, and more often for images that would begin with
            more than 8 pixels a side.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or no doublings.

    Examples:
        >>> generator = architectures.resize_convolution.build_generator((96, 96, 3), filters=2)
        >>> generator.input_shape, generator.output_shape
        ((None, 100), (None, 96, 96, 3))
    """
    if doublings is None:
        doublings = len(halve(image_shape, largest=8, least=4)) - 1
    *sizes, start = shrink(image_shape, (2,) * doublings)
    widths = [min(filters * 2**level, WIDEST) for level in range(doublings)]

    inputs = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(start[0] * start[1] * widths[-1], activation="relu")(inputs)
    x = layers.Reshape((*start, widths[-1]))(x)
    for size, units in reversed(list(zip(sizes[1:], widths[:-1], strict=True))):
        x = crop(UpsampleConv2D(units, KERNEL_SIZE)(x), size)
        x = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
    x = crop(UpsampleConv2D(image_shape[-1], KERNEL_SIZE)(x), sizes[0])
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 64, dropout: float = 0.4, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    The slide that shows the source's network begins with a dropout before its second convolution.
    What is cut off above is chosen here: one convolution of half as many channels, with stride 2
    and LeakyReLU like the others, and without batch normalization, as DCGAN's first layer.

    Args:
        image_shape: ``(height, width, channels)``.
        filters: channels of the first layer; doubled at each following one.
        dropout: share of activations that is dropped in training, after each convolution.
        name: of the model.

    Raises:
        ValueError: something else than three positive integers.

    Examples:
        >>> discriminator = architectures.resize_convolution.build_discriminator(
        ...     (96, 96, 3), filters=2
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 96, 96, 3), (None, 1))
    """
    inputs = x = keras.Input(check_image_shape(image_shape), name="images")
    for level, strides in enumerate((2, 2, 2, 1)):
        x = layers.Conv2D(filters * 2**level, KERNEL_SIZE, strides=strides, padding="same")(x)
        if level == 1:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)  # as on the slide
        if level > 0:
            x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.Dropout(dropout)(layers.LeakyReLU(negative_slope=0.2)(x))
    x = layers.Flatten()(x)
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name=name)
