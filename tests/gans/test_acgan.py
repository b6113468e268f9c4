import keras
import numpy as np
import pytest
from helpers import (
    IMAGE_SHAPE,
    NUM_CLASSES,
    make_images,
    make_networks,
    make_networks_of_classes,
)

import gankit
from gankit import data
from gankit.training import heads


def make_acgan(**options):
    gan = gankit.ACGAN(*make_networks_of_classes(), seed=0)
    gan.compile(**{"penalty": None} | options)
    return gan


def make_dataset(labels=None):
    labels = np.arange(24) % NUM_CLASSES if labels is None else labels
    return data.from_arrays(make_images(24, IMAGE_SHAPE), labels, batch_size=6)


def batch_with_logits(logits, labels):
    scores = np.zeros((len(labels), 1), "float32")
    return gankit.Batch(None, np.array(labels), scores=scores, heads=(np.array(logits, "float32"),))


def test_class_loss_by_hand():
    # Logits (ln 2, 0, 0) are probabilities of 1/2, 1/4, 1/4.
    batch = batch_with_logits([[np.log(2), 0, 0]] * 2, [0, 1])
    gan = make_acgan()
    np.testing.assert_allclose(gan.class_loss(batch), (np.log(2) + np.log(4)) / 2, rtol=1e-6)
    np.testing.assert_allclose(heads.class_accuracy(*batch.heads, batch.condition), 0.5)


def test_terms_by_hand():
    real = batch_with_logits([[0, 0, 0]], [2])
    fake = batch_with_logits([[0, 100, 0]], [1])
    gan = make_acgan()
    terms = gan.discriminator_losses(real, fake)
    np.testing.assert_allclose(terms["adversarial"], np.log(2), rtol=1e-6)
    np.testing.assert_allclose(terms["class"], np.log(3) / 2, rtol=1e-6)
    terms = gan.generator_losses(real, fake)
    np.testing.assert_allclose(terms["class"], 0, atol=1e-6)
    np.testing.assert_allclose(gan.step_metrics(real, fake)["class_accuracy"], 0.5)


def test_logs_its_terms_and_shares():
    history = make_acgan().fit(make_dataset(), verbose=0).history
    assert set(history) == {
        "discriminator_loss",
        "discriminator_adversarial",
        "discriminator_class",
        "generator_loss",
        "generator_adversarial",
        "generator_class",
        "real_accuracy",
        "fake_accuracy",
        "class_accuracy",
    }


def test_the_generator_is_told_the_classes_of_the_real_batch():
    gan = make_acgan(run_eagerly=True)
    told = []
    make = gan.make

    def watched(real):
        real, fake = make(real)
        told.append((np.array(real.condition), np.array(fake.condition)))
        return real, fake

    gan.make = watched
    gan.train_on_batch(make_images(3), np.array([[2], [0], [1]]))  # a column of labels will do
    np.testing.assert_array_equal(told, [([2, 0, 1], [2, 0, 1])])


def test_generates_the_class_that_is_asked_for():
    # Real images of class c are flat, of brightness c / 2 - 0.5: after training, so are the fakes.
    keras.utils.set_random_seed(3)
    labels = np.arange(240) % NUM_CLASSES
    images = np.broadcast_to((labels / 2 - 0.5)[:, None, None, None], (240, *IMAGE_SHAPE))
    gan = make_acgan(generator_optimizer=keras.optimizers.Adam(0.005, beta_1=0.5))
    dataset = data.from_arrays(images.astype("float32"), labels, batch_size=24)
    gan.fit(dataset, epochs=20, verbose=0)
    means = [gan.generate(condition=[c] * 16, seed=0).mean() for c in range(NUM_CLASSES)]
    assert means[0] < means[1] - 0.2 < means[2] - 0.4, means


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (np.full(6, 3), ValueError, "below 3.*got 3"),
        (np.full(6, -1), ValueError, "0 or more"),
        (np.full(6, 0.5, "float32"), TypeError, r"integers of shape \(batch,\), got float32"),
        (np.eye(3, dtype="int32")[[0, 1, 2, 0, 1, 2]], ValueError, "one-hot, pass labels"),
        (None, ValueError, "takes a condition, but the data holds images only"),
    ],
)
def test_bad_labels(labels, error, message):
    with pytest.raises(error, match=message):
        make_acgan().fit(make_images(6), labels, verbose=0)


def test_networks_that_do_not_fit():
    generator, discriminator = make_networks()
    with pytest.raises(ValueError, match=r"needs 1 input for condition, but has \['latents'\]"):
        gankit.ACGAN(generator, make_networks_of_classes()[1])
    with pytest.raises(ValueError, match=r"two outputs.*got outputs of the shapes \[\(None, 1\)\]"):
        gankit.ACGAN(make_networks_of_classes()[0], discriminator)


def test_networks_that_do_not_agree():
    with pytest.raises(ValueError, match="takes 5 classes, but the discriminator tells 3 apart"):
        gankit.ACGAN(make_networks_of_classes(5)[0], make_networks_of_classes(3)[1])
    generator, discriminator = make_networks_of_classes()
    condition = keras.Input((), dtype="int32", name="condition")
    told = keras.Model([discriminator.input, condition], discriminator.output)
    with pytest.raises(ValueError, match="discriminator of this GAN needs 0 inputs for condition"):
        gankit.ACGAN(generator, told)


class OnePassACGAN(gankit.OnePassGAN, gankit.ACGAN):
    """Two variants in one."""


def test_one_pass_gives_each_batch_its_own_heads():
    networks = make_networks_of_classes()
    real = gankit.Batch(make_images(4), np.array([0, 1, 2, 0]))
    fake = gankit.Batch(make_images(2, seed=1), np.array([2, 1]))
    pairs = [
        variant(*networks).discriminate_pair(real, fake) for variant in (gankit.ACGAN, OnePassACGAN)
    ]
    for two_passes, one_pass in zip(*pairs, strict=True):
        np.testing.assert_allclose(two_passes.scores, one_pass.scores, atol=1e-6)
        np.testing.assert_allclose(two_passes.heads[0], one_pass.heads[0], atol=1e-6)


def test_trains_with_a_penalty():
    history = make_acgan(penalty=gankit.penalties.GradientPenalty(1)).fit(make_dataset(), verbose=0)
    assert np.isfinite([*history.history.values()]).all()
    assert history.history["discriminator_penalty"][0] > 0


def test_outputs_may_have_names():
    generator, discriminator = make_networks_of_classes()
    scores, classes = discriminator.outputs
    named = keras.Model(discriminator.inputs, {"scores": scores, "classes": classes})
    gan = gankit.ACGAN(generator, named)
    gan.compile()
    assert gan.num_classes == NUM_CLASSES
    gan.fit(make_dataset(), verbose=0)
    assert gan.generate_best(3, out_of=6, condition=[0, 1, 2]).shape == (3, *IMAGE_SHAPE)
