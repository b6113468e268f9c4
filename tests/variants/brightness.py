"""A GAN that is told a real number for each image: its mean brightness.

Ding et al. 2020, "CcGAN: Continuous Conditional Generative Adversarial Networks for Image
Generation", arXiv:2011.07466, has the subject. It takes networks and data, and no new class.
"""

import keras
import numpy as np
from keras import layers

IMAGE_SHAPE = (8, 8, 1)


def build_networks():
    """Returns a generator and a discriminator that both take a brightness in [-1, 1]."""
    latents = keras.Input((4,), name="latents")
    condition = keras.Input((1,), name="condition")
    x = layers.Dense(16, "relu")(layers.concatenate([latents, condition]))
    images = layers.Reshape(IMAGE_SHAPE)(layers.Dense(64, "tanh")(x))
    generator = keras.Model([latents, condition], images)

    images = keras.Input(IMAGE_SHAPE, name="images")
    condition = keras.Input((1,), name="condition")
    x = layers.concatenate([layers.Flatten()(images), condition])
    scores = layers.Dense(1)(layers.LeakyReLU()(layers.Dense(16)(x)))
    return generator, keras.Model([images, condition], scores)


def make_data(number):
    """Returns noise around a brightness, and that brightness, ``(number, 1)``."""
    rng = np.random.default_rng(0)
    brightness = rng.uniform(-0.8, 0.8, (number, 1)).astype("float32")
    noise = rng.uniform(-0.2, 0.2, (number, *IMAGE_SHAPE)).astype("float32")
    return brightness[:, :, None, None] + noise, brightness
