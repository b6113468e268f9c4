"""The three networks of a VAE-GAN.

Larsen et al. 2015, "Autoencoding beyond pixels using a learned similarity metric",
arXiv:1512.09300, table 1: kernels 5 pixels wide, batch normalization, and a dense layer between the
convolutions and codes or scores. The discriminator's second output is the features of its last
convolution, by which images are compared. It normalizes each image's map by itself, not the batch:
its output for an image must not depend on the others in the batch.
"""

import keras
from keras import layers

from gankit.architectures.codes import codes
from gankit.architectures.shapes import crop, halve
from gankit.typing import ImageShape, Tensor

KERNEL_SIZE = 5
LARGEST = 8  # pixels of the smallest map's longer side


def build_generator(
    image_shape: ImageShape, latent_dim: int = 128, filters: int = 64, name: str = "generator"
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1]: the decoder.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: a quarter of the first map's channels, and twice those of the last one.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.vae_gan.build_generator((32, 32, 3), filters=2)
        >>> generator.input_shape, generator.output_shape
        ((None, 128), (None, 32, 32, 3))
    """
    *sizes, start = halve(image_shape, LARGEST)
    widths = [filters // 2, *(widen(filters, level) for level in range(1, len(sizes)))]
    latents = keras.Input((latent_dim,), name="latents")
    x = normalized(layers.Dense(start[0] * start[1] * 4 * filters, use_bias=False)(latents))
    x = layers.Reshape((*start, 4 * filters))(x)
    for size, units in reversed(list(zip(sizes, widths, strict=True))):
        x = layers.Conv2DTranspose(units, KERNEL_SIZE, 2, padding="same", use_bias=False)(x)
        x = normalized(crop(x, size))
    x = layers.Conv2D(image_shape[-1], KERNEL_SIZE, padding="same")(x)
    images = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, images, name=name)


def build_encoder(
    image_shape: ImageShape, latent_dim: int = 128, filters: int = 64, name: str = "encoder"
) -> keras.Model:
    """Returns a network from images to the mean and the logarithm of the variance of their codes.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a code, the generator's; both outputs are ``(batch, latent_dim)``.
        filters: channels of the first layer; doubled at each following one, up to four times.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> encoder = architectures.vae_gan.build_encoder((32, 32, 3), latent_dim=128, filters=2)
        >>> encoder.input_shape, encoder.output_shape
        ((None, 32, 32, 3), [(None, 128), (None, 128)])
    """
    images = x = keras.Input(image_shape, name="images")
    for level in range(len(halve(image_shape, LARGEST)) - 1):
        units = widen(filters, level)
        x = normalized(layers.Conv2D(units, KERNEL_SIZE, 2, padding="same", use_bias=False)(x))
    x = normalized(layers.Dense(32 * filters, use_bias=False)(layers.Flatten()(x)))
    return keras.Model(images, codes(x, latent_dim, stochastic=True), name=name)


def build_discriminator(
    image_shape: ImageShape, filters: int = 64, name: str = "discriminator"
) -> keras.Model:
    """Returns a network from images to logits ``(batch, 1)`` and features.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: twice the channels of the first layer, which keeps the image's size, and half of
            the second one's; the following ones have four times as many.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.vae_gan.build_discriminator((32, 32, 3), filters=2)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), [(None, 1), (None, 8, 8, 8)])
    """
    images = keras.Input(image_shape, name="images")
    x = layers.ReLU()(layers.Conv2D(filters // 2, KERNEL_SIZE, padding="same")(images))
    for level in range(1, len(halve(image_shape, LARGEST))):
        units = widen(filters, level)
        x = layers.Conv2D(units, KERNEL_SIZE, 2, padding="same", use_bias=False)(x)
        features = layers.GroupNormalization(groups=1)(x)
        x = layers.ReLU()(features)
    features = layers.Activation("linear", dtype="float32", name="features")(features)
    x = layers.ReLU()(layers.Dense(8 * filters)(layers.Flatten()(x)))
    scores = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(images, [scores, features], name=name)


def widen(filters: int, level: int) -> int:
    """Returns the channels of a map that has been halved so often: at most four times as many."""
    return filters * min(2**level, 4)


def normalized(x: Tensor) -> Tensor:
    """Returns the activations of ``x`` after batch normalization."""
    return layers.ReLU()(layers.BatchNormalization()(x))
