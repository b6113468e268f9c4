import keras
import numpy as np
import pytest
from helpers import make_dataset, make_gan

from gankit import penalties


def test_gradient_penalty_by_hand():
    # score = sum(w * x) has the slope |w| = 5 everywhere: 10 * (5 - 1)^2 = 160.
    slope = np.array([3.0, 4.0], "float32")
    real, fake = np.zeros((3, 2), "float32"), np.ones((3, 2), "float32")
    penalty = penalties.GradientPenalty()(
        lambda x: keras.ops.sum(x * slope, axis=1, keepdims=True), to_tensor(real), to_tensor(fake)
    )
    np.testing.assert_allclose(penalty, [160.0] * 3, rtol=1e-5)


def test_gradient_penalty_looks_between_real_and_fake_once_per_image():
    seen = []

    def score_images(images):
        seen.append(np.array(images))
        return keras.ops.sum(images, axis=(1, 2, 3))

    real, fake = np.zeros((64, 2, 2, 1), "float32"), np.ones((64, 2, 2, 1), "float32")
    penalties.GradientPenalty()(score_images, to_tensor(real), to_tensor(fake), seed=0)
    mixing = seen[0].reshape(64, 4)
    np.testing.assert_array_equal(mixing, mixing[:, :1].repeat(4, axis=1))
    assert 0 <= mixing.min() < 0.1 < 0.9 < mixing.max() <= 1


def test_finite_where_the_slope_is_zero():
    images = keras.Variable(np.zeros((2, 3), "float32"))
    value = penalties.GradientPenalty(weight=2.0)(lambda x: 0.0 * x, images + 0.0, images + 0.0)
    np.testing.assert_allclose(value, [2.0, 2.0], rtol=1e-4)


def test_trains_and_is_logged_and_saved(tmp_path):
    gan = make_gan(
        compile_options={"loss": "wasserstein", "penalty": penalties.GradientPenalty(5.0)}
    )
    logs = gan.fit(make_dataset(), epochs=1, verbose=0).history
    assert np.isfinite(logs["discriminator_penalty"][0])
    assert "real_accuracy" not in logs
    gan.save(tmp_path / "gan.keras")
    assert keras.models.load_model(tmp_path / "gan.keras").penalty.weight == 5.0


def test_not_a_penalty():
    with pytest.raises(TypeError, match="penalty must be None or an instance"):
        make_gan(compile_options={"penalty": 10.0})


def to_tensor(array):
    return keras.ops.convert_to_tensor(array)
