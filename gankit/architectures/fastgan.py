"""Light networks for few images: FastGAN's.

Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
Synthesis", arXiv:2101.04775, section 3. The generator has one convolution for each size, with batch
normalization and a gated linear unit, and skip-layer excitations: a small map switches the channels
of one that is 16 times as large on and off. The discriminator halves by two ways that are averaged,
and returns scores of patches and its two smallest maps, from which decoders draw the image again.
Where the paper's smallest map is 8 pixels wide, that of other images is 6 to 11.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from gankit.architectures.initial import small_normal
from gankit.architectures.shapes import crop, halve
from gankit.layers import SpectralNormalization, UpsampleConv2D
from gankit.typing import ImageShape, Tensor

#: Widths of the generator from its smallest map on, in units of ``filters``.
GENERATOR_WIDTHS = (16, 8, 4, 2, 2, 1, 0.5, 0.25, 0.125)
#: Those of the discriminator, and of a decoder's maps.
DISCRIMINATOR_WIDTHS = (16, 8, 4, 2, 1, 0.5, 0.25, 0.125)
DECODER_WIDTHS = (2, 1, 1, 0.5)

EXCITED_DOUBLINGS = 4  # between a map and the one that it excites
MOST_DOUBLINGS = len(DECODER_WIDTHS)
LARGEST_COARSE = 11  # pixels of the discriminator's smallest map
PATCH = 4  # pixels of that map which a score looks at


def build_generator(
    image_shape: ImageShape, latent_dim: int = 256, filters: int = 64, name: str = "generator"
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8. From 64
            pixels on there are excitations.
        latent_dim: length of a latent vector.
        filters: a sixteenth of the smallest map's channels: 64 as in the paper, 8 for a CPU.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.fastgan.build_generator((64, 64, 3), filters=1)
        >>> generator.input_shape, generator.output_shape
        ((None, 256), (None, 64, 64, 3))
    """
    *sizes, start = halve(image_shape)
    widths = choose_widths(GENERATOR_WIDTHS, filters, len(sizes) + 1)
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(start[0] * start[1] * 2 * widths[0], use_bias=False, **small_normal())(latents)
    x = gate(layers.Reshape((*start, 2 * widths[0]))(x))
    maps = [x]
    for size, units in zip(reversed(sizes), widths[1:], strict=True):
        x = double(x, units, size)
        if len(maps) >= EXCITED_DOUBLINGS:
            x = excite(x, maps[-EXCITED_DOUBLINGS], len(maps) - EXCITED_DOUBLINGS)
        maps.append(x)
    x = layers.Conv2D(image_shape[-1], 3, padding="same", **small_normal())(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 64, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to scores and two maps.

    Scores are logits ``(batch, height, width, 1)``, 5x5 for images of 8 pixels times a power of
    two, and maps a coarse and a finer one.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: a sixteenth of the smallest map's channels: 64 as in the paper, 8 for a CPU.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.fastgan.build_discriminator((64, 64, 3), filters=1)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 64, 64, 3), [(None, 5, 5, 1), (None, 8, 8, 16), (None, 16, 16, 8)])
    """
    sizes = halve(image_shape, largest=LARGEST_COARSE)
    *widths, first = choose_widths(DISCRIMINATOR_WIDTHS, filters, len(sizes))
    images = keras.Input(image_shape, name="images")
    x = layers.LeakyReLU(negative_slope=0.2)(convolve(images, first, 3))
    maps = [x]
    for units in reversed(widths):
        x = shrink(x, units)
        maps.append(x)
    patch = [min(size, PATCH) for size in sizes[-1]]
    x = activate(convolve(x, x.shape[-1], 1))
    scores = convolve(x, 1, patch, padding="valid", dtype="float32", name="scores")
    return keras.Model(images, [scores, maps[-1], maps[-2]], name=name)


def build_decoders(image_shape: ImageShape, filters: int = 64) -> tuple[keras.Model, keras.Model]:
    """Returns what draws images from the coarse map, and parts of images from those of the finer.

    A part is half as high and wide as the map. Both double their map up to four times, as far as
    the image is not smaller: of 256x256 pixels, they draw 128x128.

    Args:
        image_shape: that of the discriminator.
        filters: those of the discriminator.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> decoder, part_decoder = architectures.fastgan.build_decoders((64, 64, 3), filters=1)
        >>> decoder.output_shape, part_decoder.output_shape
        ((None, 64, 64, 3), (None, 32, 32, 3))
    """
    sizes = halve(image_shape, largest=LARGEST_COARSE)
    coarse, finer, *_ = choose_widths(DISCRIMINATOR_WIDTHS, filters, len(sizes))
    part = tuple(max(1, length // 2) for length in sizes[-2])
    halvings, channels = len(sizes) - 1, image_shape[-1]
    return (
        build_decoder((*sizes[-1], coarse), halvings, channels, filters, "decoder"),
        build_decoder((*part, finer), halvings - 1, channels, filters, "part_decoder"),
    )


def build_decoder(
    map_shape: tuple[int, ...], doublings: int, channels: int, filters: int, name: str
) -> keras.Model:
    """Returns a network from maps ``(batch, *map_shape)`` to images in [-1, 1]."""
    doublings = min(doublings, MOST_DOUBLINGS)
    features = x = keras.Input(map_shape, name="features")
    for units in choose_widths(DECODER_WIDTHS, filters, doublings):
        x = double(x, units)
    x = layers.Conv2D(channels, 3, padding="same", **small_normal())(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(features, outputs, name=name)


def choose_widths(table: Sequence[float], filters: int, number: int) -> list[int]:
    """Returns the first widths of a table in units of ``filters``; the last goes on for more."""
    units = [*table, *[table[-1]] * number][:number]
    return [max(1, round(filters * unit)) for unit in units]


def double(x: Tensor, units: int, size: tuple[int, ...] | None = None) -> Tensor:
    """Returns a map of twice the height and width, or of ``size``, which is one smaller."""
    x = UpsampleConv2D(2 * units, 3, use_bias=False, **small_normal())(x)
    return gate(x if size is None else crop(x, size))


def gate(x: Tensor) -> Tensor:
    """Returns half of the channels, normalized and gated by the other half.

    A gated linear unit (Dauphin et al. 2016, arXiv:1612.08083).
    """
    return ops.glu(layers.BatchNormalization()(x))


def excite(x: Tensor, smaller: Tensor, doublings: int) -> Tensor:
    """Returns a map with its channels weighted by a smaller one, as of equation 1.

    Args:
        x: the map to be weighted.
        smaller: the one that says how; a map that has been doubled ``doublings`` times.
        doublings: see ``smaller``; it is pooled as often.
    """
    if doublings:
        smaller = layers.AveragePooling2D(2**doublings, padding="same")(smaller)
    units = x.shape[-1]
    weights = layers.Conv2D(units, smaller.shape[1:3], use_bias=False, **small_normal())(smaller)
    weights = layers.LeakyReLU(negative_slope=0.2)(weights)
    weights = layers.Conv2D(units, 1, use_bias=False, **small_normal())(weights)
    return layers.multiply([x, layers.Activation("sigmoid")(weights)])


def shrink(x: Tensor, units: int) -> Tensor:
    """Returns a map of half the height and width: the mean of what two ways make of it."""
    long = activate(convolve(x, units, 4, strides=2))
    long = activate(convolve(long, units, 3))
    short = layers.AveragePooling2D(2, padding="same")(x)
    return layers.average([long, activate(convolve(short, units, 1))])


def convolve(x: Tensor, units: int, kernel_size: int | Sequence[int], **options: Any) -> Tensor:
    """Returns a convolution with spectral normalization."""
    options = {"padding": "same", "use_bias": False} | small_normal() | options
    name = options.pop("name", None)
    return SpectralNormalization(layers.Conv2D(units, kernel_size, **options), name=name)(x)


def activate(x: Tensor) -> Tensor:
    """Returns a map after batch normalization and LeakyReLU."""
    return layers.LeakyReLU(negative_slope=0.2)(layers.BatchNormalization()(x))
