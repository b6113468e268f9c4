"""StyleGAN2's networks have as many weights as their authors', layer by layer."""

import itertools

import keras
import numpy as np
import pytest

from gankit.architectures import stylegan2


def count(*layers):
    return sum(int(np.prod(weight.shape)) for layer in layers for weight in layer.trainable_weights)


def count_styled(synthesis, kind, place):
    """Returns the weights of a convolution, with its style and its noise."""
    style = {"conv": "style", "image": "image_style"}[kind]
    names = [f"{kind}_{place}", f"{style}_{place}", *([f"noise_{place}"] * (kind == "conv"))]
    return count(*(synthesis.get_layer(name) for name in names))


# By hand, of each size: a style of n channels has 513 * n weights, a convolution from n to m
# channels 9 * n * m + m, its noise 1, and an image 3 * n + 3.
FIRST = 513 * 512 + 9 * 512 * 512 + 512 + 1
OF_256 = {
    4: [FIRST],
    8: [FIRST, FIRST],
    16: [FIRST, FIRST],
    32: [FIRST, FIRST],
    64: [1_442_561, 721_409],
    128: [426_369, 213_249],
    256: [139_457, 69_761],
}
IMAGES_OF_256 = [264_195] * 4 + [132_099, 66_051, 33_027]


def test_the_generator_of_256_pixels_layer_by_layer():
    generator = stylegan2.build_generator((256, 256, 3))
    mapping, synthesis = generator.get_layer("mapping"), generator.get_layer("synthesis")
    assert count(mapping) == 8 * 513 * 512 == 2_101_248
    convolutions = [number for size in OF_256.values() for number in size]
    found = [count_styled(synthesis, "conv", place) for place in range(len(convolutions))]
    assert found == convolutions
    found = [count_styled(synthesis, "image", place) for place in range(1, 14, 2)]
    assert found == IMAGES_OF_256
    assert count(generator) == 24_767_458
    noise = generator.count_params() - count(generator)
    assert noise == 4**2 + 2 * sum(size**2 for size in list(OF_256)[1:])


def test_the_discriminator_of_256_pixels():
    discriminator = stylegan2.build_discriminator((256, 256, 3))
    # Of each block: a shortcut without a bias, and two convolutions.
    widths = [64, 128, 256, 512, 512, 512, 512]
    blocks = sum(n * m + 9 * n * n + n + 9 * n * m + m for n, m in itertools.pairwise(widths))
    last = 9 * 513 * 512 + 512 + 16 * 512 * 512 + 512 + 512 + 1
    assert count(discriminator) == 3 * 64 + 64 + blocks + last == 24_001_089


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "filters", "mapping_layers", "expected"),
    [
        (512, 64, 2, (28_700_647, 28_982_849)),  # the configuration "auto"
        (512, 64, 8, (30_276_583, 28_982_849)),
        (1024, 32, 8, (30_370_060, 29_012_513)),  # StyleGAN2's F
    ],
)
def test_larger_images(size, filters, mapping_layers, expected):
    shape = (size, size, 3)
    generator = stylegan2.build_generator(shape, filters=filters, mapping_layers=mapping_layers)
    assert (count(generator), count(stylegan2.build_discriminator(shape, filters))) == expected


def test_there_is_a_style_for_each_layer():
    layers = {8: 4, 64: 10, 100: 12}
    for size, number in layers.items():
        synthesis = stylegan2.build_synthesis((size, size, 1), 1, 2, 3)
        assert synthesis.input_shape == (None, number, 3)
        assert synthesis.output_shape == (None, size, size, 1)


def test_values_keep_their_size():
    keras.utils.set_random_seed(0)
    generator = stylegan2.build_generator((32, 32, 3), 64, 32, 64, 64, mapping_layers=4)
    latents = np.random.default_rng(0).normal(size=(64, 64)).astype("float32")
    w = np.array(generator.get_layer("mapping")(5 * latents))  # whose length does not matter
    np.testing.assert_allclose(w, generator.get_layer("mapping")(latents), rtol=1e-3, atol=1e-5)
    assert 0.3 < np.mean(w**2) < 3
    images = np.array(generator(latents))
    assert 0.3 < images.std() < 5


def test_images_of_a_class_are_compared_with_its_own_vector():
    discriminator = stylegan2.build_discriminator((8, 8, 1), 2, 4, num_classes=3)
    images = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 1)).astype("float32")
    scores = [discriminator([images, np.array([label])]) for label in range(3)]
    assert len(np.unique(np.array(scores))) == 3
