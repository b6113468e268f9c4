"""StarGAN's networks: one generator for several domains, and a classifying discriminator.

Choi et al. 2018, "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
Translation", arXiv:1711.09020, appendix: CycleGAN's translator, which gets the asked kind as planes
beside the image in a first convolution that is not normalized, and a discriminator without
normalization that also tells the kind.
"""

import keras
from keras import layers

from gankit.architectures.cyclegan import pad, translate
from gankit.architectures.initial import small_normal
from gankit.architectures.shapes import SMALLEST, check_image_shape, halve
from gankit.typing import ImageShape

KERNEL_SIZE = 4
MOST_HALVINGS = 6
NEGATIVE_SLOPE = 0.01


def build_generator(
    image_shape: ImageShape,
    num_domains: int,
    filters: int = 64,
    blocks: int = 6,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from images and kinds to images in [-1, 1].

    Takes ``condition_image`` ``(batch, *image_shape)`` and ``condition_domain``, integers
    ``(batch,)`` in 0..num_domains - 1.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        num_domains: how many kinds of images there are.
        filters: channels of the outermost maps; the innermost have four times as many.
        blocks: how many residual blocks there are.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.stargan.build_generator(
        ...     (32, 32, 3), num_domains=3, filters=2, blocks=1
        ... )
        >>> generator.input_shape, generator.output_shape
        ([(None, 32, 32, 3), (None,)], (None, 32, 32, 3))
    """
    height, width, channels = check_image_shape(image_shape, SMALLEST)
    image = keras.Input(image_shape, name="condition_image")
    domain = keras.Input((), dtype="int32", name="condition_domain")
    planes = layers.CategoryEncoding(num_domains, output_mode="one_hot")(domain)
    planes = layers.Reshape((height, width, num_domains))(
        layers.RepeatVector(height * width)(planes)
    )
    # Without normalization: it would take out what planes add, which is the same at every place.
    x = layers.Conv2D(filters, 7, activation="relu", **small_normal())(
        pad(layers.concatenate([image, planes]), 3)
    )
    images = translate(x, channels, filters, blocks)
    return keras.Model([image, domain], images, name=name)


def build_discriminator(
    image_shape: ImageShape,
    num_domains: int,
    filters: int = 64,
    halvings: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images to scores of patches and logits of kinds.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        num_domains: how many kinds of images there are.
        filters: channels of the first convolution; they double with each.
        halvings: how many convolutions halve the image, rounded up. By default six, as in the paper
            for 128x128, or as many as leave a single pixel.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.stargan.build_discriminator(
        ...     (32, 32, 3), num_domains=3, filters=2, halvings=3
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), [(None, 4, 4), (None, 3)])
    """
    sizes = halve(image_shape, largest=1)
    if halvings is None:
        halvings = min(len(sizes) - 1, MOST_HALVINGS)
    images = x = keras.Input(image_shape, name="images")
    for level in range(halvings):
        x = layers.Conv2D(filters * 2**level, KERNEL_SIZE, 2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
    scores = layers.Conv2D(1, 3, padding="same", use_bias=False, dtype="float32")(x)
    size = x.shape[1:3]
    scores = layers.Reshape(size, dtype="float32", name="scores")(scores)
    kinds = layers.Conv2D(num_domains, size, use_bias=False, dtype="float32")(x)
    kinds = layers.Reshape((num_domains,), dtype="float32", name="domain")(kinds)
    return keras.Model(images, [scores, kinds], name=name)
