"""Networks that grow by a block at their ends, for images of twice the size: progressive GAN's.

Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
arXiv:1710.10196, table 2. The generator normalizes the features of each pixel, and the
discriminator shrinks by means of 2x2 pixels. They go with ``gankit.ProgressiveGAN``. Three things
are chosen otherwise: the generator ends in tanh, weights begin with their variances instead of
being scaled in each step, and the discriminator knows nothing of the other images of a batch, so
that a gradient penalty is one for each image.
"""

import keras
from keras import layers

from gankit.architectures.shapes import crop, halve
from gankit.layers import FadeIn, UpsampleConv2D
from gankit.typing import ImageShape, Tensor

NEGATIVE_SLOPE = 0.2
FULL_DOUBLINGS = 3  # of the smallest map, up to which maps are as wide: 32 pixels in the paper


def build_generator(
    image_shape: ImageShape, latent_dim: int = 512, filters: int = 512, name: str = "generator"
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``, where growth begins, such as ``(8, 8, 3)``;
            height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: channels of the smallest map and of three doublings of it; then they are halved
            with each.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.progressive.build_generator(
        ...     (8, 8, 3), latent_dim=64, filters=8
        ... )
        >>> generator.input_shape, generator.output_shape
        ((None, 64), (None, 8, 8, 3))
    """
    *sizes, start = halve(image_shape)
    latents = keras.Input((latent_dim,), name="latents")
    x = build_base(latent_dim, start, filters)(latents)
    for level, size in enumerate(reversed(sizes), start=1):
        x = build_generator_block(level, x.shape[1:], size, width_at(level, filters))(x)
    x = to_image(x, len(sizes), image_shape[-1])
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 512, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: see ``build_generator``.
        filters: see ``build_generator``.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.progressive.build_discriminator((8, 8, 3), filters=8)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 8, 8, 3), (None, 1))
    """
    levels = len(halve(image_shape)) - 1
    images = keras.Input(image_shape, name="images")
    x = from_image(images, levels, filters)
    for level in range(levels, 0, -1):
        x = build_discriminator_block(level, x.shape[1:], filters)(x)
    scores = build_head(x.shape[1:])(x)
    scores = layers.Activation("linear", dtype="float32", name="scores")(scores)
    return keras.Model(images, scores, name=name)


def grow(generator: keras.Model, discriminator: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Returns networks of images twice as large: those given, and new layers to be faded in.

    They share the layers of those given, which are to be used no more. They begin as what these
    are: the generator makes the same images, each pixel of them twice as large.

    Args:
        generator: of ``build_generator`` or of ``grow``; what is still fading in is dropped.
        discriminator: likewise.

    Raises:
        ValueError: networks of another kind.

    Examples:
        >>> progressive = architectures.progressive
        >>> generator = progressive.build_generator((8, 8, 3), latent_dim=16, filters=4)
        >>> discriminator = progressive.build_discriminator((8, 8, 3), filters=4)
        >>> generator, discriminator = progressive.grow(generator, discriminator)
        >>> generator.output_shape, discriminator.input_shape
        ((None, 16, 16, 3), (None, 16, 16, 3))
    """
    level, filters = find_level(generator, "to_image"), find_filters(discriminator)
    if level != find_level(discriminator, "from_image"):
        raise ValueError("The generator and the discriminator are not of one size.")
    return grow_generator(generator, level, filters), grow_discriminator(
        discriminator, level, filters
    )


def grow_generator(generator: keras.Model, level: int, filters: int) -> keras.Model:
    """Returns a generator with a block more."""
    last = generator.get_layer(f"to_image_{level}")
    features = last.input
    old = layers.UpSampling2D(name=f"enlarge_{level}")(last.output)
    size, units = old.shape[1:3], width_at(level + 1, filters)
    block = build_generator_block(level + 1, features.shape[1:], size, units)
    new = to_image(block(features), level + 1, last.filters)
    x = FadeIn(name=f"fade_in_{level + 1}")([old, new])
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(generator.input, outputs, name=generator.name)


def grow_discriminator(discriminator: keras.Model, level: int, filters: int) -> keras.Model:
    """Returns a discriminator with a block more."""
    height, width, channels = discriminator.input_shape[1:]
    images = keras.Input((2 * height, 2 * width, channels), name="images")
    small = layers.AveragePooling2D(2, name=f"reduce_{level}")(images)
    old = discriminator.get_layer(f"from_image_{level}")(small)
    x = from_image(images, level + 1, filters)
    new = build_discriminator_block(level + 1, x.shape[1:], filters)(x)
    x = FadeIn(name=f"fade_in_{level + 1}")([old, new])
    for one in range(level, 0, -1):
        x = discriminator.get_layer(name_block(one))(x)
    scores = discriminator.get_layer("head")(x)
    scores = layers.Activation("linear", dtype="float32", name="scores")(scores)
    return keras.Model(images, scores, name=discriminator.name)


# Blocks are models, so that what is in them can have any names. Each is called by its level: how
# often the smallest map was doubled.


def name_block(level: int) -> str:
    """Returns the name of a block."""
    return f"block_{level}"


def build_base(latent_dim: int, start: tuple[int, ...], filters: int) -> keras.Model:
    """Returns what makes the smallest map of latents."""
    latents = keras.Input((latent_dim,))
    x = normalize(latents)
    x = layers.Dense(start[0] * start[1] * filters, kernel_initializer="he_normal")(x)
    x = activate(layers.Reshape((*start, filters))(x))
    x = activate(convolve(x, filters))
    return keras.Model(latents, x, name=name_block(0))


def build_generator_block(
    level: int, map_shape: ImageShape, size: tuple[int, ...], units: int
) -> keras.Model:
    """Returns what makes a map twice as large, of ``size``, which may be one pixel smaller."""
    features = keras.Input(map_shape)
    x = crop(UpsampleConv2D(units, 3, kernel_initializer="he_normal")(features), size)
    x = activate(convolve(activate(x), units))
    return keras.Model(features, x, name=name_block(level))


def build_discriminator_block(level: int, map_shape: ImageShape, filters: int) -> keras.Model:
    """Returns what makes a map half as large."""
    features = keras.Input(map_shape)
    x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(convolve(features, map_shape[-1]))
    x = convolve(x, width_at(level - 1, filters))
    x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
    x = layers.AveragePooling2D(2, padding="same")(x)
    return keras.Model(features, x, name=name_block(level))


def build_head(map_shape: ImageShape) -> keras.Model:
    """Returns what makes a score of the smallest map."""
    features, units = keras.Input(map_shape), map_shape[-1]
    x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(convolve(features, units))
    x = layers.Dense(units, kernel_initializer="he_normal")(layers.Flatten()(x))
    x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
    return keras.Model(features, layers.Dense(1, dtype="float32")(x), name="head")


def to_image(x: Tensor, level: int, channels: int) -> Tensor:
    """Returns colours of each pixel, before tanh."""
    return layers.Conv2D(channels, 1, name=f"to_image_{level}")(x)


def from_image(images: Tensor, level: int, filters: int) -> Tensor:
    """Returns features of each pixel."""
    activation = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)
    units, name = width_at(level, filters), f"from_image_{level}"
    return layers.Conv2D(
        units, 1, activation=activation, kernel_initializer="he_normal", name=name
    )(images)


def convolve(x: Tensor, units: int) -> Tensor:
    """Returns a 3x3 convolution."""
    return layers.Conv2D(units, 3, padding="same", kernel_initializer="he_normal")(x)


def activate(x: Tensor) -> Tensor:
    """Returns a map after LeakyReLU, with the features of each pixel normalized."""
    return normalize(layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x))


def normalize(x: Tensor) -> Tensor:
    """Returns vectors divided by the root of the mean of their squares, as of section 4.2."""
    return layers.UnitNormalization(axis=-1)(x) * x.shape[-1] ** 0.5


def width_at(level: int, filters: int) -> int:
    """Returns the channels of a map that has been doubled ``level`` times."""
    return max(1, filters // 2 ** max(0, level - FULL_DOUBLINGS))


def find_level(network: keras.Model, prefix: str) -> int:
    """Returns the last of the levels for which a network has a layer of a name."""
    levels = [
        int(layer.name.rpartition("_")[-1])
        for layer in network.layers
        if layer.name.startswith(f"{prefix}_")
    ]
    if not levels:
        raise ValueError(
            f"The {network.name} has no layer {prefix}_...: only networks of "
            "architectures.progressive can grow."
        )
    return max(levels)


def find_filters(discriminator: keras.Model) -> int:
    """Returns the channels of the smallest map."""
    return discriminator.get_layer("head").input_shape[-1]
