"""The layers of StyleGAN2, by hand and against what they stand for."""

import keras
import numpy as np
import pytest
from keras import ops

from gankit.layers import (
    ConstantInput,
    EqualizedConv2D,
    EqualizedDense,
    FIRUpsampling2D,
    MinibatchStandardDeviation,
    ModulatedConv2D,
    NoiseInjection,
    ScaledLeakyReLU,
)

FILTER = np.array([1, 3, 3, 1]) / 8


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def filter_axis(x, axis):
    """Returns maps behind the filter along an axis, with two zeros before and after."""
    pads = [(0, 0)] * x.ndim
    pads[axis] = (2, 2)
    return np.apply_along_axis(np.convolve, axis, np.pad(x, pads), FILTER, "valid")


def convolve_each(x, kernels, double):
    """Returns each image convolved by a kernel of its own, plainly."""
    if double:  # zeros between the pixels, and then the filter, in double precision
        wide = np.zeros((len(x), 2 * x.shape[1], 2 * x.shape[2], x.shape[3]))
        wide[:, ::2, ::2] = x
        wide = np.pad(wide, [(0, 0), (4, 4), (4, 4), (0, 0)])
        x = 4 * filter_axis(filter_axis(wide, 1), 2)
    before = kernels.shape[1] // 2
    padded = np.pad(x, [(0, 0), (before, before), (before, before), (0, 0)])
    made = [
        ops.conv(row[None].astype("float32"), kernel, padding="valid")
        for row, kernel in zip(padded, kernels, strict=True)
    ]
    made = np.concatenate([np.array(row) for row in made])
    return made[:, 4:-5, 4:-5] if double else made


@pytest.mark.parametrize(("kernel_size", "double"), [(1, False), (3, False), (3, True), (5, True)])
@pytest.mark.parametrize("demodulate", [False, True])
def test_modulated_convolution_is_that_of_a_kernel_for_each_image(kernel_size, demodulate, double):
    x, style = normal(3, 5, 4, 2), normal(3, 2, seed=1) + 1
    layer = ModulatedConv2D(6, kernel_size, double=double, demodulate=demodulate)
    layer.build(x.shape, style.shape)
    layer.bias.assign(normal(6, seed=2))
    kernel = np.array(layer.kernel) / np.sqrt(kernel_size**2 * 2)
    kernels = kernel[None] * style[:, None, None, :, None]
    if demodulate:
        kernels = kernels / np.sqrt((kernels**2).sum(axis=(1, 2, 3), keepdims=True))
    if double:  # a transposed convolution reads its kernel backwards
        kernels = kernels[:, ::-1, ::-1]
    expected = convolve_each(x, kernels.astype("float32"), double) + np.array(layer.bias)
    assert layer.compute_output_shape(x.shape, style.shape) == expected.shape
    np.testing.assert_allclose(layer(x, style), expected, atol=2e-5)


def test_demodulated_outputs_have_variance_1_whatever_the_style():
    style = 100 * normal(4, 64, seed=1)
    made = np.array(ModulatedConv2D(64, 3)(normal(4, 16, 16, 64), style))[:, 1:-1, 1:-1]
    np.testing.assert_allclose(made.std(axis=(1, 2, 3)), 1, atol=0.05)


def test_large_values_stay_finite_in_float16():
    layer = ModulatedConv2D(8, 3, dtype="mixed_float16")
    made = np.array(layer(np.full((1, 4, 4, 512), 1000, "float16"), np.full((1, 512), 1e4)))
    assert made.dtype == "float16"
    assert np.abs(made).max() == 256
    active = ScaledLeakyReLU(dtype="mixed_float16")(np.array([60000.0, -60000.0], "float16"))
    np.testing.assert_array_equal(active, [256, -256])


def test_other_kernel_sizes_are_refused():
    with pytest.raises(ValueError, match="kernel_size must be one of"):
        ModulatedConv2D(3, 4)


def test_a_pixel_is_doubled_by_hand():
    image = np.zeros((1, 3, 3, 2), "float32")
    image[0, 1, 1] = 1, -2
    row = np.array([0, 1, 3, 3, 1, 0]) / 4
    made = np.array(FIRUpsampling2D()(image))
    np.testing.assert_allclose(made[0, :, :, 0], np.outer(row, row), atol=1e-6)
    np.testing.assert_allclose(made[..., 1], -2 * made[..., 0], atol=1e-6)


@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("size", [(8, 6), (7, 5)])
def test_halving_is_filter_and_stride(kernel_size, size):
    x = normal(2, *size, 3)
    layer = EqualizedConv2D(4, kernel_size, gain=0.5, halve=True, bias_initializer="ones")
    made = layer(x)
    kernel = 0.5 * np.array(layer.kernel) / np.float32(np.sqrt(3 * kernel_size**2))
    before = kernel_size // 2
    wide = np.pad(x, [(0, 0), (before + 1, before + 2), (before + 1, before + 2), (0, 0)])
    blurred = filter_axis(filter_axis(wide, 1), 2)[:, 2:-2, 2:-2]
    plain = np.array(ops.conv(blurred.astype("float32"), kernel, padding="valid")) + 1
    height, width = (-(-n // 2) for n in size)
    np.testing.assert_allclose(made, plain[:, ::2, ::2][:, :height, :width], atol=1e-5)
    assert layer.compute_output_shape(x.shape) == (2, height, width, 4)


@pytest.mark.parametrize("factor", [1.0, 0.01])
def test_an_equalized_layer_by_hand(factor):
    layer = EqualizedDense(2, factor, bias_initializer="ones", activation="relu")
    layer.build((None, 4))
    layer.kernel.assign(np.array([[1, 2]] * 4) / factor)
    # 4 times 1 or 2 by the root of 4 inputs, and the bias by its factor.
    np.testing.assert_allclose(layer(np.ones((1, 4))), [[2 + factor, 4 + factor]], rtol=1e-6)
    np.testing.assert_allclose(layer(-np.ones((1, 4))), [[0, 0]])


def test_first_weights_have_the_scale_of_the_learning_rate():
    layer = EqualizedDense(300, 0.01)
    layer.build((None, 300))
    np.testing.assert_allclose(np.std(layer.kernel), 100, rtol=0.02)
    made = np.array(layer(normal(20, 300)))
    np.testing.assert_allclose(made.std(), 1, rtol=0.1)


def test_the_activation_by_hand():
    values = np.array([[5.0, -5.0]])
    np.testing.assert_allclose(ScaledLeakyReLU(2.0)(values), [[10, -2]], rtol=1e-6)
    made = np.array(ScaledLeakyReLU()(normal(10_000)))
    np.testing.assert_allclose(np.mean(made**2), 1, atol=0.05)


def test_noise_is_new_in_training_and_the_same_in_inference():
    layer = NoiseInjection(seed=0)
    x = np.zeros((2, 3, 3, 4), "float32")
    np.testing.assert_array_equal(layer(x, training=True), x)  # its strength begins at 0
    layer.strength.assign(2.0)
    one, other = (np.array(layer(x, training=True)) for _ in range(2))
    assert (one != other).all()
    np.testing.assert_array_equal(one[..., :1].repeat(4, axis=-1), one)
    still = np.array(layer(x))
    np.testing.assert_array_equal(still[0], still[1])
    np.testing.assert_allclose(still[0, ..., :1], 2 * np.array(layer.noise)[0], rtol=1e-6)


def test_the_deviation_within_groups_by_hand():
    x = np.zeros((8, 1, 1, 2), "float32")
    x[:, 0, 0, 0] = [0, 5, 2, 5, 0, 5, 2, 5]  # even ones differ by 1 from their mean
    made = np.array(MinibatchStandardDeviation(4)(x))
    np.testing.assert_array_equal(made[..., :2], x)
    np.testing.assert_allclose(made[::2, 0, 0, 2], 0.5, atol=1e-3)  # the mean over two values
    np.testing.assert_allclose(made[1::2, 0, 0, 2], 0, atol=1e-3)


@pytest.mark.parametrize("number", [1, 3, 6, 10])
def test_any_number_of_images_has_groups(number):
    made = np.array(MinibatchStandardDeviation(4)(normal(number, 2, 2, 3)))
    assert made.shape == (number, 2, 2, 4)
    groups = max(number // 4, 1)
    np.testing.assert_allclose(
        made[:groups, 0, 0, 3],
        made[-groups:, 1, 1, 3].take((np.arange(groups) - (number - groups)) % groups),
        rtol=1e-5,
    )


def test_a_constant_input_is_the_same_for_each_image():
    layer = ConstantInput((2, 3, 4))
    made = np.array(layer(np.zeros((5, 1))))
    assert layer.compute_output_shape((None, 1)) == (None, 2, 3, 4)
    np.testing.assert_array_equal(made, np.array(layer.map).repeat(5, axis=0))


def test_layers_keep_what_they_compute_in_a_file(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    images, style = keras.Input((4, 4, 3)), keras.Input((3,))
    x = ModulatedConv2D(5, 3, double=True, demodulate=True)(images, style)
    x = MinibatchStandardDeviation(2)(ScaledLeakyReLU(1.5)(NoiseInjection(1)(x)))
    x = EqualizedConv2D(2, 3, gain=0.3, halve=True)(x)
    model = keras.Model([images, style], EqualizedDense(2, 0.1)(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    given = normal(2, 4, 4, 3), normal(2, 3)
    np.testing.assert_array_equal(model(given), loaded(given))
    assert keras.backend.standardize_dtype(model(given).dtype) == "bfloat16"
