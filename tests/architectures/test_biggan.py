"""SAGAN's and BigGAN's networks: published counts, what they take, and how they begin."""

import keras
import numpy as np
import pytest
from helpers import make_images

import gankit
from gankit import conversion
from gankit.architectures import biggan, sagan
from gankit.kernel_regularizers import OffDiagonal
from gankit.layers import SelfAttention

LARGE = (128, 128, 3)


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def convolution(size, channels, units):
    return size * size * channels * units + units


def attention(channels):
    return channels * (2 * (channels // 8) + 2 * (channels // 2)) + 1


def block(channels, units, shortcut=True):
    """Returns the weights of a residual block's convolutions."""
    residual = convolution(3, channels, units) + convolution(3, units, units)
    return residual + shortcut * convolution(1, channels, units)


def count_discriminator(filters, attended):
    widths = [3, *(filters * n for n in (1, 2, 4, 8, 16))]
    blocks = sum(map(block, widths, widths[1:])) + block(widths[-1], widths[-1], shortcut=False)
    return blocks + attention(attended) + widths[-1] + 1 + 1000 * widths[-1]


def count_generator(filters, start, told, attended):
    """Returns the weights with a first map of ``start`` numbers, and ``told`` for each channel."""
    widths = [filters * n for n in (16, 16, 8, 4, 2, 1)]
    blocks = sum(map(block, widths, widths[1:]))
    normalized = 2 * told * (sum(widths[:-1]) + sum(widths[1:]))
    first = (start + 1) * 16 * widths[0]
    return first + blocks + normalized + attention(attended) + 2 * filters + 27 * filters + 3


def test_biggan_is_as_large_as_published():
    generator = 1000 * 128 + count_generator(96, 20, 20 + 128, attended=2 * 96)
    discriminator = count_discriminator(96, attended=96)
    # What its authors' PyTorch code prints for 128x128: 70.4 and 88.0 million.
    assert (generator, discriminator) == (70_433_988, 87_982_370)
    small = {"filters": 16, "num_classes": 1000}
    generator = 1000 * 128 + count_generator(16, 20, 20 + 128, attended=2 * 16)
    assert count(biggan.build_generator(LARGE, **small)) == generator
    assert count(biggan.build_discriminator(LARGE, **small)) == count_discriminator(16, attended=16)


def test_sagan_is_as_large_as_published():
    generator = count_generator(64, 128, 1000, attended=4 * 64)
    discriminator = count_discriminator(64, attended=2 * 64)
    assert round((generator + discriminator) / 1e6, 1) == 81.5  # BigGAN's table 1
    small = {"filters": 16, "num_classes": 1000}
    generator = count_generator(16, 128, 1000, attended=4 * 16)
    assert count(sagan.build_generator(LARGE, **small)) == generator
    assert count(sagan.build_discriminator(LARGE, **small)) == count_discriminator(16, 2 * 16)


@pytest.mark.slow
def test_published_sizes_are_built():
    assert count(biggan.build_generator(LARGE, num_classes=1000)) == 70_433_988
    assert count(biggan.build_discriminator(LARGE, num_classes=1000)) == 87_982_370


@pytest.mark.parametrize("module", [sagan, biggan])
@pytest.mark.parametrize(("image_shape", "size"), [((28, 28, 1), 14), ((8, 12, 1), 6)])
def test_attention_is_below_the_image_size(module, image_shape, size):
    for build in (module.build_generator, module.build_discriminator):
        network = build(image_shape, filters=2)
        (layer,) = [layer for layer in network.layers if isinstance(layer, SelfAttention)]
        assert max(layer.output.shape[1:3]) == size


def test_each_chunk_of_latents_changes_the_image():
    generator = biggan.build_generator((16, 16, 1), 6, 4, num_classes=3, embedding_dim=2)
    latents = np.zeros((4, 6), "float32")
    for chunk in range(3):
        latents[chunk + 1, 2 * chunk] = 1.0
    images = np.array(generator([latents, np.zeros(4, "int32")]))
    for changed in images[1:]:
        assert np.abs(changed - images[0]).max() > 1e-4
    first, other = np.array(generator([latents[:2] * 0, np.array([0, 1])]))
    assert np.abs(first - other).max() > 1e-4  # so does the class


def test_latents_that_cannot_be_cut():
    with pytest.raises(ValueError, match=r"latent_dim must be at least 4.*got 3"):
        biggan.build_generator((32, 32, 3), latent_dim=3)


def test_the_regularizer_is_of_all_kernels():
    few = {"latent_dim": 4, "filters": 2, "embedding_dim": 2, "num_classes": 3}
    generator = biggan.build_generator((8, 8, 1), regularizer=OffDiagonal(), **few)
    for weight in generator.trainable_weights:
        assert (weight.regularizer is not None) == (weight.name == "kernel"), weight.path


@pytest.mark.parametrize("module", [sagan, biggan])
def test_keras_alone_can_load_them(module, tmp_path):
    few = {"latent_dim": 4, "filters": 2, "num_classes": 3}
    networks = (
        module.build_generator((8, 8, 1), **few),
        module.build_discriminator((8, 8, 1), filters=2, num_classes=3),
    )
    gan = gankit.GAN(*networks, seed=0)
    gan.compile(loss="hinge", penalty=None, run_eagerly=True)
    gan.fit(make_images(8), np.arange(8) % 3, batch_size=4, verbose=0)
    for network, inputs in zip(networks, (np.ones((3, 4), "float32"), make_images(3)), strict=True):
        plain = conversion.to_keras(network)
        assert not any(type(layer).__module__.startswith("gankit") for layer in plain.layers)
        inputs = [inputs, np.arange(3)]
        np.testing.assert_allclose(plain(inputs), network(inputs), rtol=1e-4, atol=1e-5)


def test_attention_begins_as_nothing():
    images = make_images(2, (4, 4, 8))
    layer = SelfAttention()
    np.testing.assert_array_equal(layer(images), images)
    keras.utils.set_random_seed(0)
    layer.gamma.assign(1.0)
    assert np.abs(np.array(layer(images)) - images).max() > 0.01
