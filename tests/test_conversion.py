"""Networks of other layers compute the same."""

import keras
import numpy as np
import pytest
from helpers import make_images, make_residual_networks

from gankit import conversion
from gankit.architectures import stylegan2


def assert_same(one, other, inputs):
    np.testing.assert_allclose(one(inputs), other(inputs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("equation", "shape", "bias"),
    [
        ("bhwc,hwc->bhwc", (8, 8, 1), None),
        ("bhwc,hwc->bc", 1, None),
        ("bhwc,wc->bhc", (8, 1), "hc"),
        ("bhwc,c->bhwc", (8, 8, 1), "c"),
    ],
)
def test_einsums_become_products_and_sums(equation, shape, bias):
    layer = keras.layers.EinsumDense(equation, shape, "relu", bias, bias_initializer="normal")
    network = keras.Sequential([keras.Input((8, 8, 1)), layer])
    converted = conversion.for_tflite(network)
    assert isinstance(converted.layers[0], conversion.MultiplyAndSum)
    assert_same(converted, network, make_images(3))


@pytest.mark.parametrize(
    ("equation", "shape"), [("bhwc,cd->bhwd", (8, 8, 2)), ("...c,cd->...d", 2), ("bhwc,hwc->cb", 3)]
)
def test_other_einsums_stay(equation, shape):
    layer = keras.layers.EinsumDense(equation, shape)
    assert not conversion.MultiplyAndSum.fits(layer)


@pytest.mark.parametrize(
    ("options", "replaced"),
    [({"size": (2, 3)}, True), ({"interpolation": "bilinear"}, False)],
)
def test_upsampling_becomes_a_resize(options, replaced):
    layer = keras.layers.UpSampling2D(**options)
    network = keras.Sequential([keras.Input((8, 8, 1)), layer])
    converted = conversion.for_tflite(network)
    assert isinstance(converted.layers[0], conversion.ResizeNearest) == replaced
    assert_same(converted, network, make_images(3))


def test_networks_that_mixed_become_those_of_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    _, network = make_residual_networks()
    inputs = [make_images(3), np.arange(3)]
    converted = conversion.in_float32(network)
    assert {layer.compute_dtype for layer in network.layers} == {"bfloat16", "float32"}
    keras.config.set_dtype_policy("float32")
    _, expected = make_residual_networks()
    expected.set_weights(network.get_weights())
    assert_same(converted, expected, inputs)
    assert np.abs(network(inputs) - expected(inputs)).max() > 1e-4  # they can be told apart


def test_a_network_within_one_becomes_that_of_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    within = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    network = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Identity(), within])
    images = make_images(3)
    kernel, bias = network.get_weights()
    outputs = conversion.in_float32(network)(images)
    np.testing.assert_allclose(outputs, images.reshape(3, -1) @ kernel + bias, atol=1e-6)


def test_a_lambda_is_shared():
    layer = keras.layers.Lambda(lambda x: 2 * x)
    network = keras.Sequential([keras.Input((8, 8, 1)), layer])
    assert_same(conversion.to_keras(network), network, make_images(3))


def test_layers_that_keras_lacks_are_named():
    synthesis = stylegan2.build_synthesis((8, 8, 1), 2, 4, 3)
    network = keras.Sequential([keras.Input((4, 3)), synthesis])
    with pytest.raises(ValueError, match=r"do: ConstantInput, EqualizedDense, .* SavedModel"):
        conversion.to_keras(network)
