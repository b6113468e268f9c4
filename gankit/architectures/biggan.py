"""BigGAN's networks, for many classes.

Brock et al. 2018, "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
arXiv:1809.11096, appendix B: SAGAN's networks, wider. In the generator, all layers share one
embedding of the class, and latents are hierarchical: cut into chunks, of which the first one makes
the first map, and each block gets one of the others, besides the class, in its conditional batch
normalization. They go with ``loss="hinge"``, no penalty, Adam of ``beta_1=0``, 0.00005 for the
generator and 0.0002 for the discriminator, and large batches. The published networks for 128x128
have 70.4 and 88.0 million weights. Layers begin with Keras's own initial values, where the paper
has orthogonal ones.
"""

import functools
from typing import Any

import keras
from keras import layers, ops

from gankit.architectures import sagan
from gankit.architectures.conditional_normalization import modulate
from gankit.architectures.sagan import (
    add_upsampled,
    find_attended,
    find_widths,
    to_image,
)
from gankit.architectures.shapes import halve
from gankit.layers import SelfAttention, SpectralNormalization
from gankit.typing import ImageShape

ATTENDED = 64  # pixels of the map with attention, in images of 128 and more


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 120,
    filters: int = 96,
    num_classes: int | None = None,
    embedding_dim: int = 128,
    regularizer: keras.regularizers.Regularizer | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector, which is cut into 4 chunks for images of 32 pixels,
            and one more with each doubling.
        filters: channels next to the image; doubled at each smaller map, up to 16 times as many.
        num_classes: for a conditional GAN: a second input, ``condition``, takes classes, integers
            in 0..num_classes - 1 of shape ``(batch,)``.
        embedding_dim: length of the vector of a class.
        regularizer: of all kernels, e.g. ``gankit.kernel_regularizers.OffDiagonal()``.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or latents of fewer numbers than chunks.

    Examples:
        >>> generator = architectures.biggan.build_generator(
        ...     (32, 32, 3), latent_dim=120, filters=2, num_classes=10
        ... )
        >>> generator.input_shape, generator.output_shape
        ([(None, 120), (None,)], (None, 32, 32, 3))
    """
    sizes, widths = halve(image_shape), find_widths(image_shape, filters)
    if latent_dim < len(sizes):
        raise ValueError(
            f"latent_dim must be at least {len(sizes)}, a number for the first map and for each "
            f"block of image_shape={tuple(image_shape)}, got {latent_dim}."
        )
    options: dict[str, Any] = {"kernel_regularizer": regularizer}
    inputs = latents = keras.Input((latent_dim,), name="latents")
    bounds = [latent_dim * place // len(sizes) for place in range(1, len(sizes))]
    chunks = told = ops.split(latents, bounds, axis=-1)
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        inputs = [latents, condition]
        vector = layers.Embedding(num_classes, embedding_dim, name="classes")(condition)
        told = [layers.concatenate([vector, chunk]) for chunk in chunks]

    def normalize(x, told):
        dense = [layers.Dense(x.shape[-1], use_bias=False, **options) for _ in range(2)]
        scale, shift = (SpectralNormalization(layer)(told) for layer in dense)
        return layers.ReLU()(modulate(x, 1 + scale, shift))

    start = (*sizes[-1], widths[-1])
    x = layers.Dense(start[0] * start[1] * start[2], **options)
    x = layers.Reshape(start)(SpectralNormalization(x)(chunks[0]))
    for level in reversed(range(len(sizes) - 1)):
        own = functools.partial(normalize, told=told[len(sizes) - 1 - level])
        if x.shape[1:3] == find_attended(sizes, ATTENDED):
            x = SelfAttention(**options)(x)
        x = add_upsampled(x, widths[level], sizes[level], own, **options)
    return keras.Model(inputs, to_image(x, image_shape[-1], **options), name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 96,
    num_classes: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns SAGAN's network from images ``(batch, *image_shape)`` to logits, with wider maps.

    Args:
        image_shape: as in ``sagan.build_discriminator``, like all that follow.
        filters: channels of the first block.
        num_classes: for a conditional GAN.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.biggan.build_discriminator(
        ...     (32, 32, 3), filters=2, num_classes=10
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ([(None, 32, 32, 3), (None,)], (None, 1))
    """
    return sagan.build_discriminator(image_shape, filters, num_classes, ATTENDED, name)
