"""The networks that take the features, on real digits."""

import keras
import numpy as np
import pytest
from helpers import shared_data

import gankit
from gankit import architectures, data, metrics
from gankit.metrics import extractors


def test_the_embedded_classifier_knows_digits():
    images, labels = data.sample_digits()
    features = metrics.extract(images[:1000], extractors.digits(), verbose=0)
    assert features.values.shape == (1000, 576)
    np.testing.assert_allclose(features.probabilities.sum(axis=1), 1, atol=1e-5)
    assert metrics.class_accuracy(features.classes, labels[:1000]) > 0.992
    assert extractors.DIGIT_CLASSIFIER.stat().st_size < 500_000


def test_the_embedded_classifier_on_digits_that_it_was_not_trained_on():
    images, labels = data.load_mnist(shared_data("mnist"), "test")
    features = metrics.extract(images, extractors.digits(), verbose=0)
    assert len(images) == 10_000
    assert metrics.class_accuracy(features.classes, labels) >= 0.992


def test_the_embedded_classifier_in_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    images = data.sample_digits()[0][:10]
    half = metrics.extract(images, extractors.digits(), verbose=0)
    keras.config.set_dtype_policy("float32")
    full = metrics.extract(images, extractors.digits(), verbose=0)
    np.testing.assert_allclose(half.values, full.values, atol=1e-5)


def stack(digits, labels, rows):
    """Returns colour images of three digits each, and their classes."""
    channels = [digits[row, :, :, 0] for row in rows]
    red, green, blue = (labels[row] for row in rows)
    return np.stack(channels, axis=-1), 100 * red + 10 * green + blue


def test_modes_of_stacked_digits():
    digits, labels = data.sample_digits()
    rows = np.random.default_rng(0).integers(0, len(digits), (3, 6000))
    images, classes = stack(digits, labels, rows)
    found = metrics.extract(images, extractors.stacked_digits(), verbose=0)
    assert found.values.shape == (6000, 3 * 576)
    assert metrics.class_accuracy(found.classes, classes) > 0.98
    whole = metrics.mode_coverage(found.classes, 1000)
    assert whole.modes > 990  # 997.5 are expected of 6,000 draws
    assert whole.divergence < 0.15
    only_threes = found.classes[classes // 100 == 3]
    lost = metrics.mode_coverage(only_threes, 1000)
    assert 95 < lost.modes < 130
    assert lost.divergence > 2  # ln 10 is 2.3


def test_inception_without_its_weights():
    features = metrics.extract(data.sample_digits()[0][:2], extractors.inception(None), verbose=0)
    assert features.values.shape == (2, 2048)
    assert features.probabilities.shape == (2, 1000)


def test_better_images_have_smaller_distances():
    """Held-out digits, a DCGAN's later and earlier ones, and noise."""
    digits, _ = data.sample_digits()
    extractor = extractors.digits()
    real = metrics.extract(digits[:4000], extractor, verbose=0)
    gan = gankit.GAN(
        architectures.dcgan.build_generator((28, 28, 1), filters=8),
        architectures.dcgan.build_discriminator((28, 28, 1), filters=8, dropout=0.0),
        seed=0,
    )
    gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)))
    dataset = data.from_arrays(digits[:4000], batch_size=64)
    noise = np.random.default_rng(0).uniform(-1, 1, (1000, 28, 28, 1)).astype("float32")
    gan.fit(dataset, verbose=0)
    early = gan.generate(1000, seed=0)
    gan.fit(dataset, epochs=5, verbose=0)
    fids, kids = [], []
    for images in (digits[4000:], gan.generate(1000, seed=0), early, noise):
        fake = metrics.extract(images, extractor, verbose=0)
        fids.append(metrics.frechet_distance(real, fake))
        kids.append(metrics.kernel_distance(real, fake, subsets=10).mean)
    assert fids == sorted(set(fids)), fids
    assert kids == sorted(set(kids)), kids


def test_weights_that_can_t_be_downloaded(monkeypatch):
    def fail(weights):
        raise Exception("URL fetch failure on https://...: None -- Name or service not known")

    monkeypatch.setattr(keras.applications, "InceptionV3", fail)
    with pytest.raises(OSError, match=r"can't be downloaded.*Give another extractor"):
        extractors.inception()
