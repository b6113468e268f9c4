"""R3GAN's networks: counts by hand, how they begin, and training with what goes with them."""

import itertools

import numpy as np
import pytest
from helpers import make_images

import gankit
from gankit import augment
from gankit.architectures import r3gan
from gankit.penalties import R1, R2


def test_counts():
    # 64x64: widths 96, 192, 384, 768, 768 from the image inwards; two blocks each.
    widths = [96, 192, 384, 768, 768]
    blocks = sum(2 * (w * w + w + 9 * w * w + w + w * w) for w in widths)
    changes = sum(a * b for a, b in itertools.pairwise(widths) if a != b)
    generator = 64 * 768 + 16 * 768 + blocks + changes + 96 * 3 + 3
    discriminator = 3 * 96 + 96 + blocks + changes + 16 * 768 + 768
    assert r3gan.build_generator((64, 64, 3)).count_params() == generator
    assert r3gan.build_discriminator((64, 64, 3)).count_params() == discriminator


@pytest.mark.parametrize("image_shape", [(8, 8, 1), (128, 128, 3), (24, 48, 3)])
def test_shapes_fit_each_other(image_shape):
    generator = r3gan.build_generator(image_shape, latent_dim=5, filters=2, blocks=1)
    discriminator = r3gan.build_discriminator(image_shape, filters=2, blocks=1)
    images = np.array(generator(np.random.default_rng(0).normal(size=(2, 5))))
    assert images.shape == (2, *image_shape)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (2, 1)


@pytest.mark.parametrize("build", [r3gan.build_generator, r3gan.build_discriminator])
def test_images_below_8_pixels(build):
    with pytest.raises(ValueError, match=r"image_shape=\(7, 28, 1\) is too small.*at least 8"):
        build((7, 28, 1))


def test_blocks_begin_as_nothing():
    generator = r3gan.build_generator((16, 16, 1), latent_dim=5, filters=2)
    latents = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")
    before = np.array(generator(latents))
    for layer in generator.layers:
        if getattr(layer, "kernel_size", None) == (3, 3):
            layer.kernel.assign(np.zeros(layer.kernel.shape))
    np.testing.assert_array_equal(generator(latents), before)


def test_they_train_with_what_goes_with_them():
    gan = gankit.GAN(
        r3gan.build_generator((8, 8, 1), 4, filters=4, blocks=1),
        r3gan.build_discriminator((8, 8, 1), filters=4, blocks=1),
        augment=augment.ADA(["translation"], target=-0.5, images_to_one=16),
        generator_ema=0.9,
        seed=0,
    )
    gan.compile(loss="relativistic", penalty=R1(1.0) + R2(1.0), run_eagerly=True)
    # However far up all scores are: what counts is how far real ones are above generated ones.
    judged = [gankit.Batch(None, scores=np.full((8, 1), score, "float32")) for score in (5, 6)]
    gan.augment.probability.assign(0.5)
    gan.after_step(*judged)
    assert gan.augment.probability == 0.0
    gan.after_step(*judged[::-1])
    assert gan.augment.probability == 0.5
    history = gan.fit(make_images(8), batch_size=4, verbose=0).history
    assert np.isfinite([*history.values()]).all()
