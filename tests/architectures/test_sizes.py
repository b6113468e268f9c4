"""Every architecture serves images of any size from 8 pixels on, with networks of a like size."""

import functools
import itertools
import math

import keras
import numpy as np
import pytest
from helpers import make_images
from hypothesis import given, settings
from hypothesis import strategies as st

import gankit
from gankit.architectures import (
    acgan,
    autoencoder,
    biggan,
    cyclegan,
    dcgan,
    fastgan,
    gan_3d,
    infogan,
    lapgan,
    mlp,
    next_frame,
    pix2pix,
    progressive,
    r3gan,
    resize_convolution,
    sagan,
    sgan,
    sngan,
    srgan,
    stargan,
    stylegan2,
    tanh_upsampling,
    unnormalized,
)

SIZES = [
    (8, 8, 3),
    (45, 80, 3),
    (218, 178, 3),
    pytest.param((97, 61, 3), marks=pytest.mark.slow),
    pytest.param((1080, 1920, 3), marks=pytest.mark.slow),
]
DEPTH = 9  # of volumes

# What makes each network small, and the first map's longer side at most.
FEW = {"filters": 2}
FROM_LATENTS = {
    dcgan: ({"latent_dim": 4} | FEW, FEW, 6),
    r3gan: ({"latent_dim": 4, "blocks": 1} | FEW, {"blocks": 1} | FEW, 6),
    sngan: ({"latent_dim": 4} | FEW, FEW, 6),
    fastgan: ({"latent_dim": 4} | FEW, FEW, 6),
    progressive: ({"latent_dim": 4} | FEW, FEW, 6),
    sagan: ({"latent_dim": 4} | FEW, FEW, 6),
    biggan: ({"latent_dim": 12} | FEW, FEW, 6),
    infogan: ({"latent_dim": 4, "hidden_units": 8} | FEW, {"hidden_units": 8} | FEW, 8),
    acgan: ({"latent_dim": 4} | FEW, FEW, 8),
    resize_convolution: ({"latent_dim": 4} | FEW, FEW, 8),
    # Their sources begin images of 64 and 32 pixels with 16.
    tanh_upsampling: ({"latent_dim": 4, "hidden_units": 4} | FEW, {"hidden_units": 4} | FEW, 16),
    unnormalized: ({"latent_dim": 4} | FEW, FEW, 16),
    gan_3d: ({"latent_dim": 4} | FEW, FEW, 6),
    stylegan2: (
        {"latent_dim": 4, "style_dim": 4, "mapping_layers": 1, "widest": 4} | FEW,
        {"widest": 4} | FEW,
        6,
    ),
    # These have weights for each pixel instead of a first map.
    mlp: ({"latent_dim": 4, "hidden_units": (2,)}, {"hidden_units": (2,)}, math.inf),
    sgan: ({"latent_dim": 4, "hidden_units": (2,)}, {"hidden_units": (2,)}, math.inf),
    lapgan: ({"latent_dim": 2} | FEW, FEW, math.inf),
}
FROM_IMAGES = {
    pix2pix: (FEW, FEW),
    cyclegan: ({"blocks": 1} | FEW, FEW),
    stargan: ({"num_domains": 3, "blocks": 1} | FEW, {"num_domains": 3} | FEW),
    next_frame: (FEW, FEW),
}


def name_of(module):
    return module.__name__.rpartition(".")[-1]


def shape_for(module, image_shape):
    """Returns the shape itself, or that of a volume."""
    return (DEPTH, *image_shape[:2], 1) if module is gan_3d else image_shape


def build_generator(module, image_shape):
    few = (FROM_LATENTS | FROM_IMAGES)[module][0]
    return module.build_generator(shape_for(module, image_shape), **few)


def build_discriminator(module, image_shape):
    if module is autoencoder:
        return autoencoder.build_discriminator(image_shape, encoding_dim=4, **FEW)
    if module is srgan:
        return srgan.build_discriminator(image_shape, hidden_units=4, **FEW)
    few = (FROM_LATENTS | FROM_IMAGES)[module][1]
    return module.build_discriminator(shape_for(module, image_shape), **few)


BUILDERS = [
    *itertools.product([build_generator], FROM_LATENTS | FROM_IMAGES),
    *itertools.product([build_discriminator], [*FROM_LATENTS, *FROM_IMAGES, autoencoder, srgan]),
]
IDS = [f"{name_of(module)}-{build.__name__.removeprefix('build_')}" for build, module in BUILDERS]


@functools.cache
def count_nearest(build, module, image_shape):
    """Returns the weights for sizes of powers of 2 that are nearest to an image's."""
    *size, channels = image_shape
    near = (*(2 ** round(math.log2(length)) for length in size), channels)
    return build(module, near).count_params()


@pytest.mark.parametrize("image_shape", SIZES, ids=str)
@pytest.mark.parametrize(("build", "module"), BUILDERS, ids=IDS)
def test_networks_are_as_large_as_for_the_nearest_powers_of_two(build, module, image_shape):
    keras.backend.clear_session()
    network = build(module, image_shape)
    assert 0.5 <= network.count_params() / count_nearest(build, module, image_shape) <= 2
    shape = shape_for(module, image_shape)
    if build is build_generator:
        assert network.output_shape == (None, *shape)
        assert find_start(network) <= largest_start(module)


def find_start(generator):
    """Returns the longer side of the first map that is more than a pixel; 0 where there is none."""
    if any(layer.name == "synthesis" for layer in generator.layers):
        generator = generator.get_layer("synthesis")
    rank = len(generator.output_shape)
    maps = [la.output.shape[1:-1] for la in generator.layers if la.output.ndim == rank]
    return next((max(size) for size in maps if max(size) > 1), 0)


def largest_start(module):
    """Returns the most that it may be."""
    return FROM_LATENTS[module][2] if module in FROM_LATENTS else math.inf


def make_inputs(network):
    """Returns two rows for each input: zeros of classes, random numbers of what else there is."""
    generator = np.random.default_rng(0)
    inputs = [
        np.zeros(2, "int32")
        if tensor.ndim == 1
        else generator.uniform(-1, 1, (2, *tensor.shape[1:])).astype("float32")
        for tensor in network.inputs
    ]
    return inputs if len(inputs) > 1 else inputs[0]


SIDES = st.tuples(st.integers(8, 70), st.integers(8, 70))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.sampled_from(BUILDERS), SIDES)
def test_any_size(builder, size):
    check_size(*builder, size)


@pytest.mark.slow
@pytest.mark.parametrize(("build", "module"), BUILDERS, ids=IDS)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(size=SIDES)
def test_any_size_of_each(build, module, size):
    check_size(build, module, size)


def check_size(build, module, size):
    """Runs a network for images of ``size``."""
    keras.backend.clear_session()
    network = build(module, (*size, 1))
    outputs = network(make_inputs(network))
    for output, symbolic in zip(keras.tree.flatten(outputs), network.outputs, strict=True):
        assert output.shape == (2, *symbolic.shape[1:])
        assert np.isfinite(output).all()
    if build is build_generator:
        assert outputs.shape == (2, *shape_for(module, (*size, 1)))
    if module is autoencoder:
        assert outputs[0].shape == (2, *size, 1)


SAME_INPUTS = [
    dcgan,
    fastgan,
    mlp,
    progressive,
    r3gan,
    resize_convolution,
    sagan,
    sngan,
    stylegan2,
    tanh_upsampling,
    unnormalized,
]


@pytest.mark.parametrize("image_shape", [(9, 11, 1), (45, 80, 3)])
@pytest.mark.parametrize("module", SAME_INPUTS, ids=name_of)
def test_they_train(module, image_shape):
    gan = gankit.GAN(
        build_generator(module, image_shape), build_discriminator(module, image_shape), seed=0
    )
    gan.compile(run_eagerly=True)
    before = [np.array(weight) for weight in gan.generator.trainable_weights]
    logs = gan.train_on_batch(make_images(4, image_shape), return_dict=True)
    assert np.isfinite([*logs.values()]).all()
    assert any((a != b).any() for a, b in zip(before, gan.generator.trainable_weights, strict=True))


@pytest.mark.parametrize("module", [pix2pix, cyclegan, next_frame], ids=name_of)
def test_translators_train(module):
    generator = build_generator(module, (9, 11, 3))
    gan = gankit.GAN(generator, build_discriminator(module, (9, 11, 3)), seed=0)
    gan.compile(run_eagerly=True)
    condition = make_images(4, generator.inputs[0].shape[1:], seed=1)
    logs = gan.train_on_batch(make_images(4, (9, 11, 3)), condition, return_dict=True)
    assert np.isfinite([*logs.values()]).all()


@pytest.mark.parametrize("module", [dcgan, r3gan, stylegan2, pix2pix, gan_3d], ids=name_of)
def test_a_saved_network_that_crops_computes_the_same(module, tmp_path):
    network = build_generator(module, (9, 11, 3))
    network.save(tmp_path / "network.keras")
    inputs = make_inputs(network)
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(inputs), network(inputs))


def test_what_is_cropped_keeps_its_precision():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        discriminator = build_discriminator(autoencoder, (9, 11, 3))
    finally:
        keras.config.set_dtype_policy("float32")
    assert [output.dtype for output in discriminator.outputs] == ["float32", "float32"]
