"""Fully connected networks for the rows of a table: CTGAN's.

Xu et al. 2019, "Modeling Tabular Data using Conditional GAN", arXiv:1907.00503, section 4.4: each
layer of the generator adds its outputs to all that it was given, and a head for each part of a row
ends in tanh, for continuous values, or in Gumbel-softmax, for categories and modes. The critic
scores several rows at once.
"""

from collections.abc import Sequence

import keras
from keras import layers

from gankit.layers import GumbelSoftmax


def build_generator(
    parts: Sequence[tuple[str, int]],
    condition_dim: int = 0,
    latent_dim: int = 128,
    hidden_units: Sequence[int] = (256, 256),
    temperature: float = 0.2,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents, and a condition, to rows ``(batch, row_dim)``.

    Args:
        parts: of a row, ``data.TableTransformer.parts``: pairs of ``"tanh"`` or ``"softmax"`` and
            how many numbers that makes.
        condition_dim: length of a condition, floats; without one, 0, there is no input for it.
        latent_dim: length of a latent vector.
        hidden_units: width of each hidden layer.
        temperature: of Gumbel-softmax.
        name: of the model.

    Raises:
        ValueError: a part of another kind.

    Examples:
        >>> generator = architectures.ctgan.build_generator(
        ...     [("tanh", 1), ("softmax", 3)], condition_dim=3, hidden_units=(16,)
        ... )
        >>> generator.input_shape, generator.output_shape
        ([(None, 128), (None, 3)], (None, 4))
    """
    inputs = [keras.Input((latent_dim,), name="latents")]
    if condition_dim:
        inputs.append(keras.Input((condition_dim,), name="condition"))
    x = layers.concatenate(inputs) if condition_dim else inputs[0]
    for units in hidden_units:
        made = layers.Activation("relu")(layers.BatchNormalization()(layers.Dense(units)(x)))
        x = layers.concatenate([x, made])
    made = []
    for kind, width in parts:
        if kind not in ("tanh", "softmax"):
            raise ValueError(f"Parts of a row are 'tanh' or 'softmax', got {kind!r}.")
        ends = layers.Activation("tanh") if kind == "tanh" else GumbelSoftmax(temperature)
        made.append(ends(layers.Dense(width)(x)))
    rows = layers.Concatenate(dtype="float32", name="images")(made) if made[1:] else made[0]
    return keras.Model(inputs, rows, name=name)


def build_discriminator(
    row_dim: int,
    condition_dim: int = 0,
    pac: int = 10,
    hidden_units: Sequence[int] = (256, 256),
    dropout: float = 0.5,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from packs of rows to logits ``(packs, 1)``.

    Args:
        row_dim: how many numbers a row has.
        condition_dim: and its condition, which stands behind it.
        pac: rows in a pack, side by side, ``(packs, pac * (row_dim + condition_dim))``.
        hidden_units: width of each hidden layer.
        dropout: share of hidden units that is dropped in training.
        name: of the model.

    Examples:
        >>> discriminator = architectures.ctgan.build_discriminator(
        ...     row_dim=4, condition_dim=3, pac=10, hidden_units=(16,)
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 70), (None, 1))
    """
    inputs = x = keras.Input((pac * (row_dim + condition_dim),), name="images")
    for units in hidden_units:
        x = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(units)(x))
        x = layers.Dropout(dropout)(x)
    outputs = layers.Dense(1, dtype="float32", name="scores")(x)
    return keras.Model(inputs, outputs, name=name)
