import itertools

import numpy as np
import pytest

from gankit.architectures import mlp, sgan


def test_parameter_counts():
    # 100*1200 + 1200; 1200*1200 + 1200; 1200*784 + 784
    assert mlp.build_generator((28, 28, 1)).count_params() == 121_200 + 1_441_200 + 941_584
    # Maxout of 240 units with 5 pieces: 784*1200 + 1200; 240*1200 + 1200; 240 + 1
    assert mlp.build_discriminator((28, 28, 1)).count_params() == 942_000 + 289_200 + 241


@pytest.mark.parametrize("image_shape", [(5, 7, 1), (8, 8, 3)])
def test_any_shape_fits(image_shape):
    generator = mlp.build_generator(image_shape, latent_dim=3, hidden_units=(4,))
    discriminator = mlp.build_discriminator(image_shape, hidden_units=(4, 4))
    images = generator(np.random.default_rng(0).normal(size=(2, 3)))
    assert images.shape == (2, *image_shape)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (2, 1)


def test_maxout_gives_the_largest_of_its_pieces():
    discriminator = mlp.build_discriminator((1, 1, 1), hidden_units=(1,), pieces=2, dropout=0)
    hidden, scores = (layer for layer in discriminator.layers if layer.get_weights())
    hidden.set_weights([np.array([[1.0, -2.0]]), np.array([0.0, 0.0])])
    scores.set_weights([np.array([[1.0]]), np.array([0.0])])
    images = np.array([3.0, -3.0]).reshape(2, 1, 1, 1)
    np.testing.assert_allclose(discriminator(images)[:, 0], [3.0, 6.0])  # max(x, -2x)


def test_bad_shape():
    with pytest.raises(ValueError, match=r"\(height, width, channels\)"):
        mlp.build_generator((28, 28))


def test_sgan_counts():
    # MNIST as in the paper: widths by hand, biases too; batch normalization has no biases before.
    widths = (784, 1000, 500, 250, 250, 250, 10)
    discriminator = sum(a * b + b for a, b in itertools.pairwise(widths))
    generator = 100 * 500 + 4 * 500 + 500 * 500 + 4 * 500 + 500 * 784 + 784
    assert sgan.build_discriminator((28, 28, 1)).count_params() == discriminator
    assert sgan.build_generator((28, 28, 1)).count_params() == generator
