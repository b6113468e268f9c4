import keras
import numpy as np
import pytest
from helpers import make_images, make_networks

import gankit
from gankit.kernel_regularizers import OffDiagonal


def test_cost_by_hand():
    # Filters (1, 2) and (3, -1): their product, 1, counts twice; their lengths don't count.
    kernel = np.array([[1.0, 3.0], [2.0, -1.0]], "float32")
    np.testing.assert_allclose(OffDiagonal(0.5)(kernel), 0.5 * 2 * 1.0**2)
    np.testing.assert_allclose(OffDiagonal(0.5)(kernel.reshape(1, 2, 1, 2)), 1.0)
    assert OffDiagonal()(np.diag([2.0, 5.0]).astype("float32")) == 0.0


@pytest.mark.parametrize("shape", [(3, 2, 4, 5), (2, 7)])
def test_cost_of_more_filters_than_inputs_and_of_fewer(shape):
    kernel = np.random.default_rng(0).normal(size=shape).astype("float32")
    filters = kernel.reshape(-1, shape[-1])
    pairs = [filters[:, i] @ filters[:, j] for i in range(shape[-1]) for j in range(i)]
    np.testing.assert_allclose(OffDiagonal(1.0)(kernel), 2 * np.square(pairs).sum(), rtol=1e-4)


def test_enters_a_gan_as_regularization():
    _, discriminator = make_networks()
    latents = keras.Input((4,), name="latents")
    dense = keras.layers.Dense(64, kernel_regularizer=OffDiagonal(0.25))
    generator = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(dense(latents)))
    gan = gankit.GAN(generator, discriminator)
    gan.compile(run_eagerly=True)
    products = np.array(dense.kernel).T @ np.array(dense.kernel)
    np.fill_diagonal(products, 0)
    logs = gan.train_on_batch(make_images(4), return_dict=True)
    np.testing.assert_allclose(
        logs["generator_regularization"], 0.25 * (products**2).sum(), rtol=1e-4
    )
    again = keras.layers.Dense.from_config(dense.get_config())
    assert again.kernel_regularizer.weight == 0.25


def test_bad_weight():
    with pytest.raises(ValueError, match="weight must be 0 or more, got -1"):
        OffDiagonal(-1)
