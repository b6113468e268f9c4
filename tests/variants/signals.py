"""A GAN of signals ``(n, time, channels)``, which have no bounds.

Donahue et al. 2018, "Adversarial Audio Synthesis", arXiv:1802.04208: DCGAN's convolutions, along
time.
"""

import keras
import numpy as np
from keras import layers

LENGTH, CHANNELS = 32, 2


def build_networks():
    """Returns a generator that ends in no activation, and a discriminator of signals."""
    latents = keras.Input((4,), name="latents")
    x = layers.Reshape((8, 8))(layers.Dense(64, "relu")(latents))
    x = layers.Conv1DTranspose(4, 5, strides=2, padding="same", activation="relu")(x)
    signals = layers.Conv1DTranspose(CHANNELS, 5, strides=2, padding="same")(x)
    generator = keras.Model(latents, signals)

    signals = keras.Input((LENGTH, CHANNELS), name="images")
    x = signals
    for filters in (4, 8):
        x = layers.LeakyReLU()(layers.Conv1D(filters, 5, strides=2, padding="same")(x))
    return generator, keras.Model(signals, layers.Dense(1)(layers.Flatten()(x)))


def make_data(number):
    """Returns a sine and a cosine of random frequency and phase, three units high."""
    rng = np.random.default_rng(0)
    frequency = rng.uniform(1.0, 3.0, (number, 1))
    angles = rng.uniform(0, 2 * np.pi, (number, 1)) + frequency * np.linspace(0, np.pi, LENGTH)
    return 3.0 * np.stack([np.sin(angles), np.cos(angles)], axis=-1).astype("float32")
