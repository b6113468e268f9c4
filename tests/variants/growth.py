import keras
from keras import layers

import gankit

KERNEL = {"kernel_size": 3, "padding": "same"}


def build_networks():
    """Returns networks of 16x16 images; "features" and "body" are what is to stay."""
    latents = keras.Input((4,), name="latents")
    x = layers.Reshape((8, 8, 4))(layers.Dense(256, "relu")(latents))
    x = layers.Conv2D(4, **KERNEL, activation="relu", name="features")(layers.UpSampling2D()(x))
    generator = keras.Model(latents, layers.Conv2D(1, 1, activation="tanh")(x))

    features = keras.Input((16, 16, 4))
    x = layers.Conv2D(4, **KERNEL, strides=2, activation="relu")(features)
    body = keras.Model(features, layers.Dense(1)(layers.Flatten()(x)), name="body")
    images = keras.Input((16, 16, 1), name="images")
    return generator, keras.Model(images, body(layers.Conv2D(4, 1)(images)))


def grow(gan: gankit.GAN):
    """Has a GAN of 16x16 images go on with images of 32x32, by a new layer at each network's end.

    Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and
    Variation", arXiv:1710.10196, section 2, without fading the new layers in.
    """
    x = layers.UpSampling2D()(gan.generator.get_layer("features").output)
    x = layers.Conv2D(4, **KERNEL, activation="relu")(x)
    images = layers.Conv2D(1, 1, activation="tanh")(x)
    generator = keras.Model(gan.generator.input, images)

    images = keras.Input((32, 32, 1), name="images")
    x = layers.Conv2D(4, **KERNEL, activation="relu")(layers.Conv2D(4, 1)(images))
    scores = gan.discriminator.get_layer("body")(layers.AveragePooling2D(2)(x))
    gan.replace_networks(generator, keras.Model(images, scores))
