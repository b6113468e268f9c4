"""Residual networks without normalization, of few parts: R3GAN's.

Huang et al. 2025, "The GAN is dead; long live the GAN! A Modern GAN Baseline", arXiv:2501.05441,
section 4: both networks are mirror images. Each resolution has a bilinear step of the size, a 1x1
convolution where the width changes, and residual blocks of a 1x1, a 3x3 and a 1x1 convolution,
which begin as nothing (Zhang et al. 2019, "Fixup Initialization", arXiv:1901.09321). They go with
``loss="relativistic"``, the penalties ``R1`` and ``R2``, and ``generator_ema``. Other than in the
paper the generator ends in tanh, the discriminator shrinks by means of 2x2 pixels, and blocks are
as wide inside as outside, without groups, whose gradients take Keras 20 times as long on a CPU.
Layers outside of blocks begin with Keras's own initial values, which are smaller.
"""

import keras
from keras import layers

from gankit.architectures.shapes import crop, halve
from gankit.typing import ImageShape, Tensor

WIDEST = 768
NEGATIVE_SLOPE = 0.2


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 64,
    filters: int = 96,
    blocks: int = 2,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: width at the image's own size; it doubles as the size is halved, up to 768.
        blocks: residual blocks of each size.
        name: of the model.

    Raises:
        ValueError: an image that is too small.
    """
    sizes, widths = halve(image_shape), find_widths(image_shape, filters)
    start = (*sizes[-1], widths[-1])

    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(start[-1], use_bias=False)(latents)
    x = layers.Reshape((1, 1, start[-1]))(x)
    x = layers.UpSampling2D(start[:2])(x)
    x = layers.EinsumDense("bhwc,hwc->bhwc", start, kernel_initializer="random_normal")(x)
    for level, units in reversed(list(enumerate(widths))):
        if level < len(widths) - 1:
            x = crop(layers.UpSampling2D(interpolation="bilinear")(x), sizes[level])
            x = change_width(x, units)
        for _ in range(blocks):
            x = add_residual(x, len(widths) * blocks)
    x = layers.Conv2D(image_shape[-1], 1)(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 96, blocks: int = 2, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: width at the image's own size; it doubles as the size is halved, up to 768.
        blocks: residual blocks of each size.
        name: of the model.

    Raises:
        ValueError: an image that is too small.
    """
    widths = find_widths(image_shape, filters)
    images = keras.Input(image_shape, name="images")
    x = layers.Conv2D(widths[0], 1)(images)
    for level, units in enumerate(widths):
        if level:
            x = change_width(layers.AveragePooling2D(2, padding="same")(x), units)
        for _ in range(blocks):
            x = add_residual(x, len(widths) * blocks)
    x = layers.EinsumDense("bhwc,hwc->bc", widths[-1])(x)
    scores = layers.Dense(1, use_bias=False, dtype="float32", name="scores")(x)
    return keras.Model(images, scores, name=name)


def find_widths(image_shape: ImageShape, filters: int) -> list[int]:
    """Returns the width of each size, the image's own first."""
    widest = max(WIDEST, filters)
    return [min(filters * 2**level, widest) for level in range(len(halve(image_shape)))]


def change_width(x: Tensor, units: int) -> Tensor:
    """Returns ``x`` with so many channels."""
    return x if x.shape[-1] == units else layers.Conv2D(units, 1, use_bias=False)(x)


def add_residual(x: Tensor, number: int) -> Tensor:
    """Returns ``x`` and what a residual block, one of ``number``, adds to it."""
    width = x.shape[-1]
    # Fixup: a block of three convolutions begins smaller by number ** -1/4, and ends in zeros.
    scale = 2 / (1 + NEGATIVE_SLOPE**2) / number**0.5
    residual = x
    for kernel_size in (1, 3):
        initializer = keras.initializers.VarianceScaling(scale)
        residual = layers.Conv2D(
            width, kernel_size, padding="same", kernel_initializer=initializer
        )(residual)
        residual = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(residual)
    residual = layers.Conv2D(width, 1, use_bias=False, kernel_initializer="zeros")(residual)
    return layers.add([x, residual])
