"""Residual networks with spectral normalization, also for classes: SNGAN's and its projection.

Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", arXiv:1802.05957,
table 4; with classes Miyato and Koyama 2018, "cGANs with Projection Discriminator",
arXiv:1802.05637: the generator's batch normalization has a scale and a shift for each class, and
the discriminator adds the inner product of its features and a vector of the class to the score.
"""

import keras
from keras import layers, ops

from gankit.architectures import conditional_normalization
from gankit.architectures.projection import project
from gankit.architectures.shapes import crop, halve
from gankit.layers import SpectralNormalization, UpsampleConv2D
from gankit.typing import ImageShape

MOST_HALVINGS = 2  # blocks of the discriminator that halve the image, as for 32x32


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 128,
    filters: int = 256,
    num_classes: int | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: channels of all maps.
        num_classes: for a conditional GAN: a second input, ``condition``, takes classes, integers
            in 0..num_classes - 1 of shape ``(batch,)``.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.sngan.build_generator((32, 32, 3), filters=4)
        >>> generator.input_shape, generator.output_shape
        ((None, 128), (None, 32, 32, 3))
    """
    *sizes, start = halve(image_shape)
    inputs = latents = keras.Input((latent_dim,), name="latents")
    condition = None
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        inputs = [latents, condition]

    def normalize(x):
        return conditional_normalization.normalize(x, condition, num_classes)

    x = layers.Dense(start[0] * start[1] * filters)(latents)
    x = layers.Reshape((*start, filters))(x)
    for size in reversed(sizes):
        residual = crop(UpsampleConv2D(filters, 3)(normalize(x)), size)
        residual = layers.Conv2D(filters, 3, padding="same")(normalize(residual))
        shortcut = crop(layers.UpSampling2D()(layers.Conv2D(filters, 1)(x)), size)
        x = layers.add([shortcut, residual])
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(image_shape[-1], 3, padding="same")(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 128,
    num_classes: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: channels of all maps.
        num_classes: for a conditional GAN: a second input, ``condition``, takes classes, integers
            in 0..num_classes - 1 of shape ``(batch,)``.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.sngan.build_discriminator((32, 32, 3), filters=4)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), (None, 1))
    """
    halvings = min(len(halve(image_shape)) - 1, MOST_HALVINGS)
    inputs = x = keras.Input(image_shape, name="images")

    def convolve(x):
        return SpectralNormalization(layers.Conv2D(filters, 3, padding="same"))(x)

    for number in range(halvings + 2):
        halves = number < halvings
        resize = layers.AveragePooling2D(2, padding="same") if halves else layers.Identity()
        first = number == 0  # whose input is an image, with negative values that matter
        residual = x if first else layers.ReLU()(x)
        residual = resize(convolve(layers.ReLU()(convolve(residual))))
        if halves:
            x = SpectralNormalization(layers.Conv2D(filters, 1))(resize(x))
        x = layers.add([x, residual])
    features = ops.sum(layers.ReLU()(x), axis=(1, 2))
    scores = SpectralNormalization(layers.Dense(1, dtype="float32"))(features)
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        inputs = [inputs, condition]
        embed = SpectralNormalization(layers.Embedding(num_classes, filters, dtype="float32"))
        scores = project(scores, features, embed(condition))
    scores = layers.Activation("linear", dtype="float32", name="scores")(scores)
    return keras.Model(inputs, scores, name=name)
