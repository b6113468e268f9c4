"""SRResNet, which enlarges images, and SRGAN's discriminator.

Ledig et al. 2016, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
Network", arXiv:1609.04802, figure 4. The generator works at the size of the small image and has no
fixed size; it enlarges at its end by moving channels into space.
"""

import math

import keras
from keras import layers, ops

from gankit.architectures.shapes import halve
from gankit.typing import ImageShape, Tensor

NEGATIVE_SLOPE = 0.2


def build_generator(
    factor: int = 4, channels: int = 3, filters: int = 64, blocks: int = 16, name: str = "generator"
) -> keras.Model:
    """Returns a network from small images to images in [-1, 1], of any size.

    Takes ``condition`` ``(batch, height, width, channels)`` and gives ``(batch, factor * height,
    factor * width, channels)``. There are no latents.

    Args:
        factor: by how much height and width grow: a power of 2, in steps of 2 as in the paper, or
            any other integer of at least 2, in one step.
        channels: of the images.
        filters: channels of all maps.
        blocks: how many residual blocks there are.
        name: of the model.

    Raises:
        ValueError: a factor below 2.

    Examples:
        >>> generator = architectures.srgan.build_generator(factor=4, filters=4, blocks=1)
        >>> generator.input_shape, generator.output_shape
        ((None, None, None, 3), (None, None, None, 3))
    """
    if not isinstance(factor, int) or factor < 2:
        raise ValueError(f"factor must be an integer of at least 2, got {factor!r}.")
    steps = int(math.log2(factor)) if factor & (factor - 1) == 0 else 1
    scale = round(factor ** (1 / steps))

    condition = keras.Input((None, None, channels), name="condition")
    x = start = prelu(layers.Conv2D(filters, 9, padding="same")(condition))
    for _ in range(blocks):
        residual = prelu(normalized(x, filters))
        x = layers.add([x, normalized(residual, filters)])
    x = layers.add([start, normalized(x, filters)])
    for _ in range(steps):
        x = layers.Conv2D(filters * scale**2, 3, padding="same")(x)
        x = prelu(ops.depth_to_space(x, scale, data_format="channels_last"))
    x = layers.Conv2D(channels, 9, padding="same")(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(condition, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 64,
    hidden_units: int = 1024,
    halvings: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: channels of the first two convolutions; they double with each halving, up to eight
            times as many.
        hidden_units: width of the layer before the score.
        halvings: how often the image is halved, rounded up. By default four times, as in the paper
            for 96x96, and more often where that would leave more than 8 pixels a side.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.srgan.build_discriminator(
        ...     (96, 96, 3), filters=2, hidden_units=8
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 96, 96, 3), (None, 1))
    """
    sizes = halve(image_shape, largest=8, least=4)
    if halvings is None:
        halvings = len(sizes) - 1
    images = x = keras.Input(image_shape, name="images")
    for level in range(halvings):
        for strides in (1, 2):
            first = level == 0 and strides == 1
            x = layers.Conv2D(
                filters * min(2**level, 8), 3, strides, padding="same", use_bias=first
            )(x)
            if not first:
                x = layers.BatchNormalization()(x)
            x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
    x = layers.Dense(hidden_units)(layers.Flatten()(x))
    x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
    scores = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(images, scores, name=name)


def normalized(x: Tensor, filters: int) -> Tensor:
    """Returns ``x`` after a convolution and batch normalization."""
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def prelu(x: Tensor) -> Tensor:
    """Returns ``x`` after a rectifier with a learned slope for each channel."""
    return layers.PReLU(shared_axes=[1, 2])(x)
