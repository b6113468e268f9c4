"""An SGAN's losses by hand, and a classifier that learns from two labels."""

import keras
import numpy as np
import pytest
from helpers import IMAGE_SHAPE, make_images, make_networks, make_networks_of_few_labels
from keras import ops

import gankit


def make_sgan():
    gan = gankit.SGAN(*make_networks_of_few_labels(), seed=0)
    gan.compile(run_eagerly=True)
    return gan


def judged(logits, labels, features=((0.0, 0.0),)):
    logits = ops.convert_to_tensor(np.array(logits, "float32"))
    scores = ops.logsumexp(logits, axis=-1, keepdims=True)
    heads = logits, ops.convert_to_tensor(np.array(features, "float32"))
    return gankit.Batch(None, ops.convert_to_tensor(labels), scores=scores, heads=heads)


def test_losses_by_hand():
    # Beside "generated", whose logit is 0, logits of ln 1, ln 2, ln 3 are odds of 1 to 1 to 2 to 3:
    # an image is real with probability 6/7, and of the first class, if it is real, with 1/6.
    logits = np.log([[1.0, 2.0, 3.0]])
    terms = make_sgan().discriminator_losses(judged(logits, [0]), judged(logits, [-1]))
    np.testing.assert_allclose(terms["adversarial"], (np.log(7 / 6) + np.log(7)) / 2, rtol=1e-5)
    np.testing.assert_allclose(terms["class"], np.log(6), rtol=1e-5)


def test_images_without_a_label_cost_nothing():
    gan, logits = make_sgan(), [[0.0, 0.0, 0.0], [9.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    real = judged(logits, [1, -1, -1])
    np.testing.assert_allclose(gan.discriminator_losses(real, real)["class"], np.log(3), rtol=1e-6)
    assert gan.step_metrics(real, real)["class_accuracy"] == 0.0  # the first one's largest is 0
    none = judged(logits, [-1, -1, -1])
    assert gan.discriminator_losses(none, none)["class"] == 0.0


def test_the_generator_matches_mean_features():
    real = judged([[0.0] * 3] * 2, [0, 0], [[1.0, 2.0], [3.0, 2.0]])
    fake = judged([[0.0] * 3] * 2, [0, 0], [[0.0, 0.0], [0.0, 2.0]])
    terms = make_sgan().generator_losses(real, fake)
    assert list(terms) == ["features"]
    np.testing.assert_allclose(terms["features"], 2.0**2 + 1.0**2)


def test_scores_are_of_being_real():
    gan, images = make_sgan(), make_images(3)
    logits = np.array(gan.discriminator(images)[0])
    np.testing.assert_allclose(gan.score(images), np.log(np.exp(logits).sum(axis=1)), rtol=1e-5)


def test_two_labels_tell_dark_from_bright():
    keras.utils.set_random_seed(0)
    brightness = np.where(np.arange(80) % 2, 0.5, -0.5)
    images = make_images(80) / 4 + brightness[:, None, None, None].astype("float32")
    labels = np.full(80, -1)
    labels[:20] = np.arange(20) % 2
    gan = make_sgan()
    gan.fit(images, labels, batch_size=20, epochs=10, verbose=0)
    found = gan.classify(images)
    assert found.shape == (80, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (found.argmax(axis=1) == np.arange(80) % 2).mean() > 0.9
    whole = np.round((images * 0.5 + 0.5) * 255).clip(0, 255).astype("uint8")
    np.testing.assert_allclose(gan.classify(whole), gan.classify(whole / 127.5 - 1), atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "needs pairs of images and labels, -1 where an image has none"),
        (np.array([0, -2]), "0 or more, got -2"),
        (np.array([3, -1]), "below 3, the number of classes.*got 3"),
    ],
)
def test_bad_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        make_sgan().fit(make_images(2), labels, verbose=0)


def test_networks_that_do_not_fit():
    with pytest.raises(ValueError, match=r"logits of the classes.*shapes \[\(None, 1\)\]"):
        gankit.SGAN(*make_networks())


def test_images_that_do_not_fit():
    with pytest.raises(ValueError, match="the discriminator takes images"):
        make_sgan().classify(np.zeros((2, 9, *IMAGE_SHAPE[1:]), "float32"))
