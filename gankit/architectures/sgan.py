"""SGAN's networks for MNIST: dense, with Gaussian noise before each layer of the discriminator.

Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 6.1, with
widths as in its authors' code: the noise keeps a classifier with few labels from overfitting.
Unlike in the paper there is no weight normalization, and the generator ends in tanh.
"""

import math

import keras
from keras import layers

from gankit.architectures.shapes import check_image_shape
from gankit.typing import ImageShape

WIDTHS = (1000, 500, 250, 250, 250)
IMAGE_NOISE, NOISE = 0.6, 0.5  # standard deviations; the paper's images reach from 0 to 1


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 100,
    hidden_units: tuple[int, ...] = (500, 500),
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``.
        latent_dim: length of a latent vector.
        hidden_units: widths of the hidden layers.
        name: of the model.

    Raises:
        ValueError: an image shape that is none.

    Examples:
        >>> generator = architectures.sgan.build_generator((28, 28, 1), hidden_units=(32,))
        >>> generator.input_shape, generator.output_shape
        ((None, 100), (None, 28, 28, 1))
    """
    shape = check_image_shape(image_shape)
    latents = x = keras.Input((latent_dim,), name="latents")
    for units in hidden_units:
        x = layers.Dense(units, activation="softplus", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
    x = layers.Reshape(shape)(layers.Dense(math.prod(shape))(x))
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    num_classes: int = 10,
    hidden_units: tuple[int, ...] = WIDTHS,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to class logits and features.

    The logits are ``(batch, num_classes)``, the features the last hidden layer, ``(batch, n)``.

    Args:
        image_shape: ``(height, width, channels)``.
        num_classes: how many classes there are.
        hidden_units: widths of the hidden layers.
        name: of the model.

    Raises:
        ValueError: an image shape that is none.

    Examples:
        >>> discriminator = architectures.sgan.build_discriminator(
        ...     (28, 28, 1), num_classes=10, hidden_units=(32, 16)
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 28, 28, 1), [(None, 10), (None, 16)])
    """
    images = keras.Input(check_image_shape(image_shape), name="images")
    x = layers.GaussianNoise(IMAGE_NOISE)(layers.Flatten()(images))
    for units in hidden_units:
        features = layers.Dense(units, activation="relu")(x)
        x = layers.GaussianNoise(NOISE)(features)
    classes = layers.Dense(num_classes, dtype="float32", name="classes")(x)
    return keras.Model(images, [classes, features], name=name)
