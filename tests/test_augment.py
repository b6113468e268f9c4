"""What the discriminator sees, image by image."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import make_dataset, make_gan

from gankit import Batch
from gankit.augment import ADA, DiffAugment, Diffusion
from gankit.augment.diff_augment import places


def changed(policy, images, probability=1.0):
    layer = DiffAugment(policy, probability)
    layer.seed_generator = keras.random.SeedGenerator(0)
    return np.array(layer(images, training=True))


def test_shifts_by_hand():
    row = np.array([0.0, 1, 2, 3, 4, 0])  # four pixels, and a zero at each end
    index = places(keras.ops.convert_to_tensor([[1.0], [-2.0], [9.0]]), 4)
    np.testing.assert_array_equal(row[index], [[0, 1, 2, 3], [3, 4, 0, 0], [0, 0, 0, 0]])


def test_translation_moves_rows_and_columns_of_each_image():
    images = np.arange(2 * 8 * 8 * 2, dtype="float32").reshape(2, 8, 8, 2) + 1
    layer = DiffAugment(["translation"])
    shifts = iter([[[1.0], [0.0]], [[-1.0], [1.0]]])  # rows, then columns
    layer.shifts = lambda images, most: keras.ops.convert_to_tensor(next(shifts))
    expected = np.zeros_like(images)
    expected[0, 1:, :-1] = images[0, :-1, 1:]
    expected[1, :, 1:] = images[1, :, :-1]
    np.testing.assert_array_equal(layer(images), expected)


def test_translation_moves_by_up_to_an_eighth():
    images = np.zeros((400, 16, 16, 1), "float32")
    images[:, 8, 8] = 1.0
    _, rows, columns, _ = np.nonzero(changed(["translation"], images))
    for line in (rows, columns):
        assert set(line) == {6, 7, 8, 9, 10}
        np.testing.assert_allclose(np.bincount(line)[6:], [80] * 5, atol=35)


def test_cutout_leaves_out_a_square_of_half_the_size():
    images = changed(["cutout"], np.ones((300, 8, 8, 2), "float32"))
    assert set(np.unique(images)) == {0.0, 1.0}
    lost = (images[..., 0] == 0).sum(axis=(1, 2))
    assert lost.max() == 16
    assert 4 <= lost.min() < 16  # in part outside
    np.testing.assert_array_equal(images[..., 0], images[..., 1])


def test_color_changes_what_it_says():
    images = np.random.default_rng(0).uniform(-1, 1, (200, 4, 4, 3)).astype("float32")
    new = changed(["color"], images)
    shifts = new.mean(axis=(1, 2, 3)) - images.mean(axis=(1, 2, 3))
    assert -0.5 <= shifts.min() < -0.4 < 0.4 < shifts.max() <= 0.5
    grey = np.repeat(images.mean(axis=-1, keepdims=True), 3, axis=-1)
    contrast = changed(["color"], grey).std(axis=(1, 2, 3)) / grey.std(axis=(1, 2, 3))
    assert 0.5 <= contrast.min() < 0.6 < 1.4 < contrast.max() <= 1.5 + 1e-5


def test_a_share_of_images_is_changed():
    images = np.ones((1000, 4, 4, 1), "float32")
    new = changed(["color"], images, probability=0.3)
    different = (new != images).any(axis=(1, 2, 3))
    np.testing.assert_allclose(different.mean(), 0.3, atol=0.05)
    np.testing.assert_array_equal(changed(["color"], images, probability=0.0), images)
    layer = DiffAugment()
    np.testing.assert_array_equal(layer(images, training=False), images)


def test_gradients_flow():
    images = tf.random.normal((4, 8, 8, 3))
    layer = DiffAugment()
    with tf.GradientTape() as tape:
        tape.watch(images)
        cost = tf.reduce_sum(layer(images, training=True) ** 2)
    gradient = np.array(tape.gradient(cost, images))
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).sum(axis=(1, 2, 3)) > 0).all()


def test_ada_follows_the_scores():
    layer = ADA(images_to_one=100, target=0.5)
    layer.adapt(keras.ops.ones((10, 1), "bool"))
    np.testing.assert_allclose(layer.probability, 0.1)
    layer.adapt(keras.ops.ones((10, 1), "bool"))
    layer.adapt(keras.ops.zeros((5, 1), "bool"))
    np.testing.assert_allclose(layer.probability, 0.15)
    for _ in range(20):
        layer.adapt(keras.ops.ones((10, 1), "bool"))
    np.testing.assert_allclose(layer.probability, 1.0)
    for _ in range(30):
        layer.adapt(keras.ops.zeros((10, 1), "bool"))
    np.testing.assert_allclose(layer.probability, 0.0)


def test_ada_asks_the_loss_which_scores_are_right():
    options = {"loss": "least_squares", "run_eagerly": True}
    gan = make_gan(augment=ADA(images_to_one=16, target=-0.5), compile_options=options)
    gan.augment.probability.assign(0.5)
    real, fake = (Batch(None, scores=np.full((8, 1), score, "float32")) for score in (0.3, 0.0))
    gan.after_step(real, fake)  # above 0, but below one half: taken for generated
    np.testing.assert_allclose(gan.augment.probability, 0.0)


ADAPTED = {"images_to_one": 100, "target": -0.99}


@pytest.mark.parametrize(
    "augment", [DiffAugment(["color"]), ADA(["color", "noise"], **ADAPTED), Diffusion(**ADAPTED)]
)
def test_trains_and_is_saved(augment, tmp_path):
    gan = make_gan(augment=augment)
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert type(loaded.augment) is type(augment)
    if not isinstance(augment, Diffusion):
        assert loaded.augment.policy == augment.policy
    assert float(loaded.augment.probability) == float(augment.probability) > 0


def test_diffusion_keeps_half_and_adds_noise_to_the_others():
    layer = Diffusion(steps=1000, first_steps=1, deviation=0.5)
    layer.seed_generator = keras.random.SeedGenerator(0)
    ones = np.ones((400, 8, 8, 1), "float32")
    new = np.array(layer(ones))
    noisy = (new != 1).any(axis=(1, 2, 3))
    np.testing.assert_allclose(noisy.mean(), 0.5, atol=0.07)
    # One step of b = 1e-4: a = 0.9999.
    np.testing.assert_allclose(new[noisy].mean(), 0.9999**0.5, atol=1e-3)
    np.testing.assert_allclose(new[noisy].std(), 0.5 * 1e-4**0.5, rtol=0.02)
    layer.probability.assign(1.0)
    new = np.array(layer(ones))
    means = new.mean(axis=(1, 2, 3))
    assert means.min() < 0.2  # of all thousand steps hardly anything is left
    # Late steps are likelier: half of the noisy ones have passed 707 of the 1,000.
    late = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))[706] ** 0.5
    np.testing.assert_allclose((means[noisy_rows(means)] < late).mean(), 0.5, atol=0.1)
    np.testing.assert_array_equal(layer(ones, training=False), ones)


def noisy_rows(means):
    return np.abs(means - 1) > 1e-6


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"There is no change 'rotate'.* Did you mean 'rotation'"):
        ADA(["rotate"])
    with pytest.raises(ValueError, match="policy must be a list"):
        ADA("color")
    with pytest.raises(ValueError, match="Colours change in images of 1 or 3 channels"):
        ADA()(np.zeros((2, 8, 8, 4), "float32"))
    with pytest.raises(ValueError, match="steps=3 must be at least first_steps=5"):
        Diffusion(steps=3)
    with pytest.raises(ValueError, match="deviation must be positive"):
        Diffusion(deviation=0)
    with pytest.raises(ValueError, match="policy must be a list"):
        DiffAugment(["colour"])
    with pytest.raises(ValueError, match="policy must be a list"):
        DiffAugment("color")
    with pytest.raises(ValueError, match="probability must lie"):
        DiffAugment(probability=2)
    with pytest.raises(ValueError, match="target must lie"):
        ADA(target=1)
    with pytest.raises(ValueError, match="images_to_one must be positive"):
        ADA(images_to_one=0)
    with pytest.raises(ValueError, match=r"\(batch, height, width, channels\), got .*8, 8, 8"):
        DiffAugment()(np.zeros((2, 8, 8, 8, 1), "float32"))
