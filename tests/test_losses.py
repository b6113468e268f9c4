"""Losses against numbers computed by hand.

For scores real = 2, fake = -1 (logits):
    softplus(-2) = ln(1 + e^-2) = 0.126928011     softplus(-1) = ln(1 + e^-1) = 0.313261688
    softplus( 2) = 2.126928011                    softplus( 1) = 1.313261688
Cross-entropy of logit s against target t is softplus(s) - t * s.
"""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit import losses

GOLDEN = [
    # loss, discriminator(2, -1), generator(-1)
    ("non_saturating", (0.126928011 + 0.313261688) / 2, 1.313261688),
    ("minimax", (0.126928011 + 0.313261688) / 2, -0.313261688),
    ("least_squares", (1 + 1) / 2, 2.0),
    ("hinge", 0.0 + 0.0, 1.0),
    ("wasserstein", -3.0, 1.0),
    # target of real 0.9: 2.126928011 - 0.9 * 2 = 0.326928011
    (losses.NonSaturating(label_smoothing=0.1), (0.326928011 + 0.313261688) / 2, 1.313261688),
    (losses.Minimax(label_smoothing=0.1), (0.326928011 + 0.313261688) / 2, -0.313261688),
]


GOLDEN += [
    # max(0, 3 - 1) - 2, and the margin is passed: 0 - 2
    (losses.EnergyMargin(3.0), 0.0, 1.0),
    (losses.EnergyMargin(0.5), -2.0, 1.0),
]


def test_relativistic_compares_pairs():
    # softplus(-1 - 2) = ln(1 + e^-3), softplus(2 + 1) = ln(1 + e^3)
    loss, real, fake = losses.get("relativistic"), np.full((3, 1), 2.0), np.full((3, 1), -1.0)
    np.testing.assert_allclose(loss.discriminator(real, fake), np.full((3, 1), 0.048587352), 1e-6)
    np.testing.assert_allclose(loss.generator(fake, real), np.full((3, 1), 3.048587352), 1e-6)
    assert loss.needs_real


@pytest.mark.parametrize(("loss", "discriminator", "generator"), GOLDEN)
@pytest.mark.parametrize("shape", [(3, 1), (3, 4, 5, 1)], ids=["flat", "patches"])
def test_golden_values(loss, discriminator, generator, shape):
    loss = losses.get(loss)
    real, fake = np.full(shape, 2.0, "float32"), np.full(shape, -1.0, "float32")
    np.testing.assert_allclose(loss.discriminator(real, fake), np.full(shape, discriminator), 1e-6)
    np.testing.assert_allclose(loss.generator(fake), np.full(shape, generator), 1e-6)


def test_hinge_within_the_margin():
    # max(0, 1 - 0.25) + max(0, 1 + 0.5)
    np.testing.assert_allclose(
        losses.Hinge().discriminator(np.array([0.25]), np.array([0.5])), 2.25
    )


def test_hinge_with_noisy_margins_by_hand():
    real, fake = np.full((3, 1), 0.25, "float32"), np.full((3, 1), 0.5, "float32")
    noise = np.array(keras.random.uniform((2, 3, 1), seed=1))
    expected = (1 - 0.2 * noise[0] - 0.25) + (1 - 0.2 * noise[1] + 0.5)
    loss = losses.Hinge(margin_noise=0.2)
    np.testing.assert_allclose(loss.discriminator(real, fake, seed=1), expected, rtol=1e-6)
    assert np.ptp(expected) > 0
    np.testing.assert_array_equal(loss.generator(fake), -fake)
    with pytest.raises(ValueError, match="margin_noise"):
        losses.Hinge(margin_noise=1.0)


@pytest.mark.parametrize("name", ["non_saturating", "minimax"])
def test_cross_entropies_start_at_ln_2(name):
    zeros = np.zeros((2, 1), "float32")
    np.testing.assert_allclose(losses.get(name).discriminator(zeros, zeros), np.log(2), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "real", "fake", "expected"),
    [
        ("non_saturating", [3.0, -1.0], [-2.0, 0.5], ([3.0, -1.0], [2.0, -0.5])),
        ("minimax", [3.0, -1.0], [-2.0, 0.5], ([3.0, -1.0], [2.0, -0.5])),
        ("hinge", [3.0, -1.0], [-2.0, 0.5], ([3.0, -1.0], [2.0, -0.5])),
        ("least_squares", [0.75, 0.25], [0.25, 1.0], ([0.25, -0.25], [0.25, -0.5])),
        ("wasserstein", [3.0, -1.0], [-2.0, 0.5], ([5.0, -1.5], [5.0, -1.5])),
        ("relativistic", [3.0, -1.0], [-2.0, 0.5], ([5.0, -1.5], [5.0, -1.5])),
    ],
)
def test_margins(name, real, fake, expected):
    margins = losses.get(name).margins(np.array(real), np.array(fake))
    np.testing.assert_array_equal(margins, expected)


def test_label_noise_lowers_both_targets_of_the_discriminator_only():
    loss, plain = losses.NonSaturating(label_noise=0.2), losses.NonSaturating()
    real, fake = np.full((20_000, 1), 2.0, "float32"), np.full((20_000, 1), -1.0, "float32")
    # Lowering a target by d adds d * score: 0.2 * (2 * u - v) / 2, for u and v uniform on [0, 1).
    extra = np.array(loss.discriminator(real, fake, seed=1) - plain.discriminator(real, fake))
    assert extra.min() >= -0.1
    assert extra.max() <= 0.2
    np.testing.assert_allclose(extra.mean(), 0.2 * (2 - 1) / 2 / 2, atol=0.002)
    # Var(2u - v) = 5/12: the two targets' draws are independent.
    np.testing.assert_allclose(extra.var(), 0.1**2 * 5 / 12, rtol=0.03)
    np.testing.assert_array_equal(loss.generator(fake), plain.generator(fake))


def test_label_noise_follows_the_seed():
    loss, scores = losses.Minimax(label_noise=0.5), np.ones((4, 1), "float32")
    once, again = loss.discriminator(scores, scores, seed=7), loss.discriminator(scores, scores, 7)
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, loss.discriminator(scores, scores, seed=8))


@settings(deadline=None, max_examples=50)
@given(
    real=st.floats(-60, 60, width=32),
    fake=st.floats(-60, 60, width=32),
    smoothing=st.floats(0, 0.5),
)
def test_cross_entropy_agrees_with_probabilities(real, fake, smoothing):
    def log_sigmoid(score):
        return -np.logaddexp(0.0, -np.float64(score))

    target = 1 - smoothing
    expected = -(
        target * log_sigmoid(real) + (1 - target) * log_sigmoid(-real) + log_sigmoid(-fake)
    )
    loss = losses.NonSaturating(label_smoothing=smoothing)
    value = loss.discriminator(np.float32([real]), np.float32([fake]))
    np.testing.assert_allclose(value, [expected / 2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", sorted(losses.NAMES))
def test_serialization(name):
    loss = losses.get(name)
    config = keras.saving.serialize_keras_object(loss)
    assert type(keras.saving.deserialize_keras_object(config)) is type(loss)
    assert losses.get(loss) is loss


def test_serialization_keeps_arguments():
    loss = losses.NonSaturating(label_smoothing=0.1, label_noise=0.05)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.get_config() == {"label_smoothing": 0.1, "label_noise": 0.05}


def test_unknown_names():
    with pytest.raises(ValueError, match=r"no loss 'hing'.*'least_squares'.*Did you mean 'hinge'"):
        losses.get("hing")
    with pytest.raises(TypeError, match=r"gankit\.losses\.Loss"):
        losses.get(keras.losses.BinaryCrossentropy())
    with pytest.raises(ValueError, match=r"label_smoothing must lie in \[0, 1\), got 1.5"):
        losses.NonSaturating(label_smoothing=1.5)


def test_a_relativistic_generator_needs_real_scores():
    with pytest.raises(ValueError, match="real_scores"):
        losses.Relativistic().generator(np.zeros((2, 1), "float32"))


def test_the_best_half_counts():
    loss = losses.TopK("non_saturating", share=0.5)
    fake = np.array([[0.0], [3.0], [-9.0], [1.0]], "float32")
    costs = np.array(loss.generator(fake))
    # Twice the cost of the best two of four, so that the mean is theirs.
    expected = [[0.0], [2 * np.log1p(np.exp(-3))], [0.0], [2 * np.log1p(np.exp(-1))]]
    np.testing.assert_allclose(costs, expected, rtol=1e-5)
    patches = np.stack([fake, fake[::-1]], axis=1)  # means 0.5, -3, -3, 0.5
    assert (np.array(loss.generator(patches)).sum(axis=(1, 2)) > 0).tolist() == [1, 0, 0, 1]
    plain = losses.NonSaturating()
    np.testing.assert_array_equal(loss.discriminator(fake, -fake), plain.discriminator(fake, -fake))


def test_fewer_and_fewer_count():
    share = keras.optimizers.schedules.ExponentialDecay(1.0, 10, 0.5)
    loss = losses.TopK(losses.Relativistic(), share=share, least=0.4)
    scores = np.arange(10, dtype="float32")[:, None]
    for step, number in ((0, 10), (10, 5), (20, 4)):
        assert (np.array(loss.at(step).generator(scores, scores)) > 0).sum() == number
    assert loss.needs_real
    again = losses.TopK.from_config(loss.get_config())
    assert (again.least, again.share.decay_steps) == (0.4, 10)
    with pytest.raises(ValueError, match="share must lie"):
        losses.TopK(share=0)
