"""Fully connected networks: the first GAN's, for images of any shape.

Goodfellow et al. 2014, "Generative Adversarial Networks", arXiv:1406.2661, section 5: rectified
linear units in the generator, maxout units and dropout in the discriminator.
"""

import math
from collections.abc import Sequence

import keras
from keras import layers, ops

from gankit.architectures.codes import codes
from gankit.architectures.shapes import check_image_shape
from gankit.typing import ImageShape, Tensor


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 100,
    hidden_units: Sequence[int] = (1200, 1200),
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``.
        latent_dim: length of a latent vector.
        hidden_units: width of each hidden layer.
        name: of the model.

    Examples:
        >>> generator = architectures.mlp.build_generator(
        ...     (28, 28, 1), latent_dim=100, hidden_units=(32,)
        ... )
        >>> generator.input_shape, generator.output_shape
        ((None, 100), (None, 28, 28, 1))
    """
    shape = check_image_shape(image_shape)
    inputs = keras.Input((latent_dim,), name="latents")
    x = rectified(inputs, hidden_units)
    x = layers.Dense(math.prod(shape))(x)
    x = layers.Reshape(shape)(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    hidden_units: Sequence[int] = (240, 240),
    pieces: int = 5,
    dropout: float = 0.5,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``.
        hidden_units: number of maxout units of each hidden layer.
        pieces: linear pieces of a maxout unit, of which it gives the largest.
        dropout: share of hidden units that is dropped in training.
        name: of the model.

    Examples:
        >>> discriminator = architectures.mlp.build_discriminator((28, 28, 1), hidden_units=(32,))
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 28, 28, 1), (None, 1))
    """
    inputs = keras.Input(check_image_shape(image_shape), name="images")
    x = layers.Flatten()(inputs)
    for units in hidden_units:
        x = layers.Dense(units * pieces)(x)
        x = ops.max(layers.Reshape((units, pieces))(x), axis=-1)
        x = layers.Dropout(dropout)(x)
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name=name)


def build_encoder(
    image_shape: ImageShape,
    latent_dim: int = 100,
    hidden_units: Sequence[int] = (1000, 1000),
    stochastic: bool = False,
    name: str = "encoder",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to codes ``(batch, latent_dim)``.

    As in Makhzani et al. 2015, "Adversarial Autoencoders", arXiv:1511.05644, appendix A.

    Args:
        image_shape: ``(height, width, channels)``.
        latent_dim: length of a code, the generator's.
        hidden_units: width of each hidden layer.
        stochastic: whether there is a second output, the logarithm of the variance, beside the
            first one, the mean.
        name: of the model.

    Examples:
        >>> encoder = architectures.mlp.build_encoder(
        ...     (28, 28, 1), latent_dim=2, hidden_units=(32,), stochastic=True
        ... )
        >>> encoder.input_shape, encoder.output_shape
        ((None, 28, 28, 1), [(None, 2), (None, 2)])
    """
    inputs = keras.Input(check_image_shape(image_shape), name="images")
    x = rectified(layers.Flatten()(inputs), hidden_units)
    return keras.Model(inputs, codes(x, latent_dim, stochastic), name=name)


def build_latent_discriminator(
    latent_dim: int, hidden_units: Sequence[int] = (1000, 1000), name: str = "discriminator"
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to logits ``(batch, 1)``.

    The discriminator of an adversarial autoencoder, see ``build_encoder``.

    Args:
        latent_dim: length of a latent vector.
        hidden_units: width of each hidden layer.
        name: of the model.

    Examples:
        >>> discriminator = architectures.mlp.build_latent_discriminator(
        ...     latent_dim=2, hidden_units=(32,)
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 2), (None, 1))
    """
    latents = keras.Input((latent_dim,), name="latents")
    x = rectified(latents, hidden_units)
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(latents, outputs, name=name)


def rectified(x: Tensor, hidden_units: Sequence[int]) -> Tensor:
    """Returns what hidden layers of rectified linear units make of ``x``."""
    for units in hidden_units:
        x = layers.Dense(units, activation="relu", kernel_initializer="he_normal")(x)
    return x
