"""A residual network that translates images, for CycleGAN.

Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
arXiv:1703.10593, appendix 7.2: two halvings, residual blocks (six for 128x128, nine for 256x256),
two enlargements, borders padded by reflection, normalization of each image by itself. The
discriminator is pix2pix's, of images alone.
"""

from typing import Literal

import keras
from keras import layers, ops

from gankit.architectures import pix2pix
from gankit.architectures.initial import small_normal
from gankit.architectures.shapes import SMALLEST, check_image_shape, crop
from gankit.typing import ImageShape, Tensor

HALVINGS = 2


def build_generator(
    image_shape: ImageShape,
    input_channels: int = 3,
    filters: int = 64,
    blocks: int = 6,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from ``condition`` to images in [-1, 1], both of one height and width.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        input_channels: of the images that are translated.
        filters: channels of the outermost maps; the innermost have four times as many.
        blocks: how many residual blocks there are.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.cyclegan.build_generator((32, 32, 3), filters=2, blocks=1)
        >>> generator.input_shape, generator.output_shape
        ((None, 32, 32, 3), (None, 32, 32, 3))
    """
    height, width, channels = check_image_shape(image_shape, SMALLEST)
    condition = keras.Input((height, width, input_channels), name="condition")
    x = convolve(pad(condition, 3), filters, 7)
    images = translate(x, channels, filters, blocks)
    return keras.Model(condition, images, name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 64,
    halvings: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images to logits of patches, see ``pix2pix.build_discriminator``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: see ``pix2pix.build_discriminator``.
        halvings: see ``pix2pix.build_discriminator``.
        name: of the model.

    Examples:
        >>> discriminator = architectures.cyclegan.build_discriminator((32, 32, 3), filters=2)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), (None, 2, 2))
    """
    return pix2pix.build_discriminator(image_shape, None, filters, halvings, name)


def translate(x: Tensor, channels: int, filters: int, blocks: int) -> Tensor:
    """Returns the images that a generator makes of its first convolution's outputs."""
    sizes = []
    for level in range(1, HALVINGS + 1):
        sizes.append(x.shape[1:3])
        x = convolve(x, filters * 2**level, 3, 2, padding="same")
    for _ in range(blocks):
        residual = convolve(pad(x, 1), x.shape[-1], 3)
        residual = layers.Conv2D(x.shape[-1], 3, use_bias=False, **small_normal())(pad(residual, 1))
        x = layers.add([x, pix2pix.normalize(residual)])
    for level in reversed(range(HALVINGS)):
        x = layers.Conv2DTranspose(
            filters * 2**level, 3, 2, padding="same", use_bias=False, **small_normal()
        )(x)
        x = layers.ReLU()(pix2pix.normalize(crop(x, sizes[level])))
    x = layers.Conv2D(channels, 7, **small_normal())(pad(x, 3))
    return layers.Activation("tanh", dtype="float32", name="images")(x)


def convolve(
    x: Tensor,
    filters: int,
    size: int,
    strides: int = 1,
    padding: Literal["same", "valid"] = "valid",
) -> Tensor:
    """Returns ``x`` after a convolution, normalization and a rectifier."""
    x = layers.Conv2D(filters, size, strides, padding=padding, use_bias=False, **small_normal())(x)
    return layers.ReLU()(pix2pix.normalize(x))


def pad(x: Tensor, size: int) -> Tensor:
    """Returns ``x`` with borders that mirror what is inside."""
    return ops.pad(x, ((0, 0), (size, size), (size, size), (0, 0)), mode="reflect")
