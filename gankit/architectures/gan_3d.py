"""Volumetric networks, from latents to shapes of voxels: 3D-GAN's.

Wu et al. 2016, "Learning a Probabilistic Latent Space of Object Shapes via 3D
Generative-Adversarial Modeling", arXiv:1610.07584, section 3.1: convolutions of 4x4x4 with stride
2, up from 4x4x4, batch normalization and ReLU in the generator, LeakyReLU of slope 0.2 and batch
normalization in the discriminator. Voxels end in tanh, -1 for empty, where the paper has a sigmoid,
0 for empty.
"""

import math

import keras
from keras import layers

from gankit.architectures.shapes import crop, halve

KERNEL_SIZE = 4


def build_generator(
    volume_shape: tuple[int, int, int, int],
    latent_dim: int = 200,
    filters: int = 64,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to volumes in [-1, 1].

    Args:
        volume_shape: ``(depth, height, width, channels)``; all three sizes must be at least
            8. The paper has ``(64, 64, 64, 1)``.
        latent_dim: length of a latent vector.
        filters: channels of the layer before the volume; doubled at each layer before that one.
        name: of the model.

    Raises:
        ValueError: a volume that is too small.

    Examples:
        >>> generator = architectures.gan_3d.build_generator((16, 16, 16, 1), filters=2)
        >>> generator.input_shape, generator.output_shape
        ((None, 200), (None, 16, 16, 16, 1))
    """
    *sizes, start = halve(volume_shape, name="volume_shape")
    widths = [filters * 2**level for level in range(len(sizes))]

    latents = x = keras.Input((latent_dim,), name="latents")
    # What a transposed convolution of a single voxel is.
    x = layers.Dense(math.prod(start) * widths[-1], use_bias=False)(x)
    x = layers.Reshape((*start, widths[-1]))(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for size, units in reversed(list(zip(sizes[1:], widths[:-1], strict=True))):
        x = layers.Conv3DTranspose(units, KERNEL_SIZE, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(crop(x, size)))
    x = layers.Conv3DTranspose(volume_shape[-1], KERNEL_SIZE, strides=2, padding="same")(x)
    x = crop(x, sizes[0])
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, outputs, name=name)


def build_discriminator(
    volume_shape: tuple[int, int, int, int], filters: int = 64, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from volumes ``(batch, *volume_shape)`` to logits ``(batch, 1)``.

    Args:
        volume_shape: ``(depth, height, width, channels)``; all three sizes must be at least
            8.
        filters: channels of the first layer; doubled at each following one.
        name: of the model.

    Raises:
        ValueError: a volume that is too small.

    Examples:
        >>> discriminator = architectures.gan_3d.build_discriminator((16, 16, 16, 1), filters=2)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 16, 16, 16, 1), (None, 1))
    """
    images = x = keras.Input(volume_shape, name="images")
    for level in range(len(halve(volume_shape, name="volume_shape")) - 1):
        # The first layer sees the voxels as they are, and has a bias instead of normalization.
        x = layers.Conv3D(
            filters * 2**level, KERNEL_SIZE, strides=2, padding="same", use_bias=level == 0
        )(x)
        x = layers.BatchNormalization()(x) if level else x
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    scores = layers.Dense(1, dtype="float32", name="scores")(layers.Flatten()(x))
    return keras.Model(images, scores, name=name)
