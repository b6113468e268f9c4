"""SAGAN's networks: residual, with self-attention and spectral normalization.

Zhang et al. 2018, "Self-Attention Generative Adversarial Networks", arXiv:1805.08318, section 4:
attention on one map of each network, spectral normalization in both, conditional batch
normalization in the generator, projection in the discriminator. They go with ``loss="hinge"``, no
penalty, and Adam of ``beta_1=0``, 0.0001 for the generator and 0.0004 for the discriminator. With
1,000 classes and images of 128x128 the two have 81.5 million weights, as BigGAN's table 1 counts
them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

from gankit.architectures import conditional_normalization
from gankit.architectures.projection import project
from gankit.architectures.shapes import crop, halve
from gankit.layers import SelfAttention, SpectralNormalization, UpsampleConv2D
from gankit.typing import ImageShape, Tensor

WIDEST = 16  # times ``filters``
ATTENDED = 32  # pixels of the map with attention, in images of 64 and more


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 128,
    filters: int = 64,
    num_classes: int | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: channels next to the image; doubled at each smaller map, up to 16 times as many.
        num_classes: for a conditional GAN: a second input, ``condition``, takes classes, integers
            in 0..num_classes - 1 of shape ``(batch,)``.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.sagan.build_generator((64, 64, 3), filters=2, num_classes=10)
        >>> generator.input_shape, generator.output_shape
        ([(None, 128), (None,)], (None, 64, 64, 3))
    """
    sizes, widths = halve(image_shape), find_widths(image_shape, filters)
    inputs = latents = keras.Input((latent_dim,), name="latents")
    condition = None
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        inputs = [latents, condition]

    def normalize(x):
        return conditional_normalization.normalize(x, condition, num_classes)

    start = (*sizes[-1], widths[-1])
    x = SpectralNormalization(layers.Dense(start[0] * start[1] * start[2]))(latents)
    x = layers.Reshape(start)(x)
    for size, units in reversed(list(zip(sizes[:-1], widths[:-1], strict=True))):
        if x.shape[1:3] == find_attended(sizes, ATTENDED):
            x = SelfAttention()(x)
        x = add_upsampled(x, units, size, normalize)
    return keras.Model(inputs, to_image(x, image_shape[-1]), name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 64,
    num_classes: int | None = None,
    attended: int = ATTENDED,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: channels of the first block; doubled at each following one, up to 16 times as many.
        num_classes: for a conditional GAN: as in the generator, a second input takes classes; the
            score grows by the inner product of features and a vector of the class.
        attended: attention is on the largest map, smaller than the image, whose longer side has at
            most so many pixels.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.sagan.build_discriminator(
        ...     (64, 64, 3), filters=2, num_classes=10
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ([(None, 64, 64, 3), (None,)], (None, 1))
    """
    sizes, widths = halve(image_shape), find_widths(image_shape, filters)
    inputs = x = keras.Input(image_shape, name="images")
    for level, units in enumerate(widths[:-1]):
        x = add_downsampled(x, units, first=level == 0)
        if sizes[level + 1] == find_attended(sizes, attended):
            x = SelfAttention()(x)
    x = add_downsampled(x, widths[-1], halves=False)
    features = ops.sum(layers.ReLU()(x), axis=(1, 2))
    scores = SpectralNormalization(layers.Dense(1, dtype="float32"))(features)
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        inputs = [inputs, condition]
        embed = SpectralNormalization(layers.Embedding(num_classes, widths[-1], dtype="float32"))
        scores = project(scores, features, embed(condition))
    scores = layers.Activation("linear", dtype="float32", name="scores")(scores)
    return keras.Model(inputs, scores, name=name)


def find_widths(image_shape: ImageShape, filters: int) -> list[int]:
    """Returns the channels of each size, the image's own first."""
    return [filters * min(2**level, WIDEST) for level in range(len(halve(image_shape)))]


def find_attended(sizes: Sequence[tuple[int, ...]], longest: int) -> tuple[int, ...]:
    """Returns the largest size below the image's own whose longer side is at most ``longest``."""
    return next(size for size in sizes[1:] if max(size) <= longest)


def add_upsampled(
    x: Tensor,
    units: int,
    size: tuple[int, ...],
    normalize: Callable[[Tensor], Tensor],
    **options: Any,
) -> Tensor:
    """Returns a map of twice the size and ``units`` channels, from a residual block.

    ``normalize`` comes before each 3x3 convolution; ``options`` go to the convolutions.
    """
    residual = crop(SpectralNormalization(UpsampleConv2D(units, 3, **options))(normalize(x)), size)
    convolution = layers.Conv2D(units, 3, padding="same", **options)
    residual = SpectralNormalization(convolution)(normalize(residual))
    shortcut = crop(
        layers.UpSampling2D()(SpectralNormalization(layers.Conv2D(units, 1, **options))(x)), size
    )
    return layers.add([shortcut, residual])


def add_downsampled(x: Tensor, units: int, halves: bool = True, first: bool = False) -> Tensor:
    """Returns a map of ``units`` channels, from a residual block, of half the size if it halves.

    The first block's input is an image, whose negative values matter too.
    """
    resize = layers.AveragePooling2D(2, padding="same") if halves else layers.Identity()
    residual = x if first else layers.ReLU()(x)
    residual = SpectralNormalization(layers.Conv2D(units, 3, padding="same"))(residual)
    residual = SpectralNormalization(layers.Conv2D(units, 3, padding="same"))(
        layers.ReLU()(residual)
    )
    if halves or x.shape[-1] != units:
        x = SpectralNormalization(layers.Conv2D(units, 1))(resize(x))
    return layers.add([x, resize(residual)])


def to_image(x: Tensor, channels: int, **options: Any) -> Tensor:
    """Returns images in [-1, 1] of the last map."""
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = SpectralNormalization(layers.Conv2D(channels, 3, padding="same", **options))(x)
    return layers.Activation("tanh", dtype="float32", name="images")(x)
