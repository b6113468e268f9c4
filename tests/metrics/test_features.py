"""From images to features, whatever form the images have."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import make_images

from gankit import data, metrics
from gankit.metrics.features import fingerprint


def make_extractor(shape=(8, 8, 1), classes=3, seed=0):
    """Returns a small convolutional network with features and probabilities."""
    keras.utils.set_random_seed(seed)
    images = keras.Input(shape)
    x = keras.layers.Conv2D(4, 3, activation="relu")(images)
    x = keras.layers.Flatten()(keras.layers.MaxPooling2D()(x)) if None not in shape else x
    if not classes:
        return keras.Model(images, x, name="small")
    return keras.Model(images, [x, keras.layers.Dense(classes, "softmax")(x)], name="small")


IMAGES = make_images(25)


def by_hand(extractor, images):
    return [np.array(output) for output in extractor(images)]


def assert_same(features, expected):
    np.testing.assert_allclose(features.values, expected[0], atol=1e-5)
    np.testing.assert_allclose(features.probabilities, expected[1], atol=1e-5)


def test_arrays_datasets_and_batches_give_the_same():
    extractor = make_extractor()
    expected = by_hand(extractor, IMAGES)
    labels = np.arange(25)
    bytes_ = np.round((IMAGES + 1) * 127.5).astype("uint8")
    dataset = tf.data.Dataset.from_tensor_slices(IMAGES)
    for images in (
        IMAGES,
        tf.constant(IMAGES),
        dataset.batch(10),
        tf.data.Dataset.from_tensor_slices((IMAGES, labels)).batch(7),
        data.from_arrays(IMAGES, labels, batch_size=5, shuffle=False),
        (IMAGES[start : start + 4] for start in range(0, 25, 4)),
        [IMAGES[:20], IMAGES[20:]],
    ):
        assert_same(metrics.extract(images, extractor, verbose=0), expected)
    assert_same(
        metrics.extract(bytes_, extractor, verbose=0),
        by_hand(extractor, bytes_.astype("float32") / 127.5 - 1),
    )


@pytest.mark.parametrize("batch_size", [1, 3, 25, 1000])
def test_the_batch_size_changes_nothing(batch_size):
    extractor = make_extractor()
    features = metrics.extract(IMAGES, extractor, batch_size=batch_size, verbose=0)
    assert_same(features, by_hand(extractor, IMAGES))
    fid = metrics.frechet_distance(features.values[:, :3], features.values[:, 3:6])
    whole = metrics.extract(IMAGES, extractor, verbose=0)
    expected = metrics.frechet_distance(whole.values[:, :3], whole.values[:, 3:6])
    np.testing.assert_allclose(fid, expected, rtol=1e-6)


def test_a_number_of_images():
    extractor = make_extractor()
    endless = tf.data.Dataset.from_tensor_slices(IMAGES).repeat().batch(10)
    features = metrics.extract(endless, extractor, num_images=32, verbose=0)
    expected = by_hand(extractor, np.concatenate([IMAGES, IMAGES[:7]]))
    assert_same(features, expected)
    with pytest.raises(ValueError, match="no end: say how many"):
        metrics.extract(endless, extractor, verbose=0)
    with pytest.raises(ValueError, match="Only 25 images were given, but 26 are needed"):
        metrics.extract(IMAGES, extractor, num_images=26, verbose=0)
    with pytest.raises(ValueError, match="num_images must be an integer of at least 1"):
        metrics.extract(IMAGES, extractor, num_images=0, verbose=0)
    with pytest.raises(ValueError, match="No images were given"):
        metrics.extract(IMAGES[:0], extractor, verbose=0)


def test_images_are_resized_and_made_colourful():
    extractor = make_extractor((16, 16, 3))
    features = metrics.extract(IMAGES, extractor, verbose=0)
    large = keras.ops.image.resize(np.repeat(IMAGES, 3, axis=-1), (16, 16), antialias=True)
    assert_same(features, by_hand(extractor, large))
    # Shrinking is antialiased: stripes of one pixel become grey.
    stripes = np.tile(np.array([-1.0, 1.0], "float32"), 32).reshape(1, 1, 64, 1).repeat(64, axis=1)
    inputs = keras.Input((8, 8, 1))
    pixels = keras.Model(inputs, keras.layers.Identity()(inputs))
    assert np.abs(metrics.extract(stripes, pixels, verbose=0).values).max() < 0.2


def test_extractors_of_any_size_and_without_classes():
    anywhere = make_extractor((None, None, 1), classes=0)
    features = metrics.extract(IMAGES, anywhere, verbose=0)
    assert features.values.shape == (25, 6 * 6 * 4)  # a map of features is flattened
    with pytest.raises(ValueError, match="no probabilities: take an extractor"):
        _ = features.classes
    with pytest.raises(ValueError, match="no probabilities"):
        metrics.inception_score(IMAGES, extractor=anywhere)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[0], r"shape \(n, height, width, channels\), got \(8, 8, 1\)"),
        (np.full((4, 8, 8, 1), np.nan, "float32"), "finite, but 4 of 4 hold NaN"),
        (IMAGES * 255, r"lie in \[-1, 1\]"),
        (IMAGES.astype("int32"), "uint8 or floats.*int32"),
        (np.zeros((4, 8, 8, 3), "float32"), "takes images of 1 channels, got 3"),
    ],
)
def test_bad_images(images, message):
    with pytest.raises(ValueError, match=message):
        metrics.extract(images, make_extractor(), verbose=0)


@pytest.mark.parametrize(
    "extractor", [lambda images: images, keras.Sequential([keras.Input((5,)), keras.layers.ReLU()])]
)
def test_bad_extractors(extractor):
    with pytest.raises(TypeError, match=r"An extractor is a keras.Model with one input, images"):
        metrics.extract(IMAGES, extractor, verbose=0)


def test_features_in_a_file(tmp_path):
    extractor, file = make_extractor(), tmp_path / "new" / "real.npz"
    features = metrics.extract(IMAGES, extractor, file=file, verbose=0)
    assert [path.name for path in file.parent.iterdir()] == ["real.npz"]

    def never():
        raise AssertionError("the file has them")
        yield

    again = metrics.extract(never(), extractor, file=file)
    np.testing.assert_array_equal(again.values, features.values)
    np.testing.assert_array_equal(again.probabilities, features.probabilities)
    with pytest.raises(ValueError, match=r"25 images by the extractor 'small .*Give another file"):
        metrics.extract(IMAGES, extractor, num_images=20, file=file)
    other = make_extractor(seed=1)  # the same layers and names, but other weights
    assert fingerprint(other) != fingerprint(extractor)
    with pytest.raises(ValueError, match="Give another file"):
        metrics.extract(IMAGES, other, file=file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"can't be read as features.*Delete it"):
        metrics.extract(IMAGES, extractor, file=file)


def test_nothing_half_done_is_left_in_a_file(tmp_path):
    def fails():
        yield IMAGES
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="disk"):
        metrics.extract(fails(), make_extractor(), file=tmp_path / "real.npz", verbose=0)
    assert not [*tmp_path.iterdir()]


def test_metrics_take_images_features_and_arrays():
    extractor, fakes = make_extractor(), make_images(30, seed=1)
    real, fake = (metrics.extract(images, extractor, verbose=0) for images in (IMAGES, fakes))
    for metric in (
        metrics.kernel_distance,
        metrics.precision_recall,
        metrics.density_coverage,
        metrics.relative_spread,
    ):
        expected = metric(real.values, fake.values)
        assert metric(real, fake) == expected
        np.testing.assert_allclose(metric(IMAGES, fakes, extractor=extractor), expected, atol=1e-5)
    score = metrics.inception_score(fake.probabilities)
    assert metrics.inception_score(fake) == score
    np.testing.assert_allclose(metrics.inception_score(fakes, extractor=extractor), score)
    few = make_extractor((8, 8, 1))
    few = keras.Model(few.input, few.outputs[1])  # three features only
    expected = metrics.frechet_distance(real.probabilities, fake.probabilities)
    distance = metrics.frechet_distance(IMAGES, fakes, extractor=few)
    np.testing.assert_allclose(distance, expected, rtol=1e-4, atol=1e-7)


def test_several_metrics_by_name():
    real = metrics.Features(np.random.default_rng(0).normal(size=(50, 4)), np.eye(3)[[0, 1] * 25])
    fake = metrics.Features(
        real.values + 1, np.eye(3)[[0, 1, 1, 1, 2] * 10], np.array([0, 1, 1, 1, 0] * 10)
    )

    def distance_of_means(real, fake):
        return np.abs(real.values.mean(0) - fake.values.mean(0)).max()

    names = [*metrics.by_name.NAMES, distance_of_means]
    values = metrics.measure(real, fake, names)
    assert set(values) == {
        *("fid", "kid", "inception_score", "inception_score_std", "precision", "recall"),
        *("density", "coverage", "spread", "modes", "class_divergence", "class_accuracy"),
        "distance_of_means",
    }
    np.testing.assert_allclose(values["fid"], 4)
    np.testing.assert_allclose(values["distance_of_means"], 1)
    np.testing.assert_allclose(values["spread"], 1)
    assert (values["modes"], values["class_accuracy"]) == (3, 0.8)
    assert values["class_divergence"] == np.inf  # real images never show the third class
    with pytest.raises(ValueError, match=r"no metric 'fidd'.*Did you mean 'fid'"):
        metrics.measure(real, fake, ["fidd"])
    assert metrics.measure(real, fake, "spread") == metrics.measure(real, fake, ["spread"])
    with pytest.raises(ValueError, match="which class each image was asked"):
        metrics.measure(real, real, ["class_accuracy"])


def test_relative_spread_by_hand():
    real = np.array([[0.0, 0], [2, 0], [0, 4], [2, 4]])  # variances 1 and 4
    assert metrics.relative_spread(real, real + 7) == 1
    assert metrics.relative_spread(real, real / 2) == 0.5
    assert metrics.relative_spread(real, real[:1].repeat(5, axis=0)) == 0
    with pytest.raises(ValueError, match="4 real images are all the same"):
        metrics.relative_spread(real * 0, real)
