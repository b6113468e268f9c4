"""The networks of the write-ups in docs/experiments.md have as many parameters as there."""

import keras
import numpy as np
import pytest

from gankit.architectures import acgan, resize_convolution, tanh_upsampling, unnormalized
from gankit.layers import UpsampleConv2D

MNIST, CIFAR, LARGE = (28, 28, 1), (32, 32, 3), (64, 64, 3)

# network, all its parameters, those of its layers that have any
NETWORKS = {
    "mnist generator": (
        lambda: tanh_upsampling.build_generator(MNIST),
        6_763_777,
        [103_424, 6_428_800, 25_088, 204_864, 1_601],
    ),
    "mnist discriminator": (
        lambda: tanh_upsampling.build_discriminator(MNIST),
        3_485_441,
        [1_664, 204_928, 3_277_824, 1_025],
    ),
    "acgan generator": (
        lambda: acgan.build_generator(MNIST),
        857_705,
        [1_000, 633_472, 512, 147_584, 512, 73_792, 256, 577],
    ),
    "acgan discriminator": (
        lambda: acgan.build_discriminator(MNIST),
        120_075,
        [160, 4_640, 128, 18_496, 256, 73_856, 2_049, 20_490],
    ),
    "frogs generator": (
        lambda: unnormalized.build_generator(CIFAR),
        6_264_579,
        [1_081_344, 819_456, 1_048_832, 1_638_656, 1_638_656, 37_635],
    ),
    "frogs discriminator": (
        lambda: unnormalized.build_discriminator(CIFAR),
        790_913,
        [3_584, 262_272, 262_272, 262_272, 513],
    ),
    "dogs generator": (
        lambda: tanh_upsampling.build_generator(LARGE, latent_dim=1000, upsampling=(4, 2)),
        9_664_259,
        [1_025_024, 8_396_800, 32_768, 204_864, 4_803],
    ),
    "dogs discriminator": (
        lambda: tanh_upsampling.build_discriminator(LARGE),
        25_901_953,
        [4_864, 204_928, 25_691_136, 1_025],
    ),
    "faces generator": (
        lambda: tanh_upsampling.build_generator(LARGE),
        34_031_363,
        [103_424, 33_587_200, 131_072, 204_864, 4_803],
    ),
    "faces 96 generator": (
        lambda: resize_convolution.build_generator((96, 96, 3)),
        6_169_475,
        [1_861_632, 3_277_056, 1_024, 819_328, 512, 204_864, 256, 4_803],
    ),
    # Of this one the source tells no number; by hand: 5*5*3*64 + 64, 5*5*64*128 + 128, ..., and at
    # last 13*13*512 + 1, since 96 / 2 / 2 and a padding of 1, / 2 rounded up, are 13.
    "faces 96 discriminator": (
        lambda: resize_convolution.build_discriminator((96, 96, 3)),
        4_396_673,
        [4_864, 204_928, 512, 819_456, 1_024, 3_277_312, 2_048, 86_529],
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_counts(name):
    build, total, by_layer = NETWORKS[name]
    network = build()
    assert [layer.count_params() for layer in network.layers if layer.count_params()] == by_layer
    assert network.count_params() == total


@pytest.mark.parametrize(
    ("name", "trainable"), [("dogs generator", 9_647_875), ("faces generator", 33_965_827)]
)
def test_trainable_parameter_counts(name, trainable):
    network = NETWORKS[name][0]()
    assert sum(np.size(weight) for weight in network.trainable_weights) == trainable


def test_dogs_networks_together():
    networks = [NETWORKS[f"dogs {role}"][0]() for role in ("generator", "discriminator")]
    assert sum(network.count_params() for network in networks) == 35_566_212


# The layers in words: "5x5" is the kernel, "/2" the stride, "up 2" an upsampling before it.
# In the source tanh comes before pooling, which is the same function.
TANH_DISCRIMINATOR = """conv 64 5x5 same, pool 2, tanh, conv 128 5x5 valid, pool 2, tanh, flatten,
    dense 1024 tanh, dense 1"""
LAYERS = {
    "mnist generator": """dense 1024 tanh, dense 6272, batch norm 0.99, tanh, reshape 7x7x128,
        up 2 conv 64 5x5 same tanh, up 2 conv 1 5x5 same, tanh""",
    "mnist discriminator": TANH_DISCRIMINATOR,
    "dogs generator": """dense 1024 tanh, dense 8192, batch norm 0.99, tanh, reshape 8x8x128,
        up 4 conv 64 5x5 same tanh, up 2 conv 3 5x5 same, tanh""",
    "dogs discriminator": TANH_DISCRIMINATOR,
    "faces generator": """dense 1024 tanh, dense 32768, batch norm 0.99, tanh, reshape 16x16x128,
        up 2 conv 64 5x5 same tanh, up 2 conv 3 5x5 same, tanh""",
    "acgan generator": """embedding 10 100, multiply, dense 6272 relu, reshape 7x7x128,
        batch norm 0.8, up 2 conv 128 3x3 same relu, batch norm 0.8, up 2 conv 64 3x3 same relu,
        batch norm 0.8, conv 1 3x3 same, tanh""",
    "acgan discriminator": """conv 16 3x3 /2 same, leaky 0.2, dropout 0.25,
        conv 32 3x3 /2 same, pad 1, leaky 0.2, dropout 0.25, batch norm 0.8,
        conv 64 3x3 /2 same, leaky 0.2, dropout 0.25, batch norm 0.8,
        conv 128 3x3 same, leaky 0.2, dropout 0.25, flatten, dense 1, dense 10""",
    "frogs generator": """dense 32768, leaky 0.3, reshape 16x16x128, conv 256 5x5 same, leaky 0.3,
        transposed conv 256 4x4 /2 same, leaky 0.3, conv 256 5x5 same, leaky 0.3,
        conv 256 5x5 same, leaky 0.3, conv 3 7x7 same, tanh""",
    "frogs discriminator": """conv 128 3x3 valid, leaky 0.3, conv 128 4x4 /2 valid, leaky 0.3,
        conv 128 4x4 /2 valid, leaky 0.3, conv 128 4x4 /2 valid, leaky 0.3, flatten, dropout 0.4,
        dense 1""",
    "faces 96 generator": """dense 18432 relu, reshape 6x6x512,
        up 2 conv 256 5x5 same, batch norm 0.8, relu, up 2 conv 128 5x5 same, batch norm 0.8, relu,
        up 2 conv 64 5x5 same, batch norm 0.8, relu, up 2 conv 3 5x5 same, tanh""",
    "faces 96 discriminator": """conv 64 5x5 /2 same, leaky 0.2, dropout 0.4,
        conv 128 5x5 /2 same, pad 1, batch norm 0.8, leaky 0.2, dropout 0.4,
        conv 256 5x5 /2 same, batch norm 0.8, leaky 0.2, dropout 0.4,
        conv 512 5x5 same, batch norm 0.8, leaky 0.2, dropout 0.4, flatten, dense 1""",
}


def describe(layer):
    """Returns a layer in words."""
    activation = getattr(layer, "activation", None)
    activation = "" if activation is None else f" {activation.__name__}".replace(" linear", "")
    match layer:
        case keras.layers.Conv2D() | keras.layers.Conv2DTranspose():
            words = f"conv {layer.filters} {'x'.join(map(str, layer.kernel_size))}"
            if isinstance(layer, keras.layers.Conv2DTranspose):
                words = f"transposed {words}"
            if isinstance(layer, UpsampleConv2D):
                words = f"up {layer.scale} {words}"
            stride = "" if layer.strides[0] == 1 else f" /{layer.strides[0]}"
            return f"{words}{stride} {layer.padding}{activation}"
        case keras.layers.Dense():
            return f"dense {layer.units}{activation}"
        case keras.layers.Activation():
            return activation.strip()
        case keras.layers.BatchNormalization():
            return f"batch norm {layer.momentum}"
        case keras.layers.LeakyReLU():
            return f"leaky {layer.negative_slope}"
        case keras.layers.Dropout():
            return f"dropout {layer.rate}"
        case keras.layers.Reshape():
            return f"reshape {'x'.join(map(str, layer.target_shape))}"
        case keras.layers.MaxPooling2D():
            return f"pool {layer.pool_size[0]}"
        case keras.layers.Embedding():
            return f"embedding {layer.input_dim} {layer.output_dim}"
        case keras.layers.ZeroPadding2D():
            assert layer.padding == ((0, 1), (0, 1))
            return "pad 1"
    return type(layer).__name__.lower()


@pytest.mark.parametrize("name", NETWORKS)
def test_layers(name):
    layers = NETWORKS[name][0]().layers
    layers = [layer for layer in layers if not isinstance(layer, keras.layers.InputLayer)]
    assert [describe(layer) for layer in layers] == " ".join(LAYERS[name].split()).split(", ")


@pytest.mark.parametrize(
    ("module", "image_shape", "options"),
    [
        (tanh_upsampling, (12, 16, 3), {"upsampling": (2,)}),
        (tanh_upsampling, (24, 16, 1), {"upsampling": (2, 2, 2)}),
        (unnormalized, (24, 30, 1), {}),
        (resize_convolution, (16, 32, 3), {}),
        (resize_convolution, (8, 8, 1), {"doublings": 1}),
    ],
)
def test_other_shapes(module, image_shape, options):
    generator = module.build_generator(image_shape, latent_dim=3, filters=2, **options)
    discriminator = module.build_discriminator(image_shape, filters=2)
    images = generator(np.ones((2, 3)))
    assert images.shape == (2, *image_shape)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (2, 1)
    assert discriminator.layers[-1].activation is keras.activations.linear


def test_acgan_takes_and_tells_a_class():
    generator = acgan.build_generator((8, 12, 3), num_classes=4, latent_dim=5, filters=2)
    discriminator = acgan.build_discriminator((8, 12, 3), num_classes=4, filters=2)
    images = generator([np.ones((2, 5)), np.array([0, 3])])
    assert images.shape == (2, 8, 12, 3)
    assert not np.allclose(images[0], images[1])
    assert [output.shape for output in discriminator(images)] == [(2, 1), (2, 4)]


@pytest.mark.parametrize(
    ("build", "image_shape", "message"),
    [
        (tanh_upsampling.build_generator, (7, 28, 1), "too small.*at least 8"),
        (tanh_upsampling.build_discriminator, (7, 28, 1), "too small.*at least 8"),
        (acgan.build_generator, (7, 28, 1), "too small.*at least 8"),
        (unnormalized.build_generator, (7, 32, 3), "too small.*at least 8"),
        (unnormalized.build_discriminator, (7, 32, 3), "too small.*at least 8"),
        (resize_convolution.build_generator, (7, 96, 3), "too small.*at least 8"),
        (resize_convolution.build_discriminator, (96, 96), r"\(height, width, channels\)"),
    ],
)
def test_shapes_that_do_not_fit(build, image_shape, message):
    with pytest.raises(ValueError, match=message):
        build(image_shape)


@pytest.mark.parametrize("upsampling", [(), (2, 1), (2, 0), (2.0,)])
def test_enlarging_that_is_none(upsampling):
    with pytest.raises(ValueError, match="at least once, by integers of at least 2"):
        tanh_upsampling.build_generator((8, 8, 1), upsampling=upsampling)


def test_tanh_after_pooling_is_the_source_s_function():
    network = tanh_upsampling.build_discriminator((12, 12, 1), filters=2, hidden_units=8)
    layers = keras.layers
    as_in_the_source = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            layers.Conv2D(2, 5, padding="same", activation="tanh"),
            layers.MaxPooling2D(),
            layers.Conv2D(4, 5, activation="tanh"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(8, activation="tanh"),
            layers.Dense(1),
        ]
    )
    as_in_the_source.set_weights(network.get_weights())
    images = np.random.default_rng(0).normal(size=(5, 12, 12, 1))
    np.testing.assert_allclose(network(images), as_in_the_source(images), atol=1e-6)
