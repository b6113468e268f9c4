"""A GAN of a table's rows: two amounts, which are any numbers, and one of three kinds.

Xu et al. 2019, "Modeling Tabular Data using Conditional GAN", arXiv:1907.00503, has the subject. A
row is a dict of columns, a kind is one-hot, and the generator gives probabilities of kinds.
"""

import keras
import numpy as np
from keras import layers

NUM_KINDS = 3


def build_networks():
    """Returns a generator of both columns and a discriminator of rows."""
    latents = keras.Input((4,), name="latents")
    x = layers.Dense(16, "relu")(latents)
    columns = {
        "images_amounts": layers.Dense(2)(x),
        "images_kind": layers.Dense(NUM_KINDS, "softmax")(x),
    }
    generator = keras.Model(latents, columns)

    rows = [
        keras.Input((2,), name="images_amounts"),
        keras.Input((NUM_KINDS,), name="images_kind"),
    ]
    x = layers.LeakyReLU()(layers.Dense(16)(layers.concatenate(rows)))
    return generator, keras.Model(rows, layers.Dense(1)(x))


def make_data(number):
    """Returns rows whose amounts depend on their kind."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, NUM_KINDS, number)
    amounts = rng.normal(10.0 * kinds[:, None], 1.0, (number, 2))
    return {
        "images_amounts": amounts.astype("float32"),
        "images_kind": np.eye(NUM_KINDS, dtype="float32")[kinds],
    }
