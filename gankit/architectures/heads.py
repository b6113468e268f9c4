"""Heads for discriminators: class logits and embeddings, beside the scores of any network."""

import keras
from keras import layers

from gankit.layers import SpectralNormalization
from gankit.typing import Tensor


def add_classes(discriminator: keras.Model, num_classes: int) -> keras.Model:
    """Returns a discriminator with a head of class logits, on the features of its scores.

    For ``ACGAN``, and with four classes, the rotations, for ``SSGAN``. Shares all other layers with
    ``discriminator``.

    Args:
        discriminator: from images to scores, which a ``Dense`` layer, with spectral normalization
            or without, makes of features ``(batch, n)``.
        num_classes: how many classes there are. Logits of them are the second output, ``(batch,
            num_classes)``.

    Raises:
        ValueError: a discriminator that ends otherwise.

    Examples:
        >>> body = architectures.dcgan.build_discriminator((28, 28, 1), filters=4)
        >>> discriminator = architectures.heads.add_classes(body, num_classes=10)
        >>> discriminator.output_shape
        [(None, 1), (None, 10)]
    """
    last = find_last(discriminator)
    outputs = [*discriminator.outputs, add_dense(last, num_classes, "classes")]
    return keras.Model(discriminator.input, outputs, name=discriminator.name)


def add_embeddings(
    discriminator: keras.Model, num_classes: int, embedding_dim: int = 512
) -> keras.Model:
    """Returns a discriminator with embeddings of images and of classes, for ``ReACGAN``.

    Args:
        discriminator: as in ``add_classes``.
        num_classes: how many classes there are: a second input, ``condition``, takes them,
            integers in 0..num_classes - 1 of shape ``(batch,)``.
        embedding_dim: length of an embedding. The second output has those of the images, the third
            those of their classes, both ``(batch, embedding_dim)``.

    Raises:
        ValueError: a discriminator that ends otherwise.

    Examples:
        >>> body = architectures.dcgan.build_discriminator((28, 28, 1), filters=4)
        >>> discriminator = architectures.heads.add_embeddings(
        ...     body, num_classes=10, embedding_dim=64
        ... )
        >>> discriminator.output_shape
        [(None, 1), (None, 64), (None, 64)]
    """
    last = find_last(discriminator)
    condition = keras.Input((), dtype="int32", name="condition")
    start = keras.initializers.RandomNormal(stddev=1.0)
    proxies = layers.Embedding(num_classes, embedding_dim, start, dtype="float32", name="proxies")
    outputs = [*discriminator.outputs, add_dense(last, embedding_dim, "embeddings")]
    return keras.Model(
        [*discriminator.inputs, condition], [*outputs, proxies(condition)], name=discriminator.name
    )


def find_last(discriminator: keras.Model) -> keras.Layer:
    """Returns the dense layer, perhaps in its spectral normalization, that makes the scores."""
    tensor = discriminator.outputs[0]
    for layer in reversed(discriminator.layers if len(discriminator.outputs) == 1 else []):
        if layer.output is tensor and isinstance(layer, layers.Activation):
            tensor = layer.input  # it only keeps the precision
        elif layer.output is tensor and isinstance(getattr(layer, "layer", layer), layers.Dense):
            return layer
    raise ValueError(
        "A head is added to a discriminator that ends in a Dense layer, which makes its scores, "
        f"but {discriminator.name!r}, of {len(discriminator.outputs)} outputs, ends otherwise. "
        "Build it without num_classes."
    )


def add_dense(last: keras.Layer, units: int, name: str) -> Tensor:
    """Returns what a dense layer like ``last``, of more units, makes of the same features."""
    if isinstance(last, SpectralNormalization):
        head = SpectralNormalization(layers.Dense(units, dtype="float32"), name=name)
    else:
        head = layers.Dense(units, dtype="float32", name=name)
    return head(last.input)
