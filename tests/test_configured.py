"""Configurations that follow from constructors: golden ones, and the way back."""

import keras
import numpy as np
import pytest

from gankit.augment import ADA, DiffAugment
from gankit.configured import Configured
from gankit.layers import Clip, ImagePool, SpectralNormalization, UpsampleConv2D
from gankit.losses import EnergyMargin, NonSaturating, Wasserstein
from gankit.penalties import DRAGAN, R1, R2, Sum


class Base(Configured):
    def __init__(self, first, second=2, *, third="three"):
        self.first, self.second, self.third = first, second, third


class Passing(Base):
    def __init__(self, fourth=None, **kwargs):
        super().__init__(**kwargs)
        self.fourth = fourth


class Settling(Base):
    def __init__(self, fourth):
        super().__init__(1, third=fourth)
        self.fourth = fourth


class Quiet(Passing):
    """Has no constructor of its own."""


class Transparent(Base):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


class Forgetful(Passing):
    def __init__(self, strength=1.0, **kwargs):
        super().__init__(**kwargs)


class ForgetfulHeir(Forgetful):
    """Inherits the constructor that forgets."""


@keras.saving.register_keras_serializable(package="test_configured")
class Scale(Configured, keras.layers.Layer):
    def __init__(self, factor, inner=None, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.factor = factor
        self.inner = inner


@keras.saving.register_keras_serializable(package="test_configured")
class Pair(Configured, keras.Model):
    def __init__(self, first, second, *, weight=1.0, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second, self.weight = first, second, weight
        self.built = True


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        (Configured(), {}),
        (Base(1), {"first": 1, "second": 2, "third": "three"}),
        (Base(1, 5, third=None), {"first": 1, "second": 5, "third": None}),
        (Passing(first=1), {"fourth": None, "first": 1, "second": 2, "third": "three"}),
        (Quiet(4, first=1), {"fourth": 4, "first": 1, "second": 2, "third": "three"}),
        (Transparent(7), {"first": 7, "second": 2, "third": "three"}),
        # What a constructor settles for its base is no argument.
        (Settling("four"), {"fourth": "four"}),
        (Base([1, 2.5], np.float32(0.5)), {"first": [1, 2.5], "second": 0.5, "third": "three"}),
        (Wasserstein(), {}),
        (NonSaturating(), {"label_smoothing": 0.0, "label_noise": 0.0}),
        (EnergyMargin(2.0), {"margin": 2.0}),
        (R1(3.0, every=16), {"weight": 3.0, "every": 16}),
        (DRAGAN(), {"weight": 10.0, "every": 1}),
        (Clip(0.5), {"bound": 0.5}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_golden_configurations_and_back(instance, expected):
    config = instance.get_config()
    assert config == expected
    again = type(instance).from_config(config)
    assert type(again) is type(instance)
    assert again.get_config() == expected


def names(config):
    return set(config) - {"name", "trainable", "dtype"}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (DiffAugment(["color"], 0.5), {"policy": ("color",), "probability": 0.5}),
        (
            ADA(["cutout"], target=0.4, images_to_one=100),
            {"policy": ("cutout",), "target": 0.4, "images_to_one": 100},
        ),
        (ImagePool(50), {"size": 50}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_layers_keep_what_keras_keeps(layer, expected):
    config = layer.get_config()
    assert {name: config[name] for name in names(config)} == expected
    assert config["name"] == layer.name
    again = type(layer).from_config(config)
    assert again.get_config() == config


def test_a_wrapped_layer_comes_back():
    layer = SpectralNormalization(keras.layers.Dense(3, name="inner"), 2, dtype="mixed_bfloat16")
    again = SpectralNormalization.from_config(layer.get_config())
    assert (again.layer.name, again.layer.units, again.power_iterations) == ("inner", 3, 2)
    assert again.dtype_policy.name == "mixed_bfloat16"


def test_a_convolution_of_keras_keeps_its_own():
    layer = UpsampleConv2D(3, 5, scale=4, activation="relu", use_bias=False)
    config = layer.get_config()
    assert (config["filters"], config["kernel_size"], config["scale"]) == (3, (5, 5), 4)
    assert "strides" not in config
    assert UpsampleConv2D.from_config(config).get_config() == config


def test_objects_of_keras_are_serialized():
    total = Sum([R1(1.0), R2(2.0)])
    config = total.get_config()
    assert [part["class_name"] for part in config["penalties"]] == ["R1", "R2"]
    again = Sum.from_config(config)
    assert [type(part) for part in again.penalties] == [R1, R2]
    assert [part.weight for part in again.penalties] == [1.0, 2.0]

    scale = Scale(2.0, inner=keras.layers.Dense(3), dtype="mixed_float16", name="scale")
    config = scale.get_config()
    assert config["inner"]["config"]["units"] == 3
    again = Scale.from_config(config)
    assert (again.inner.units, again.name) == (3, "scale")
    assert again.dtype_policy.name == "mixed_float16"  # its name, not the dtype of its variables


def test_a_network_of_configured_layers_is_saved_and_loaded(tmp_path):
    inputs = keras.Input((8, 8, 1))
    hidden = UpsampleConv2D(2, 3, kernel_constraint=Clip(0.5))(inputs)
    outputs = SpectralNormalization(keras.layers.Conv2D(1, 3))(hidden)
    network = keras.Model(inputs, outputs)
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    images = np.ones((1, 8, 8, 1), "float32")
    np.testing.assert_array_equal(again(images), network(images))
    assert again.layers[1].kernel_constraint.bound == 0.5


def test_a_model_of_networks_is_saved_and_loaded(tmp_path):
    first = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)], name="first")
    second = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="second")
    pair = Pair(first, second, weight=0.5, name="pair")
    config = pair.get_config()
    assert set(config) == {"name", "trainable", "dtype", "first", "second", "weight"}
    pair.save(tmp_path / "pair.keras")
    again = keras.models.load_model(tmp_path / "pair.keras")
    assert (again.name, again.weight, again.second.name) == ("pair", 0.5, "second")
    np.testing.assert_array_equal(again.first.layers[0].kernel, first.layers[0].kernel)


@pytest.mark.parametrize("forgetful", [Forgetful, ForgetfulHeir])
def test_an_argument_that_is_no_attribute_is_named(forgetful):
    message = (
        rf"Forgetful\.__init__ takes 'strength', but {forgetful.__name__} has no attribute.*"
        r"self\.strength = strength"
    )
    with pytest.raises(NotImplementedError, match=message):
        forgetful(strength=3.0, first=1).get_config()
