"""R3GAN's networks: counts by hand, how they begin, and training with what goes with them."""

import itertools

import numpy as np
import pytest
from helpers import make_images
from keras import ops

import gankit
from gankit import augment, recipes
from gankit.architectures import r3gan
from gankit.penalties import R1, R2


def test_counts():
    # 64x64: widths 96, 192, 384, 768, 768 from the image inwards; two blocks each.
    widths = [96, 192, 384, 768, 768]
    blocks = sum(2 * (w * w + w + 9 * w * w + w + w * w) for w in widths)
    changes = sum(a * b for a, b in itertools.pairwise(widths) if a != b)
    generator = 64 * 768 + 16 * 768 + blocks + changes + 96 * 3
    discriminator = 3 * 96 + blocks + changes + 16 * 768 + 768
    assert r3gan.build_generator((64, 64, 3)).count_params() == generator
    assert r3gan.build_discriminator((64, 64, 3)).count_params() == discriminator


def count(shape, num_classes, filters, group_width=16, **_):
    """Returns the weights of both networks of configuration E, without building them twice."""
    options = {"filters": filters, "expansion": 2, "group_width": group_width}
    options["num_classes"] = num_classes
    return tuple(
        build(shape, **options).count_params()
        for build in (r3gan.build_generator, r3gan.build_discriminator)
    )


@pytest.mark.parametrize(
    ("name", "size", "num_classes", "published"),
    [
        # Table 2 of the paper, configuration E.
        ("ffhq_256", 256, None, (23.058, 23.010)),
        # By hand, from the paper's widths: 768 (CIFAR-10) and 1,536 (ImageNet) at all sizes.
        ("cifar10", 32, 10, (20.782, 21.281)),
        pytest.param("ffhq_64", 64, None, (22.430, 22.381), marks=pytest.mark.slow),
        pytest.param("imagenet_32", 32, 1000, (82.914, 86.550), marks=pytest.mark.slow),
        pytest.param("imagenet_64", 64, 1000, (103.570, 107.206), marks=pytest.mark.slow),
    ],
)
def test_counts_of_configuration_e(name, size, num_classes, published):
    found = count((size, size, 3), num_classes, **recipes.R3GAN[name])
    assert tuple(round(weights / 1e6, 3) for weights in found) == published


@pytest.mark.parametrize("num_classes", [None, 3])
def test_groups_and_classes(num_classes):
    options = {"filters": 4, "blocks": 1, "expansion": 2, "group_width": 4}
    options["num_classes"] = num_classes
    generator = r3gan.build_generator((8, 8, 1), latent_dim=5, **options)
    discriminator = r3gan.build_discriminator((8, 8, 1), **options)
    grouped = [la for la in generator.layers if getattr(la, "kernel_size", None) == (3, 3)]
    assert [tuple(layer.kernel.shape) for layer in grouped] == [(3, 3, 4, 16), (3, 3, 4, 8)]
    assert [layer.groups for layer in grouped] == [4, 2]
    condition = [ops.convert_to_tensor([0, 1])] * (num_classes is not None)
    images = generator([ops.ones((2, 5)), *condition] if condition else ops.ones((2, 5)))
    assert discriminator([images, *condition] if condition else images).shape == (2, 1)
    with pytest.raises(ValueError, match="group_width must divide all widths of blocks, here 16"):
        r3gan.build_generator((8, 8, 1), filters=4, expansion=2, group_width=3)


def test_a_score_is_the_product_of_features_and_a_vector_of_the_class():
    discriminator = r3gan.build_discriminator((8, 8, 1), filters=2, blocks=1, num_classes=3)
    embedding = next(la for la in discriminator.layers if hasattr(la, "embeddings"))
    vectors = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    embedding.embeddings.assign([vectors[0], vectors[1], vectors[0] + vectors[1]])
    images = ops.convert_to_tensor(make_images(1).repeat(3, axis=0))
    one, other, both = np.array(discriminator([images, ops.arange(3)]))[:, 0]
    assert one != other
    np.testing.assert_allclose(both, one + other, rtol=1e-4)


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
    judged = [
        gankit.Batch(make_images(8), scores=np.full((8, 1), score, "float32")) for score in (5, 6)
    ]
    gan.augment.probability.assign(0.5)
    gan.after_step(*judged)
    assert gan.augment.probability == 0.0
    gan.after_step(*judged[::-1])
    assert gan.augment.probability == 0.5
    history = gan.fit(make_images(8), batch_size=4, verbose=0).history
    assert np.isfinite([*history.values()]).all()
