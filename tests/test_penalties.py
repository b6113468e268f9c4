import keras
import numpy as np
import pytest
from helpers import make_dataset, make_gan, make_images

from gankit import penalties


def test_gradient_penalty_by_hand():
    # score = sum(w * x) has the slope |w| = 5 everywhere: 10 * (5 - 1)^2 = 160.
    slope = np.array([3.0, 4.0], "float32")
    real, fake = np.zeros((3, 2), "float32"), np.ones((3, 2), "float32")
    penalty = penalties.GradientPenalty()(
        lambda x: keras.ops.sum(x * slope, axis=1, keepdims=True), to_tensor(real), to_tensor(fake)
    )
    np.testing.assert_allclose(penalty, [160.0] * 3, rtol=1e-5)


def test_slopes_at_real_and_generated_images_by_hand():
    # score = x^2 / 2 has the slope x: |real|^2 = 25, |fake|^2 = 4.
    real, fake = to_tensor(np.array([[3.0, 4.0]])), to_tensor(np.array([[0.0, 2.0]]))

    def score_images(x):
        return keras.ops.sum(x**2, axis=1, keepdims=True) / 2

    np.testing.assert_allclose(penalties.R1(10.0)(score_images, real, fake), [10 / 2 * 25])
    np.testing.assert_allclose(penalties.R2(10.0)(score_images, real, fake), [10 / 2 * 4])
    both = penalties.R1(10.0) + penalties.R2(1.0)
    np.testing.assert_allclose(both(score_images, real, fake), [125 + 2])
    assert list(both.by_interval()) == [1]
    with pytest.raises(TypeError, match="unsupported operand"):
        penalties.R1() + 1
    with pytest.raises(ValueError, match="weight must be 0 or more, got -1"):
        penalties.R1(-1)


def test_slopes_of_several_scores_and_images_by_hand():
    # The scores a.x, three times, and b.y add up to one of the slopes 3a and b.
    a, b = np.array([1.0, 2.0], "float32"), np.array([2.0, 0.0, 1.0], "float32")
    images = {"x": to_tensor(np.zeros((4, 2))), "y": to_tensor(np.zeros((4, 3)))}

    def score_images(images):
        patches = keras.ops.tile(keras.ops.sum(images["x"] * a, axis=1)[:, None, None], (1, 3, 1))
        return [patches, keras.ops.sum(images["y"] * b, axis=1)[:, None]]

    values = penalties.R1(2.0)(score_images, images, None)
    np.testing.assert_allclose(values, np.full(4, 9 * 5 + 5))


def test_dragan_looks_around_real_images():
    seen = []

    def score_images(images):
        seen.append(np.array(images))
        return 2.0 * keras.ops.sum(images, axis=1)

    real = np.tile(np.array([-1.0, 1.0], "float32"), (500, 2))  # of standard deviation 1
    seed = keras.random.SeedGenerator(0)
    values = penalties.DRAGAN()(score_images, to_tensor(real), None, seed)
    # The slope is (2, 2, 2, 2), of length 4: 10 * (4 - 1)^2.
    np.testing.assert_allclose(values, np.full(500, 90.0), rtol=1e-5)
    noise = seen[0] - real
    assert 0 <= noise.min() < 0.01 < 0.4 < noise.max() <= 0.5
    # Uniform noise times a uniform number for each image: means 1/4, 1/2 * 1/2 of one half.
    np.testing.assert_allclose(noise.mean(), 0.125, atol=0.01)


def test_a_lazy_penalty_costs_the_same_on_average(tmp_path):
    lazy = penalties.R1(2.0, every=2)
    gan = make_gan(compile_options={"penalty": lazy, "run_eagerly": True})
    costs, computed = lazy.costs, []
    lazy.costs = lambda *arguments: computed.append(1) or costs(*arguments)
    gan.fit(make_dataset(), verbose=0)  # 4 steps
    assert len(computed) == 2
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert (loaded.penalty.weight, loaded.penalty.every) == (2.0, 2)
    gan = make_gan(compile_options={"penalty": lazy})
    logs = gan.fit(make_dataset(), verbose=0).history
    assert logs["discriminator_penalty"][0] > 0
    with pytest.raises(ValueError, match="every must be an integer"):
        penalties.R1(every=0)


def test_penalties_of_different_intervals():
    parts = [penalties.R1(2.0, every=4), penalties.R2(3.0, every=2), penalties.R2(1.0, every=4)]
    penalty = penalties.Sum(parts)
    gan = make_gan(compile_options={"penalty": penalty, "run_eagerly": True})
    computed = []
    for name, part in zip("abc", penalty.penalties, strict=True):
        costs = part.costs
        part.costs = lambda *given, costs=costs, name=name: computed.append(name) or costs(*given)
    gan.fit(make_dataset(), verbose=0)  # 4 steps
    assert computed == ["a", "c", "b", "b"]


def test_a_weight_may_follow_a_schedule():
    real = to_tensor(np.array([[3.0, 4.0]]))
    penalty = penalties.R1(lambda step: 1.0 + step)

    def score_images(x):
        return keras.ops.sum(x**2, axis=1) / 2

    np.testing.assert_allclose(penalty(score_images, real, real), [12.5])
    np.testing.assert_allclose(penalty(score_images, real, real, step=3), [50.0])
    decay = keras.optimizers.schedules.PolynomialDecay(2.0, 2, 0.0)
    gan = make_gan(compile_options={"penalty": penalties.R1(decay), "run_eagerly": True})
    history = [
        gan.train_on_batch(make_images(8), return_dict=True)["discriminator_penalty"]
        for _ in range(2)
    ]
    gan.reset_metrics()
    history.append(gan.train_on_batch(make_images(8), return_dict=True)["discriminator_penalty"])
    assert history[0] > 0
    assert history[2] == 0
    assert penalties.R1.from_config(penalties.R1(decay).get_config()).weight.decay_steps == 2


def test_names():
    assert type(penalties.get("r1")) is penalties.R1
    with pytest.raises(ValueError, match=r"no penalty 'dragon'.* Did you mean 'dragan'"):
        penalties.get("dragon")


def test_a_sum_is_saved(tmp_path):
    both = penalties.R1(3.0) + penalties.R2(4.0)
    gan = make_gan(compile_options={"loss": "relativistic", "penalty": both})
    gan.fit(make_dataset(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras").penalty
    assert [type(part).__name__ for part in loaded.penalties] == ["R1", "R2"]
    assert [part.weight for part in loaded.penalties] == [3.0, 4.0]


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
    gan.save(tmp_path / "gan.keras")
    assert keras.models.load_model(tmp_path / "gan.keras").penalty.weight == 5.0


def test_not_a_penalty():
    with pytest.raises(TypeError, match="penalty must be one of the names"):
        make_gan(compile_options={"penalty": 10.0})


def to_tensor(array):
    return keras.ops.convert_to_tensor(array)
