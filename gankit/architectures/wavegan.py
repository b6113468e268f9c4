"""Convolutions along time, for sounds and other signals: WaveGAN's.

Donahue et al. 2018, "Adversarial Audio Synthesis", arXiv:1802.04208, appendix D: DCGAN's networks
with kernels of 25 samples in the place of 5 x 5 pixels, and a stride of 4 in that of 2 x 2, without
batch normalization, for ``gankit.WGANGP``. A signal is ``(samples, channels)``.
"""

from collections.abc import Sequence

import keras
from keras import layers

from gankit.architectures.shapes import crop, divide
from gankit.layers import PhaseShuffle

KERNEL_SIZE = 25
STRIDE = 4
START = 16  # samples at most
SHORTEST = 16


def build_generator(
    signal_shape: Sequence[int] = (16384, 1),
    latent_dim: int = 100,
    filters: int = 64,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to signals in [-1, 1].

    Begins with 5 to 16 samples and multiplies them by 4, less what is too much where a length is
    no multiple of 4: 16 -> 64 -> 256 -> 1,024 -> 4,096 -> 16,384, a second at 16 kHz.

    Args:
        signal_shape: ``(samples, channels)``, of at least 16 samples.
        latent_dim: length of a latent vector.
        filters: channels of the layer before the signal; doubled at each layer before that one.
        name: of the model.

    Raises:
        ValueError: a signal that is too short.

    Examples:
        >>> generator = architectures.wavegan.build_generator((4096, 1), filters=2)
        >>> generator.input_shape, generator.output_shape
        ((None, 100), (None, 4096, 1))
    """
    *lengths, start = quarter(signal_shape)
    widths = [filters * 2**level for level in range(len(lengths))]
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(start * widths[-1])(latents)
    x = layers.ReLU()(layers.Reshape((start, widths[-1]))(x))
    for length, units in reversed(list(zip(lengths[1:], widths[:-1], strict=True))):
        x = layers.Conv1DTranspose(units, KERNEL_SIZE, STRIDE, padding="same")(x)
        x = layers.ReLU()(crop(x, (length,)))
    x = layers.Conv1DTranspose(signal_shape[-1], KERNEL_SIZE, STRIDE, padding="same")(x)
    x = crop(x, (lengths[0],))
    signals = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(latents, signals, name=name)


def build_discriminator(
    signal_shape: Sequence[int] = (16384, 1),
    filters: int = 64,
    phase_shuffle: int = 2,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from signals ``(batch, *signal_shape)`` to logits ``(batch, 1)``.

    Divides the length by 4 as often as the generator multiplies it.

    Args:
        signal_shape: ``(samples, channels)``, of at least 16 samples.
        filters: channels of the first layer; doubled at each following one.
        phase_shuffle: samples by which signals are shifted at most between two layers; 0 for none.
        name: of the model.

    Raises:
        ValueError: a signal that is too short.

    Examples:
        >>> discriminator = architectures.wavegan.build_discriminator((4096, 1), filters=2)
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 4096, 1), (None, 1))
    """
    levels = len(quarter(signal_shape)) - 1
    signals = x = keras.Input(tuple(signal_shape), name="images")
    for level in range(levels):
        x = layers.Conv1D(filters * 2**level, KERNEL_SIZE, STRIDE, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
        if phase_shuffle and level < levels - 1:
            x = PhaseShuffle(phase_shuffle)(x)
    scores = layers.Dense(1, dtype="float32", name="scores")(layers.Flatten()(x))
    return keras.Model(signals, scores, name=name)


def quarter(signal_shape: Sequence[int]) -> list[int]:
    """Returns the lengths of maps from a signal's own down to a few samples."""
    shape = tuple(signal_shape)
    if len(shape) != 2 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            "signal_shape must be (samples, channels) of positive integers, e.g. (16384, 1), got "
            f"{signal_shape!r}."
        )
    if shape[0] < SHORTEST:
        raise ValueError(f"signal_shape={shape} is too short: it needs {SHORTEST} samples or more.")
    lengths = [shape[0]]
    while len(lengths) < 2 or lengths[-1] > START:
        lengths += divide((lengths[-1],), STRIDE)
    return lengths
