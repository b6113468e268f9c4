"""The smallest networks there are, for variants that need more than one generator."""

import math

import keras
from keras import layers

IMAGE_SHAPE = (8, 8, 1)
LATENT_DIM = 4


def build(inputs, outputs, activation=None, name=None, features=False):
    """Returns a network with one hidden layer.

    Args:
        inputs: shapes without the batch axis, by name.
        outputs: likewise, as a list: one output for each.
        activation: of the outputs.
        name: of the model.
        features: whether the hidden layer is one more output.
    """
    given = [keras.Input(shape, name=key) for key, shape in inputs.items()]
    x = [layers.Flatten()(tensor) for tensor in given]
    x = layers.concatenate(x) if len(x) > 1 else x[0]
    x = layers.Dropout(0.1)(layers.LeakyReLU()(layers.BatchNormalization()(layers.Dense(8)(x))))
    made = []
    for shape in outputs:
        flat = layers.Dense(math.prod(shape), activation if len(shape) < 2 else None)(x)
        if len(shape) > 1:
            flat = layers.Activation(activation or "linear")(layers.Reshape(shape)(flat))
        made.append(flat)
    made += [x] * features
    return keras.Model(given, made if len(made) > 1 else made[0], name=name)


def build_generator(**inputs):
    """Returns a network from latents, and what else it is given, to images in [-1, 1]."""
    return build({"latents": (LATENT_DIM,)} | inputs, [IMAGE_SHAPE], "tanh", "generator")


def build_discriminator(*outputs, image_shape=IMAGE_SHAPE, features=False, **inputs):
    """Returns a network from images, and what else it is given, to a score and other outputs."""
    inputs = {"images": image_shape} | inputs
    return build(inputs, outputs or [(1,)], name="discriminator", features=features)
