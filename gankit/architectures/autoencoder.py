"""A convolutional autoencoder as a discriminator, for EBGAN and BEGAN.

Halves the image by strided convolutions to an encoding, and enlarges it again, after Zhao et al.
2016, arXiv:1609.03126, appendix D, whose sizes differ from data set to data set.
"""

import keras
from keras import layers

from gankit.architectures.shapes import crop, halve
from gankit.layers import UpsampleConv2D
from gankit.typing import ImageShape

WIDEST = 512
KERNEL_SIZE = 3


def build_discriminator(
    image_shape: ImageShape, filters: int = 32, encoding_dim: int = 64, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to images and their encodings.

    Its outputs are images of the same shape, in no fixed range, and ``(batch, encoding_dim)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: channels of the first layer; doubled at each following one, up to 512.
        encoding_dim: length of an encoding.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.autoencoder.build_discriminator(
        ...     (32, 32, 3), filters=4, encoding_dim=64
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), [(None, 32, 32, 3), (None, 64)])
    """
    sizes = halve(image_shape)[:-1]
    widths = [min(filters * 2**level, WIDEST) for level in range(len(sizes))]
    images = x = keras.Input(image_shape, name="images")
    for units in widths:
        x = layers.Conv2D(units, KERNEL_SIZE, 2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    inner = x.shape[1:]
    encoding = layers.Dense(encoding_dim, dtype="float32", name="encoding")(layers.Flatten()(x))
    x = layers.Dense(inner[0] * inner[1] * inner[2])(encoding)
    x = layers.LeakyReLU(negative_slope=0.2)(layers.Reshape(inner)(x))
    for size, units in reversed(list(zip(sizes[1:], widths[:-1], strict=True))):
        x = crop(UpsampleConv2D(units, KERNEL_SIZE)(x), size)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = UpsampleConv2D(image_shape[-1], KERNEL_SIZE, dtype="float32")(x)
    repeated = layers.Activation("linear", dtype="float32", name="repeated")(crop(x, sizes[0]))
    return keras.Model(images, [repeated, encoding], name=name)
