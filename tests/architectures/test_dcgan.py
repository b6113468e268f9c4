import keras
import numpy as np
import pytest

from gankit.architectures import dcgan, sngan

COUNTS = [
    # By hand, 28x28x1, latent 100, 64 filters: Dense 100*4*4*256 = 409,600; batch norm 4*256;
    # 4*4*256*128 = 524,288; 4*128; 4*4*128*64 = 131,072; 4*64; 4*4*64*1 + 1 = 1,025.
    (
        (28, 28, 1),
        409_600 + 1_024 + 524_288 + 512 + 131_072 + 256 + 1_025,
        # 4*4*1*64 + 64; 4*4*64*128 + 128; 4*4*128*256 + 256; 4*4*256 + 1
        1_088 + 131_200 + 524_544 + 4_097,
    ),
    # 64x64x3: begins at 4x4x512, as the paper's networks with half of its filters.
    (
        (64, 64, 3),
        100 * 4 * 4 * 512
        + 2_048
        + 16 * 512 * 256
        + 1_024
        + 16 * 256 * 128
        + 512
        + 16 * 128 * 64
        + 256
        + 16 * 64 * 3
        + 3,
        16 * 3 * 64
        + 64
        + 16 * 64 * 128
        + 128
        + 16 * 128 * 256
        + 256
        + 16 * 256 * 512
        + 512
        + 4 * 4 * 512
        + 1,
    ),
]


@pytest.mark.parametrize(("image_shape", "generator_count", "discriminator_count"), COUNTS)
def test_parameter_counts(image_shape, generator_count, discriminator_count):
    assert dcgan.build_generator(image_shape).count_params() == generator_count
    assert dcgan.build_discriminator(image_shape).count_params() == discriminator_count


@pytest.mark.parametrize("image_shape", [(8, 8, 1), (28, 28, 3), (32, 64, 1), (31, 17, 3)])
def test_shapes_fit_each_other(image_shape):
    generator = dcgan.build_generator(image_shape, latent_dim=5, filters=2)
    discriminator = dcgan.build_discriminator(image_shape, filters=2)
    images = generator(np.random.default_rng(0).normal(size=(2, 5)))
    assert images.shape == (2, *image_shape)
    assert np.abs(images).max() <= 1
    assert discriminator(images).shape == (2, 1)


def test_no_sigmoid_no_pooling_and_dropout_where_asked():
    discriminator = dcgan.build_discriminator((32, 32, 3), filters=2, dropout=0.4)
    kinds = {type(layer) for layer in discriminator.layers}
    assert keras.layers.MaxPooling2D not in kinds
    assert discriminator.layers[-1].activation is keras.activations.linear
    rates = [la.rate for la in discriminator.layers if isinstance(la, keras.layers.Dropout)]
    assert rates == [0.4] * 3


def test_each_pixel_is_reached_equally_often():
    # All kernels 1: with a width that the stride divides, the inside of the image is flat.
    layer = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", kernel_initializer="ones")
    image = np.array(layer(np.ones((1, 6, 6, 1), "float32")))[0, 2:-2, 2:-2, 0]
    np.testing.assert_array_equal(image, np.full_like(image, 4))
    for build in (dcgan.build_generator, dcgan.build_discriminator):
        with pytest.raises(ValueError, match="kernel_size must be even, got 5"):
            build((8, 8, 1), kernel_size=5)


@pytest.mark.parametrize("build", [dcgan.build_generator, dcgan.build_discriminator])
@pytest.mark.parametrize(
    ("image_shape", "message"),
    [
        ((6, 6, 1), "at least 8"),
        ((64, 7, 1), "at least 8"),
        ((28, 28), r"\(height, width, channels\).*got \(28, 28\)"),
        ((28, 28, 0), "positive integers"),
    ],
)
def test_shapes_that_do_not_fit(build, image_shape, message):
    with pytest.raises(ValueError, match=message):
        build(image_shape)


def test_the_paper_s_initial_weights():
    for layer in dcgan.build_generator((64, 64, 3)).layers:
        if hasattr(layer, "kernel") and np.size(layer.kernel) > 10_000:
            np.testing.assert_allclose(np.std(np.array(layer.kernel)), 0.02, rtol=0.03)


def test_a_class_is_scored_by_its_projection():
    keras.utils.set_random_seed(0)
    discriminator = dcgan.build_discriminator((8, 8, 1), filters=4, num_classes=3)
    flat = next(x for x in discriminator.layers if isinstance(x, keras.layers.Flatten))
    vectors = next(x for x in discriminator.layers if isinstance(x, keras.layers.Embedding))
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    features = keras.Model(discriminator.inputs[0], flat.output).predict(images, verbose=0)
    scores = [
        discriminator.predict([images, np.full(2, number)], verbose=0)[:, 0] for number in (0, 2)
    ]
    weights = np.array(vectors.embeddings)
    np.testing.assert_allclose(
        scores[1] - scores[0], features @ (weights[2] - weights[0]), atol=1e-6
    )


@pytest.mark.parametrize("architecture", [dcgan, sngan])
def test_classes_are_embedded_in_float32_whatever_the_network_computes_in(architecture):
    keras.config.set_dtype_policy("mixed_bfloat16")
    discriminator = architecture.build_discriminator((8, 8, 1), filters=4, num_classes=3)
    layers = [getattr(layer, "layer", layer) for layer in discriminator.layers]
    embedding = next(x for x in layers if isinstance(x, keras.layers.Embedding))
    assert embedding.compute_dtype == "float32"
