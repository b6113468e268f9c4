"""A GAN of next frames: its terms by hand, and films that go on."""

import keras
import numpy as np
import pytest
from helpers import IMAGE_SHAPE, make_images, make_networks_of_frames

import gankit
from gankit import Batch
from gankit.gans.next_frame_gan import gradient_difference

FRAMES = make_images(2, (8, 8, 3))


def make_gan(**options):
    gan = gankit.NextFrameGAN(*make_networks_of_frames(), seed=0, **options)
    gan.compile()
    return gan


@pytest.mark.parametrize(("norm", "distance"), [(1, 0.5), (2, 0.25)])
def test_what_the_generator_pays(norm, distance):
    gan = make_gan(
        norm=norm, distance_weight=2.0, gradient_difference_weight=3.0, adversarial_weight=0.25
    )
    scores = np.zeros((2, 2), "float32")
    real = Batch(np.zeros((2, *IMAGE_SHAPE), "float32"))
    fake = Batch(np.full((2, *IMAGE_SHAPE), 0.5, "float32"), scores=scores)
    terms = gan.generator_losses(real, fake)
    assert set(terms) == {"adversarial", "distance", "gradient_difference"}
    np.testing.assert_allclose(terms["adversarial"], 0.25 * np.log(2), rtol=1e-6)
    np.testing.assert_allclose(terms["distance"], 2 * distance)
    np.testing.assert_allclose(terms["gradient_difference"], 0)


def test_gradient_difference_by_hand():
    real = np.array([[0.0, 1.0], [0.0, 1.0]], "float32")[None, ..., None]
    blurred = np.full_like(real, 0.5)
    # Nothing differs down; to the right two steps of 1 are missing, the mean of two.
    np.testing.assert_allclose(gradient_difference(real, blurred), 1.0)
    np.testing.assert_allclose(gradient_difference(real, 1 - real), 0)  # lengths, not directions
    np.testing.assert_allclose(gradient_difference(real, real.swapaxes(1, 2)), 2.0)


def test_a_film_goes_on_with_what_was_made():
    gan = make_gan()
    film = gan.generate_film(FRAMES, 3)
    assert film.shape == (2, 8, 8, 3)
    known = FRAMES
    for number in range(3):
        made = gan.generate(condition=known[..., -3:])
        np.testing.assert_array_equal(film[..., number, None], made)
        known = np.concatenate([known, made], axis=-1)
    pixels = np.uint8((FRAMES + 1) * 127.5)
    scaled = gan.generate_film(pixels / np.float32(127.5) - 1, 1)
    np.testing.assert_allclose(gan.generate_film(pixels, 1), scaled, atol=1e-5)
    with pytest.raises(ValueError, match=r"frames must have the shape \(n, \*\(8, 8, 3\)\)"):
        gan.generate_film(FRAMES[..., :2], 1)
    with pytest.raises(ValueError, match="num_frames must be an integer of at least 1"):
        gan.generate_film(FRAMES, 0)


def test_frames_of_colour():
    build = gankit.architectures.next_frame
    gan = gankit.NextFrameGAN(
        build.build_generator((8, 8, 3), 2, scales=1, filters=2),
        build.build_discriminator((8, 8, 3), 2, scales=1, filters=2),
    )
    assert gan.generate_film(np.zeros((1, 8, 8, 6)), 2).shape == (1, 8, 8, 6)


def test_what_can_t_be():
    with pytest.raises(ValueError, match="norm must be 1 or 2, got 3"):
        make_gan(norm=3)
    frames = keras.Input((4, 4, 2), name="condition")
    enlarges = keras.Model(frames, keras.layers.UpSampling2D()(frames[..., :1]))
    with pytest.raises(ValueError, match="takes frames of the size of the one it makes"):
        gankit.NextFrameGAN(enlarges, make_networks_of_frames()[1])
