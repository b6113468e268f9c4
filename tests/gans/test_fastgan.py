"""What a FastGAN's discriminator pays for what its decoders miss, by hand."""

import keras
import numpy as np
import pytest
from helpers import make_images, make_networks_and_decoders
from keras import layers, ops

import gankit
from gankit import Batch, losses

SHAPE = (8, 8, 1)


def repeat(shape, channels=1):
    """Returns a network that repeats what it gets, but for what it adds."""
    maps = keras.Input(shape)
    convolution = layers.Conv2D(channels, 1, kernel_initializer="ones")
    return keras.Model(maps, convolution(maps))


def make_gan(part_shape=(3, 2, 1), **options):
    """Returns a GAN whose discriminator finds the image itself, and half of it in size."""
    images = keras.Input(SHAPE, name="images")
    scores = layers.Dense(1)(layers.Flatten()(images))
    coarse, finer = layers.AveragePooling2D(2)(images), layers.Activation("linear")(images)
    discriminator = keras.Model(images, [scores, coarse, finer])
    generator = keras.Sequential([keras.Input((4,)), layers.Dense(64), layers.Reshape(SHAPE)])
    decoders = repeat((4, 4, 1)), repeat(part_shape)
    gan = gankit.FastGAN(generator, discriminator, *decoders, seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def reconstruction(gan, images, heads):
    images, *heads = map(ops.convert_to_tensor, (images, *heads))
    scores = ops.zeros((len(images), 1))
    real = Batch(images, shown=images, scores=scores, heads=tuple(heads))
    return float(gan.discriminator_losses(real, real)["reconstruction"])


def test_reconstruction_by_hand():
    gan = make_gan(reconstruction_weight=2.0)
    even = np.full((2, *SHAPE), 0.1, "float32")
    # The whole image is off by 0.3, and the part, wherever it is, by 0.05.
    heads = np.full((2, 4, 4, 1), 0.4, "float32"), np.full((2, *SHAPE), 0.15, "float32")
    assert reconstruction(gan, even, heads) == pytest.approx(2 * (0.3 + 0.05), rel=1e-5)


def test_the_part_of_the_map_is_that_of_the_image():
    gan, images = make_gan(), make_images(2)
    halves = np.array(ops.image.resize(images, (4, 4), antialias=True))
    for _ in range(5):
        assert reconstruction(gan, images, (halves, images)) == pytest.approx(0, abs=1e-6)
    finer = np.arange(16, dtype="float32").reshape(1, 4, 4, 1) + np.zeros((2, 1, 1, 1), "float32")
    images = np.kron(finer, np.ones((1, 2, 2, 1), "float32"))  # of twice the size
    rows, columns = set(), set()
    for _ in range(30):
        part, region = map(np.array, gan.cut(ops.convert_to_tensor(finer), images))
        assert part.shape == (2, 3, 2, 1)
        np.testing.assert_array_equal(region, np.kron(part, np.ones((1, 2, 2, 1))))
        rows.add(part[0, 0, 0, 0] // 4)
        columns.add(part[0, 0, 0, 0] % 4)
    assert (rows, columns) == ({0, 1}, {0, 1, 2})  # 3 of 4 rows, 2 of 4 columns


def test_a_network_of_features_compares_and_is_not_trained(tmp_path):
    features = keras.Sequential([layers.Conv2D(2, 1, kernel_initializer="ones")])
    features.build((None, None, None, 1))
    gan = make_gan(features=features)
    images, heads = make_images(2), (np.zeros((2, 4, 4, 1), "float32"), make_images(2, seed=1))
    plain = make_gan()
    plain.training_seed.state.assign(gan.training_seed.state)
    expected = reconstruction(plain, images, heads)  # of equal channels, whose sum is one pixel
    assert reconstruction(gan, images, heads) == pytest.approx(expected, rel=1e-5)
    features.layers[0].kernel.assign([[[[3.0, 3.0]]]])
    plain.training_seed.state.assign(gan.training_seed.state)
    expected = 3 * reconstruction(plain, images, heads)
    assert reconstruction(gan, images, heads) == pytest.approx(expected, rel=1e-5)
    gan.fit(make_images(8), batch_size=4, verbose=0)
    np.testing.assert_array_equal(features.layers[0].kernel, 3.0)
    gan.save(tmp_path / "gan.keras")
    np.testing.assert_array_equal(gankit.load(tmp_path / "gan.keras").features.get_weights()[0], 3)


def test_its_loss_is_hinge_with_noisy_margins():
    gan = gankit.FastGAN(*make_networks_and_decoders())
    gan.compile()
    assert isinstance(gan.loss, losses.Hinge)
    assert gan.loss.margin_noise == 0.2
    assert gan.penalty is None


def test_decoders_are_trained_by_the_discriminators_phase_alone():
    gan = gankit.FastGAN(*make_networks_and_decoders(), seed=0)
    gan.compile(run_eagerly=True)
    history = gan.fit(make_images(8), batch_size=4, verbose=0).history
    assert history["discriminator_reconstruction"][0] > 0
    assert "generator_reconstruction" not in history
    trained = {id(variable) for variable in gan.phases["discriminator"].variables}
    assert {id(v) for v in gan.part_decoder.trainable_variables} <= trained


def test_networks_that_do_not_fit():
    generator, discriminator, decoder, part_decoder = make_networks_and_decoders()

    def make(*networks):
        return gankit.FastGAN(*networks)

    scores = keras.Model(discriminator.input, discriminator.output[0])
    with pytest.raises(ValueError, match="scores and two maps of features"):
        make(generator, scores, decoder, part_decoder)
    with pytest.raises(ValueError, match=r"decoder takes maps .* but the coarse ones are"):
        make(generator, discriminator, part_decoder, part_decoder)
    with pytest.raises(ValueError, match="no parts of the finer ones"):
        make(generator, discriminator, decoder, decoder)
    with pytest.raises(ValueError, match="must draw 1 channels"):
        make(generator, discriminator, decoder, repeat(part_decoder.input_shape[1:], 3))
    with pytest.raises(TypeError, match="features must be None or a Keras layer"):
        gankit.FastGAN(generator, discriminator, decoder, part_decoder, features="vgg")
