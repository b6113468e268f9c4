"""The data to data cross-entropy by hand, and what a ReACGAN needs."""

import numpy as np
import pytest
from helpers import make_dcgan_of_classes, make_networks_of_embeddings
from keras import ops

import gankit
from gankit.gans.reacgan import data_to_data_cross_entropy

# Three images in a plane: two of class 0, one of class 1. Lengths don't count.
EMBEDDINGS = np.array([[2.0, 0.0], [0.0, 1.0], [0.6, 0.8]], "float32")
PROXIES = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 3.0]], "float32")
CLASSES = np.array([0, 0, 1])


def costs(temperature=0.5, positive_margin=0.9, negative_margin=0.1):
    given = map(ops.convert_to_tensor, (EMBEDDINGS, PROXIES, CLASSES))
    return data_to_data_cross_entropy(*given, temperature, positive_margin, negative_margin)


def test_cross_entropy_by_hand():
    # Cosines with the own class are 1, 0, 0.8: with the margin 0, -0.9, -0.1, over 0.5.
    # Cosines of 0.6 and 0.8 with the image of the other class: 0.5 and 0.7 beyond the margin.
    near = np.exp([0.0, -1.8, -0.2])
    far = np.array([np.exp(1.0), np.exp(1.4), np.exp(1.0) + np.exp(1.4)])
    np.testing.assert_allclose(costs(), -np.log(near / (near + far)), rtol=1e-5)


def test_beyond_the_margins_nothing_pulls():
    # Any class is near enough at -1, and any two images are far enough at 1.
    found = costs(positive_margin=-1.0, negative_margin=1.0)
    np.testing.assert_allclose(found, np.log([2.0, 2.0, 3.0]), rtol=1e-6)


def test_an_image_alone_with_its_class_costs_nothing():
    given = map(ops.convert_to_tensor, (EMBEDDINGS[:2], PROXIES[:2], CLASSES[:2]))
    np.testing.assert_allclose(
        data_to_data_cross_entropy(*given, 0.5, 0.98, 0.02), [0.0, 0.0], atol=1e-6
    )


def test_each_side_pays_for_its_own_images():
    gan = gankit.ReACGAN(*make_networks_of_embeddings(), class_weight=2.0)
    gan.compile()
    real = gankit.Batch(
        None,
        ops.convert_to_tensor(CLASSES),
        scores=np.zeros((3, 1), "float32"),
        heads=(ops.convert_to_tensor(EMBEDDINGS), ops.convert_to_tensor(PROXIES)),
    )
    fake = real._replace(condition=ops.convert_to_tensor([0, 0, 0]))  # no others: nothing to pay
    expected = 2 * np.mean(costs(0.5, 0.98, 0.02))
    np.testing.assert_allclose(gan.discriminator_losses(real, fake)["class"], expected, rtol=1e-6)
    np.testing.assert_allclose(gan.generator_losses(real, fake)["class"], 0.0, atol=1e-6)
    assert isinstance(gan.loss, gankit.losses.Hinge)


def test_networks_that_do_not_fit():
    with pytest.raises(ValueError, match="three outputs, scores, and embeddings of images"):
        gankit.ReACGAN(*make_dcgan_of_classes())
