"""Numbers that change by steps, and what takes them, by hand."""

import keras
import numpy as np
import pytest
from helpers import assert_same_state, make_images, make_networks
from keras import ops

import gankit
from gankit import augment, recipes, schedules
from gankit.callbacks.report_facts import tell_average
from gankit.penalties import R1
from gankit.training.averages import decay_at


def test_half_a_cosine_by_hand():
    schedule = schedules.Cosine(2.0, 0.5, steps=100)
    found = [float(schedule(step)) for step in (0, 25, 50, 100, 1000)]
    expected = [2.0, 0.5 + 1.5 * (1 + 0.5**0.5) / 2, 1.25, 0.5, 0.5]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert again.get_config() == {"start": 2.0, "end": 0.5, "steps": 100}
    assert tell_average(schedule) == "half-life in images: Cosine(start=2, end=0.5, steps=100)"
    with pytest.raises(ValueError, match="steps must be positive"):
        schedules.Cosine(0.0, 1.0, 0)


def test_adam_with_a_beta_2_that_changes_by_hand():
    schedule = schedules.Cosine(0.5, 0.9, steps=4)
    optimizer = schedules.Adam(0.1, beta_1=0.0, beta_2=schedule, epsilon=1e-8)
    variable = keras.Variable(1.0)
    optimizer.build([variable])
    value, velocity = 1.0, 0.0
    for step, gradient in enumerate([3.0, -1.0, 0.5]):
        beta = 0.9 - 0.4 * (1 + np.cos(np.pi * step / 4)) / 2
        velocity += (gradient**2 - velocity) * (1 - beta)
        value -= 0.1 * gradient * (1 - beta ** (step + 1)) ** 0.5 / (velocity**0.5 + 1e-8)
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
        assert ops.convert_to_numpy(variable) == pytest.approx(value, rel=1e-5)
    assert optimizer.beta_2 is schedule
    again = schedules.Adam.from_config(optimizer.get_config())
    assert again.beta_2.get_config() == schedule.get_config()


def test_a_number_is_keras_adam():
    variables = keras.Variable(1.0), keras.Variable(1.0)
    kinds = zip((schedules.Adam, keras.optimizers.Adam), variables, strict=True)
    for kind, variable in kinds:
        optimizer = kind(0.1, beta_2=0.9)
        for gradient in (3.0, -1.0):
            optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    one, other = map(ops.convert_to_numpy, variables)
    assert one == other != 1.0


def test_the_half_life_of_an_average():
    half_life = schedules.Cosine(0.0, 1000.0, steps=100)
    assert float(decay_at(0, half_life, 10)) == 0.0
    # At step 50 it is 500 images; a step of 10 images keeps 0.5 ** (10 / 500), a warm one less.
    assert float(decay_at(50, half_life, 10)) == pytest.approx(51 / 60)
    assert float(decay_at(5000, half_life, 10)) == pytest.approx(0.5**0.01)
    assert float(decay_at(5000, 1000.0, 10)) == pytest.approx(0.5**0.01)


def test_the_probability_of_augmentation():
    layer = augment.AugmentPipe(["cutout"], schedules.Cosine(0.0, 1.0, steps=4))
    images = np.ones((400, 8, 8, 1), "float32")
    shares = []
    for _ in range(6):
        shares.append(float((np.array(layer(images)).min(axis=(1, 2, 3)) < 1).mean()))
        layer.adapt(None)
    expected = [0, (1 - 0.5**0.5) / 2, 0.5, (1 + 0.5**0.5) / 2, 1, 1]
    np.testing.assert_allclose(shares, expected, atol=0.08)
    assert (shares[0], shares[4]) == (0, 1)


def test_all_five_are_saved_and_go_on(tmp_path):
    small = {"filters": 2, "latent_dim": 4, "blocks": 1, "group_width": None}
    half = {"batch_size": 4, "total_images": 24, "policy": ["translation"], "seed": 0}
    gan = recipes.r3gan((8, 8, 1), **small, **half)
    gan.run_eagerly = True
    images = make_images(8)
    gan.fit(images, batch_size=4, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = gankit.load(tmp_path / "gan.keras")
    for one in (gan, loaded):
        one.run_eagerly = True
        one.fit(images, batch_size=4, shuffle=False, verbose=0)
    assert_same_state(gan, loaded)
    assert int(loaded.augment.steps) == 4
    assert float(loaded.generator_ema(3)) == pytest.approx(250_000)
    assert float(loaded.generator_optimizer.beta_2(3)) == pytest.approx(0.945)
    assert float(loaded.generator_optimizer.learning_rate) == pytest.approx(2e-4 - 1.5e-4 * 0.75)
    gamma = [part.weight(0) for part in loaded.penalty.penalties]
    assert [float(one) for one in gamma] == [2.0, 2.0]


@pytest.mark.parametrize("value", [True, -1, "1000", float("inf")])
def test_what_is_no_average(value):
    with pytest.raises(ValueError, match="or a schedule of half-lives"):
        gankit.GAN(*make_networks(), generator_ema=value)


def test_published_numbers():
    shapes = {"cifar10": 32, "ffhq_64": 64, "ffhq_256": 256, "imagenet_32": 32, "imagenet_64": 64}
    assert shapes.keys() == recipes.R3GAN.keys()
    small = {"filters": 4, "group_width": 2, "blocks": 1}
    numbers = recipes.R3GAN["cifar10"] | small
    gan = recipes.r3gan((8, 8, 3), num_classes=3, batch_size=512, **numbers)
    assert gan.generator_ema.get_config() == {"start": 0.0, "end": 5_000_000, "steps": 39_062}
    assert gan.augment.probability.end == 0.55
    assert isinstance(gan.penalty.penalties[0], R1)
    weight = gan.penalty.penalties[0].weight
    assert (weight.start, weight.end) == (0.05, 0.005)
