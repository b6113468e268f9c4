"""Toys whose data and generator are normal: the best discriminator and all results are known."""

import math

import keras
import numpy as np
import pytest
from helpers import make_gan, make_networks_of_a_table, make_plain_networks, make_transformer

import gankit
from gankit import latents
from gankit.latents.calibration import fit_logistic
from gankit.latents.markov_chain import acceptance
from gankit.latents.rejection import logits_of_acceptance

MEAN, DEVIATION = 0.5, 0.7  # of the data; what is generated is standard normal
SAMPLE = {
    "rejection": lambda gan, **options: latents.rejection_sampling(gan, burn_in=1000, **options),
    "Metropolis-Hastings": lambda gan, **options: latents.metropolis_hastings(
        gan, steps=20, **options
    ),
    "Langevin": lambda gan, **options: latents.langevin_sampling(
        gan, steps=200, step_size=0.03, **options
    ),
}


def make_toy(slope=1.0, offset=0.0):
    """Returns a GAN whose generator gives latents back, and whose scores are known.

    They are slope * ln(p_data / p_generator) + offset, of images x: a quadratic function.
    """
    drawn = keras.Input((1,), name="latents")
    images = keras.Input((1, 1, 1), name="images")
    x = keras.layers.Flatten()(images)
    layer = keras.layers.Dense(1)
    scores = layer(keras.layers.concatenate([x, keras.layers.multiply([x, x])]))
    layer.set_weights(
        [
            slope * np.array([[MEAN / DEVIATION**2], [0.5 - 0.5 / DEVIATION**2]]),
            slope * np.array([-(MEAN**2) / (2 * DEVIATION**2) - np.log(DEVIATION)]) + offset,
        ]
    )
    generator = keras.Model(drawn, keras.layers.Reshape((1, 1, 1))(drawn))
    return gankit.GAN(generator, keras.Model(images, scores), generator_ema=None, seed=0)


def distance(values):
    """Returns Kolmogorov's and Smirnov's: how far a sample's distribution is from the data's."""
    values = np.sort(np.ravel(values))
    expected = [(1 + math.erf((x - MEAN) / (DEVIATION * math.sqrt(2)))) / 2 for x in values]
    steps = np.arange(len(values) + 1) / len(values)
    return max(np.abs(expected - steps[1:]).max(), np.abs(expected - steps[:-1]).max())


@pytest.mark.parametrize("way", SAMPLE)
def test_samples_have_the_distribution_of_the_data(way):
    gan = make_toy()
    found = SAMPLE[way](gan, num_images=2000, batch_size=1000, seed=1)
    assert distance(gan.generate(2000, seed=0)) > 0.2
    assert distance(found.images) < 1.63 / math.sqrt(2000)  # exceeded once in a hundred
    np.testing.assert_array_equal(found.images.ravel(), found.latents.ravel())
    np.testing.assert_allclose(found.log_ratios, gan.score(found.images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("way", SAMPLE)
def test_the_same_seed_gives_the_same_samples(way):
    gan = make_toy()
    one, same, other = (
        SAMPLE[way](gan, num_images=30, batch_size=20, seed=seed).images for seed in (0, 0, 1)
    )
    assert one.shape == (30, 1, 1, 1)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_calibration_finds_what_scores_mean():
    gan = make_toy(slope=3.0, offset=-2.0)
    real = np.random.default_rng(0).normal(MEAN, DEVIATION, (20_000, 1, 1, 1)).astype("float32")
    found = latents.calibrate(gan, real, seed=0, batch_size=5000)
    np.testing.assert_allclose([found.slope, found.offset], [1 / 3, 2 / 3], atol=0.02)
    assert found.z > 10
    assert abs(latents.calibrate(make_toy(), real, seed=0, batch_size=5000).z) < 3
    for way in ("rejection", "Langevin"):
        samples = SAMPLE[way](gan, num_images=2000, batch_size=1000, seed=0, calibration=found)
        assert distance(samples.images) < 0.04
    with pytest.raises(ValueError, match="no higher for these real images"):
        latents.calibrate(gan, np.full((20, 1, 1, 1), 5.0, "float32"), seed=0)


def test_a_logistic_regression_by_hand():
    # Of 8 scores of 1 six are real, of 8 of 0 two: ln(6 / 2) and ln(2 / 6), but for the targets.
    scores = np.repeat([1.0, 0.0], 8)
    is_real = np.repeat([1.0, 0.0, 1.0, 0.0], [6, 2, 2, 6])
    shares = [(6 * 0.9 + 2 * 0.1) / 8, (2 * 0.9 + 6 * 0.1) / 8]  # 9 / 10 and 1 / 10
    at_1, at_0 = (np.log(share / (1 - share)) for share in shares)
    np.testing.assert_allclose(fit_logistic(scores, is_real), (at_1 - at_0, at_0), rtol=1e-6)


def test_acceptance_is_the_ratio_over_the_largest():
    ratios = np.array([0.1, 1.0, 3.0])
    shares = 1 / (1 + np.exp(-logits_of_acceptance(np.log(ratios), np.log(4.0))))
    np.testing.assert_allclose(shares, ratios / 4, rtol=1e-6)
    assert logits_of_acceptance(np.array([2.0]), 2.0) > 10  # the largest itself is accepted


def test_a_percentile_accepts_half_of_what_is_there():
    gan = make_toy()
    strict = latents.rejection_sampling(gan, 500, percentile=90, burn_in=1000, seed=0)
    plain = latents.rejection_sampling(gan, 500, burn_in=1000, seed=0)
    assert strict.log_ratios.mean() > plain.log_ratios.mean()
    assert strict.images.std() < plain.images.std()


def test_a_better_image_always_takes_the_place_of_a_worse_one():
    proposed, present = np.log([2.0, 1.0, 0.5]), np.log([1.0, 4.0, 0.5])
    np.testing.assert_allclose(acceptance(proposed, present), [1.0, 0.25, 1.0])
    # The paper's: D = 1 / (1 + exp(-log ratio)), and the ratio of 1 / D - 1.
    np.testing.assert_allclose((1 / 0.8 - 1) / (1 / 0.5 - 1), acceptance(0 * proposed, np.log(4)))


def test_chains_that_never_leave_a_real_image_begin_again():
    real = np.full(
        (1, 1, 1, 1), 1.4, "float32"
    )  # nothing has a higher ratio, and little a near one
    gan = make_toy(slope=1000.0)
    found = latents.metropolis_hastings(gan, 50, real=real, steps=2, seed=0)
    assert np.isfinite(found.images).all()
    np.testing.assert_allclose(found.log_ratios, gan.score(found.images), rtol=1e-4)


def test_a_step_of_langevin_dynamics():
    gan = make_toy()
    step_size = 0.1
    start = np.array(gan.sample_latents(3, seed=keras.random.SeedGenerator(7)))
    noise = np.random.default_rng(7).standard_normal((3, 1), dtype=np.float32)
    found = latents.langevin_sampling(gan, 3, steps=1, step_size=step_size, seed=7)
    slope = -(start - MEAN) / DEVIATION**2  # of the data's log density
    expected = start + step_size / 2 * slope + np.sqrt(step_size) * noise
    np.testing.assert_allclose(found.latents, expected, rtol=1e-5)


def test_classes_go_with_their_images():
    gan = gankit.load("digits")
    options = {"num_images": 4, "condition": [1, 7, 1, 0], "seed": 0, "batch_size": 2}
    for found in (
        latents.rejection_sampling(gan, burn_in=4, percentile=50, **options),
        latents.metropolis_hastings(gan, steps=1, **options),
        latents.langevin_sampling(gan, steps=1, **options),
    ):
        np.testing.assert_array_equal(found.condition, [1, 7, 1, 0])
        again = gan.generate(condition=found.condition, latents=found.latents)
        np.testing.assert_allclose(found.images, again, atol=1e-5)


def test_one_condition_goes_to_all_real_images():
    gan, (digits, labels) = gankit.load("digits"), gankit.data.sample_digits()
    sevens = digits[labels == 7][:40]
    one, same = (latents.calibrate(gan, sevens, condition=c, seed=0) for c in (7, [7] * 40))
    assert one == same
    found = latents.metropolis_hastings(gan, 40, condition=7, real=sevens, steps=1, seed=0)
    assert found.condition.tolist() == [7] * 40
    with pytest.raises(ValueError, match="numbers of images don't agree"):
        latents.metropolis_hastings(gan, 3, condition=7, real=sevens, steps=1)


def test_says_what_can_not_be_sampled():
    generator, critic = make_networks_of_a_table()
    table = gankit.CTGAN(generator, critic, make_transformer(), seed=0)
    with pytest.raises(ValueError, match="2 scores for 4 images"):
        latents.metropolis_hastings(table, 4, steps=1)
    with pytest.raises(ValueError, match="step_size must be positive, got 0"):
        latents.langevin_sampling(make_gan(make_plain_networks), 4, step_size=0)


def test_an_end_of_rejections(monkeypatch):
    monkeypatch.setattr("gankit.latents.rejection.MOST_CANDIDATES", 20)
    with pytest.raises(RuntimeError, match="20 candidates for each image were not enough"):
        latents.rejection_sampling(make_toy(slope=1e4), 50, burn_in=1, batch_size=100, seed=0)
