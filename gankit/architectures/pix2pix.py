"""A U-Net that translates images, and a discriminator of patches.

Isola et al. 2016, "Image-to-Image Translation with Conditional Adversarial Networks",
arXiv:1611.07004, appendix 6.1. Normalization is that of each image by itself, as in the paper,
whose batches on facades are of one image, and which normalizes by them in use too.
"""

import math
from typing import Literal

import keras
from keras import layers

from gankit.architectures.initial import small_normal
from gankit.architectures.shapes import SMALLEST, check_image_shape, crop, halve
from gankit.typing import ImageShape, Tensor

KERNEL_SIZE = 4
NEGATIVE_SLOPE = 0.2
MOST_HALVINGS = 8
MOST_HALVINGS_OF_PATCHES = 3
DROPOUT = 0.5
DROPPED = 3  # innermost levels of the way up that have dropout


def build_generator(
    image_shape: ImageShape, input_channels: int = 3, filters: int = 64, name: str = "generator"
) -> keras.Model:
    """Returns a U-Net from ``condition`` to images in [-1, 1], both of one height and width.

    The image is halved, rounded up, until it is a single pixel, eight times at most; each level of
    the way up also sees that of the way down. There are no latents.

    Args:
        image_shape: ``(height, width, channels)`` of the images to make; height and width must be
            at least 8.
        input_channels: of the images that they are made from.
        filters: channels of the outermost level; they double up to eight times as many.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.pix2pix.build_generator(
        ...     (32, 32, 3), input_channels=1, filters=2
        ... )
        >>> generator.input_shape, generator.output_shape
        ((None, 32, 32, 1), (None, 32, 32, 3))
    """
    sizes = halve(image_shape, largest=1)[: MOST_HALVINGS + 1]
    halvings = len(sizes) - 1
    height, width, channels = image_shape
    condition = x = keras.Input((height, width, input_channels), name="condition")
    levels = []
    for level in range(halvings):
        x = x if level == 0 else layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
        # The innermost may be a single pixel, which normalization would make 0.
        normalized = level not in (0, halvings - 1)
        x = convolve(x, count_filters(filters, level), normalized=normalized)
        levels.append(x)
    for level in reversed(range(1, halvings)):
        x = enlarge(layers.ReLU()(x), count_filters(filters, level - 1), sizes[level])
        if level >= halvings - DROPPED:
            x = layers.Dropout(DROPOUT)(x)
        x = layers.concatenate([x, levels[level - 1]])
    x = enlarge(layers.ReLU()(x), channels, sizes[0], normalized=False)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(condition, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    input_channels: int | None = 3,
    filters: int = 64,
    halvings: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images and condition to logits of patches ``(batch, rows, columns)``.

    With three halvings each score sees 70x70 pixels; for 256x256 there are 30x30 of them.

    Args:
        image_shape: ``(height, width, channels)`` of the images.
        input_channels: of the condition, images of the same size; None for a discriminator of
            images alone.
        filters: channels of the first convolution; they double up to eight times as many.
        halvings: how many convolutions halve the image; two more don't. By default three as in the
            paper, fewer below 32 pixels: two from 16 on, one from 8 on.
        name: of the model.

    Raises:
        ValueError: an image of less than 8 pixels, or than ``2 ** (halvings + 2)``.

    Examples:
        >>> discriminator = architectures.pix2pix.build_discriminator(
        ...     (256, 256, 3), input_channels=1, filters=2
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ([(None, 256, 256, 3), (None, 256, 256, 1)], (None, 30, 30))
    """
    if halvings is None:
        shortest = min(check_image_shape(image_shape, SMALLEST)[:2])
        halvings = min(int(math.log2(shortest)) - 2, MOST_HALVINGS_OF_PATCHES)
    shape = check_image_shape(image_shape, 2 ** (halvings + 2))
    inputs = x = keras.Input(shape, name="images")
    if input_channels is not None:
        condition = keras.Input((*shape[:2], input_channels), name="condition")
        inputs = [x, condition]
        x = layers.concatenate(inputs)
    for level in range(halvings + 1):
        strides = 2 if level < halvings else 1
        x = layers.ZeroPadding2D()(x)
        x = convolve(x, count_filters(filters, level), strides, "valid", normalized=level > 0)
        x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
    x = convolve(layers.ZeroPadding2D()(x), 1, 1, "valid", normalized=False)
    scores = layers.Reshape(x.shape[1:3], dtype="float32", name="scores")(x)
    return keras.Model(inputs, scores, name=name)


def convolve(
    x: Tensor,
    filters: int,
    strides: int = 2,
    padding: Literal["same", "valid"] = "same",
    normalized: bool = True,
) -> Tensor:
    """Returns ``x`` after a convolution, with a bias where no normalization follows."""
    x = layers.Conv2D(
        filters, KERNEL_SIZE, strides, padding, use_bias=not normalized, **small_normal()
    )(x)
    return normalize(x) if normalized else x


def enlarge(x: Tensor, filters: int, size: tuple[int, ...], normalized: bool = True) -> Tensor:
    """Returns ``x`` at twice its size, or one less, with a bias where no normalization follows."""
    x = layers.Conv2DTranspose(
        filters, KERNEL_SIZE, 2, "same", use_bias=not normalized, **small_normal()
    )(x)
    x = crop(x, size)
    return normalize(x) if normalized else x


def count_filters(filters: int, level: int) -> int:
    """Returns the channels of a level: twice as many as one further out, up to eight times."""
    return filters * min(2**level, 8)


def normalize(x: Tensor) -> Tensor:
    """Returns ``x`` after normalization of each channel of each image, instance normalization."""
    return layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)
