"""Networks from images to images: counts by hand and as published, shapes, patches."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from gankit.architectures import cyclegan, pix2pix, srcnn, srgan, stargan


def test_srcnn_counts():
    # Section 4.1 of the paper: 8,032 weights, here with 64 + 32 + 1 biases.
    network = srcnn.build_network()
    assert network.count_params() == 8_032 + 97
    assert network(np.zeros((1, 7, 9, 1))).shape == (1, 7, 9, 1)
    with pytest.raises(ValueError, match="kernel_sizes are of 3 layers"):
        srcnn.build_network(kernel_sizes=(9, 1, 5, 5))


def test_srgan_counts():
    # 9*9*3*64 + 64 and its 64 slopes; 16 blocks of two convolutions, two normalizations, slopes;
    # one more of each without slopes; two times 64 -> 256 and 64 slopes; 9*9*64*3 + 3.
    block = 2 * (9 * 64 * 64 + 4 * 64) + 64
    by_hand = (243 * 64 + 64 + 64) + 16 * block + (9 * 64 * 64 + 256)
    by_hand += 2 * (9 * 64 * 256 + 256 + 64) + (81 * 64 * 3 + 3)
    assert srgan.build_generator().count_params() == by_hand
    # Eight convolutions, seven normalizations, 6*6*512 -> 1024 -> 1.
    maps = [3, 64, 64, 128, 128, 256, 256, 512, 512]
    by_hand = sum(9 * a * b for a, b in itertools.pairwise(maps)) + 64
    by_hand += 4 * sum(maps[2:]) + 36 * 512 * 1024 + 1024 + 1024 + 1
    assert srgan.build_discriminator((96, 96, 3)).count_params() == by_hand


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_srgan_enlarges_by_any_factor(factor):
    generator = srgan.build_generator(factor, channels=1, filters=4, blocks=1)
    images = generator(np.zeros((2, 3, 5, 1)))
    assert images.shape == (2, 3 * factor, 5 * factor, 1)


def test_a_saved_srgan_generator_computes_the_same(tmp_path):
    generator = srgan.build_generator(3, filters=4, blocks=1)
    generator.save(tmp_path / "generator.keras")
    images = np.random.default_rng(0).uniform(-1, 1, (1, 4, 4, 3)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(loaded(images), generator(images))


@pytest.mark.parametrize("factor", [1, 2.0])
def test_bad_factor(factor):
    with pytest.raises(ValueError, match="factor must be an integer of at least 2"):
        srgan.build_generator(factor)


def test_pix2pix_counts():
    # Convolutions of 4x4 down to 1x1 and up again, with normalization or else a bias.
    down = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    up = [512, 512 * 2, 512 * 2, 512 * 2, 512 * 2, 256 * 2, 128 * 2, 64 * 2, 3]
    made = [512, 512, 512, 512, 256, 128, 64, 3]
    by_hand = sum(16 * a * b for a, b in itertools.pairwise(down)) + 64 + 512
    by_hand += sum(16 * a * b for a, b in zip(up[:-1], made, strict=True)) + 3
    by_hand += 2 * (128 + 256 + 512 * 4) + 2 * sum(made[:-1])
    assert pix2pix.build_generator((256, 256, 3)).count_params() == by_hand
    # 6 -> 64 -> 128 -> 256 -> 512 -> 1, the three in between normalized.
    maps = [6, 64, 128, 256, 512, 1]
    by_hand = sum(16 * a * b for a, b in itertools.pairwise(maps)) + 64 + 1
    by_hand += 2 * (128 + 256 + 512)
    discriminator = pix2pix.build_discriminator((256, 256, 3))
    assert discriminator.count_params() == by_hand
    assert discriminator.output_shape == (None, 30, 30)


def test_a_score_sees_70_pixels():
    discriminator = pix2pix.build_discriminator((256, 256, 1), None, filters=1)
    # Without normalization, which spreads everything over the image.
    plain = keras.models.clone_model(
        discriminator,
        clone_function=lambda layer: (
            keras.layers.Identity()
            if isinstance(layer, keras.layers.GroupNormalization)
            else type(layer).from_config(layer.get_config())
        ),
    )
    plain.set_weights([np.full(w.shape, 0.1) for w in plain.weights])
    images = tf.ones((1, 256, 256, 1))
    with tf.GradientTape() as tape:
        tape.watch(images)
        score = plain(images)[0, 15, 15]
    seen = np.flatnonzero(np.array(tape.gradient(score, images)).any(axis=(0, 1, 3)))
    assert seen.tolist() == list(range(seen[0], seen[0] + 70))


@pytest.mark.parametrize("image_shape", [(8, 8, 3), (16, 32, 1), (24, 24, 3)])
def test_pix2pix_serves_other_sizes(image_shape):
    generator = pix2pix.build_generator(image_shape, input_channels=2, filters=2)
    images = generator(np.zeros((1, *image_shape[:2], 2)))
    assert images.shape == (1, *image_shape)
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize(
    "build",
    [
        pix2pix.build_generator,
        pix2pix.build_discriminator,
        cyclegan.build_generator,
        cyclegan.build_discriminator,
        lambda shape: stargan.build_generator(shape, 3),
        lambda shape: stargan.build_discriminator(shape, 3),
        srgan.build_discriminator,
    ],
)
def test_images_below_8_pixels(build):
    with pytest.raises(ValueError, match=r"image_shape=\(7, 8, 3\) is too small.*at least 8"):
        build((7, 8, 3))


def test_patches_of_small_images():
    # Three halvings from 32 pixels on, one less at each half of that; two scores are left.
    for size, halvings in ((64, 3), (32, 3), (31, 2), (16, 2), (15, 1), (8, 1)):
        discriminator = pix2pix.build_discriminator((size, size, 3), filters=1)
        strides = [la.strides for la in discriminator.layers if hasattr(la, "kernel_size")]
        assert strides.count((2, 2)) == halvings
        assert discriminator.output_shape[1] == (size >> halvings) - 2
    with pytest.raises(ValueError, match=r"too small.*at least 32"):
        pix2pix.build_discriminator((31, 64, 3), halvings=3)


@pytest.mark.parametrize(
    ("image_shape", "halvings"),
    [((128, 128, 3), 6), ((64, 45, 3), 6), ((33, 8, 3), 6), ((8, 8, 3), 3)],
)
def test_a_stargan_s_discriminator_halves_small_images_to_a_pixel(image_shape, halvings):
    discriminator = stargan.build_discriminator(image_shape, 2, filters=1)
    strides = [la.strides for la in discriminator.layers if hasattr(la, "kernel_size")]
    assert strides.count((2, 2)) == halvings


def test_cyclegan_counts():
    # 7x7 to 64, 3x3 down to 256, twelve of 256, and up again; normalization but at the end.
    by_hand = 49 * 3 * 64 + 9 * (64 * 128 + 128 * 256 + 12 * 256 * 256 + 256 * 128 + 128 * 64)
    by_hand += 2 * (64 + 128 + 256 + 12 * 256 + 128 + 64) + 49 * 64 * 3 + 3
    assert cyclegan.build_generator((128, 128, 3)).count_params() == by_hand
    assert cyclegan.build_discriminator((128, 128, 3)).output_shape == (None, 14, 14)


def test_stargan_counts():
    same = cyclegan.build_generator((128, 128, 3)).count_params()
    first = 49 * 5 * 64 + 64 - (49 * 3 * 64 + 2 * 64)  # five planes more, a bias, not normalized
    generator = stargan.build_generator((128, 128, 3), num_domains=5)
    assert generator.count_params() == same + 49 * 3 * 64 + first
    # Six halvings from 3 to 2,048 channels with biases, 3x3 to a score, 2x2 to the domains.
    maps = [3, 64, 128, 256, 512, 1024, 2048]
    by_hand = sum(16 * a * b + b for a, b in itertools.pairwise(maps)) + 9 * 2048 + 4 * 2048 * 5
    discriminator = stargan.build_discriminator((128, 128, 3), num_domains=5)
    assert discriminator.count_params() == by_hand
    assert [output.shape for output in discriminator.outputs] == [(None, 2, 2), (None, 5)]


def test_a_stargan_s_generator_sees_the_domain():
    generator = stargan.build_generator((8, 8, 1), num_domains=2, filters=4, blocks=1)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 1)).astype("float32")
    one, other = (np.array(generator([image, np.array([domain])])) for domain in (0, 1))
    assert (np.abs(one - other)[0, 2:-2, 2:-2] > 1e-6).all()  # not at the borders only
