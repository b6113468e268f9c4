"""Averages of weights: how fast they follow, and what they are copies of."""

import keras
import numpy as np
import pytest
from keras import layers

from gankit.training.averages import average_of, check_average, clone, decay_at, follow


@pytest.mark.parametrize(
    ("step", "generator_ema", "expected"),
    [
        (0, 0.999, 1 / 10),
        (1, 0.999, 2 / 11),
        (89, 0.999, 90 / 99),
        (10**6, 0.999, 0.999),
        (0, 0.05, 0.05),  # below the warm-up
        (10**6, 0.0, 0.0),
        (10**6, 64.0, 0.5**0.5),  # half of a half-life
        (10**6, 32.0, 0.5),
        (10**6, 16.0, 0.25),  # a step of two half-lives
        (0, 10_000.0, 1 / 10),
    ],
)
def test_decay(step, generator_ema, expected):
    np.testing.assert_allclose(decay_at(step, generator_ema, num_images=32), expected, rtol=1e-6)


def test_an_average_follows_what_is_trained_and_copies_the_rest():
    network = keras.Sequential([keras.Input((1,)), layers.BatchNormalization(), layers.Dense(1)])
    average = average_of(network)
    for weight in network.weights:
        weight.assign(weight * 0 + 4)
    for mean in average.weights:
        mean.assign(mean * 0 + 8)
    follow(average, network, 0.75)
    values = {weight.path.split("/")[-1]: float(np.ravel(weight)[0]) for weight in average.weights}
    assert values == {
        **dict.fromkeys(("gamma", "beta", "kernel", "bias"), 7),  # 0.75 * 8 + 0.25 * 4
        **dict.fromkeys(("moving_mean", "moving_variance"), 4),
    }
    assert average.trainable_variables == []


def test_a_frozen_layer_is_copied():
    network = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    network.layers[0].trainable = False
    average = average_of(network)
    network.layers[0].kernel.assign([[4.0]])
    follow(average, network, 0.75)
    assert float(average.layers[0].kernel[0, 0]) == 4


def test_a_clone_shares_no_weight():
    network = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Lambda(abs)])
    copy = clone(network)
    assert not {id(v) for v in copy.variables} & {id(v) for v in network.variables}
    inputs = np.float32([[1, -2]])
    np.testing.assert_array_equal(copy(inputs), network(inputs))
    assert copy.layers[1] is network.layers[1]  # a Lambda has no weights, and no configuration


def test_a_network_that_cannot_be_copied():
    class Forgetful(layers.Layer):
        def __init__(self, units):
            super().__init__()

        def call(self, inputs):
            return inputs

    network = keras.Sequential([keras.Input((2,)), Forgetful(3)])
    with pytest.raises(TypeError, match=r"needs a copy of 'sequential.*pass generator_ema=None"):
        clone(network)


@pytest.mark.parametrize("value", [None, 0, 0.999, 1, 10_000, np.float32(0.5)])
def test_averages_that_are_taken(value):
    check_average("generator_ema", value)


@pytest.mark.parametrize("value", [True, -1, float("inf"), float("nan"), "0.9"])
def test_averages_that_are_not(value):
    with pytest.raises(ValueError, match="generator_ema must be None, a decay per step in"):
        check_average("generator_ema", value)
