"""The changes of ADA, each by hand, and what they do together."""

import keras
import numpy as np
import pytest
from helpers import make_images
from keras import ops

from gankit.augment import AugmentPipe
from gankit.augment.ada import CHANGES, GROUPS
from gankit.augment.matrices import (
    brightness,
    compose,
    contrast,
    hue,
    luma_flip,
    quarter_turns,
    rotation,
    saturation,
    scaling,
    translation,
)
from gankit.augment.resampling import (
    POWER,
    amplify,
    band_filters,
    move,
    move_whole_pixels,
    recolor,
    reflect,
)
from gankit.differentiation import gradient_by_inputs

PHOTOS = make_images(300, (16, 16, 3), seed=3)


def tensor(values):
    return ops.convert_to_tensor(np.array(values, "float32"))


def changed(policy, images, probability=1.0):
    layer = AugmentPipe(policy, probability)
    layer.seed_generator = keras.random.SeedGenerator(0)
    return np.array(layer(images, training=True))


def test_nothing_changes_where_nothing_is_to():
    np.testing.assert_array_equal(changed(CHANGES, PHOTOS, probability=0.0), PHOTOS)
    grey = PHOTOS[..., :1]
    np.testing.assert_array_equal(changed(CHANGES, grey, probability=0.0), grey)
    np.testing.assert_array_equal(AugmentPipe(CHANGES)(PHOTOS, training=False), PHOTOS)


IMAGE = np.arange(12, dtype="float32").reshape(1, 3, 4, 1) + 1


@pytest.mark.parametrize("apply", [move, move_whole_pixels])
def test_pixels_move_by_hand(apply):
    np.testing.assert_array_equal(
        apply(IMAGE, scaling(tensor([-1.0]), tensor([1.0]))), IMAGE[:, :, ::-1]
    )
    # From one column to the right and one row above; beyond the edges, reflected.
    moved = np.array(apply(IMAGE, translation(tensor([1.0]), tensor([-1.0]))))
    np.testing.assert_array_equal(moved[0, :, :, 0], IMAGE[0, [1, 0, 1]][:, [1, 2, 3, 2], 0])
    square = IMAGE[:, :, :3]
    turned = apply(square, quarter_turns(tensor([1.0])))
    assert any(np.array_equal(turned, np.rot90(square, k, axes=(1, 2))) for k in (1, 3))


def test_oblong_images_are_turned_to_whole_pixels():
    turned = np.array(move_whole_pixels(IMAGE, quarter_turns(tensor([1.0]))))
    assert set(turned[0, 1, 1:3, 0]) <= set(IMAGE[0, :, 1:3, 0].ravel())  # from the middle


def test_values_between_pixels():
    moved = move(IMAGE, translation(tensor([0.25]), tensor([0.5])))
    # A pixel to the right adds 1, one below 4.
    np.testing.assert_allclose(moved[0, :2, :3, 0], IMAGE[0, :2, :3, 0] + 0.25 + 2, rtol=1e-6)


def test_places_beyond_the_edges():
    places = reflect(tensor([-2.0, -1.0, 0.0, 3.0, 4.0, 5.5, 7.0, 60.0]), 4)
    np.testing.assert_allclose(places, [2.0, 1.0, 0.0, 3.0, 2.0, 0.5, 1.0, 3.0])


def test_a_turn_and_its_inverse():
    angle = tensor([0.3, -2.0])
    product = compose(rotation(angle), rotation(-angle))
    np.testing.assert_allclose(product, np.tile(np.eye(3), (2, 1, 1)), atol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (brightness(tensor([0.5])), [0.5, 1.5, 0.5]),
        (contrast(tensor([2.0])), [0.0, 2.0, 0.0]),
        (luma_flip(tensor([1.0])), [-2 / 3, 1 / 3, -2 / 3]),  # the part along grey is 1/3 each
        (saturation(tensor([0.0])), [1 / 3, 1 / 3, 1 / 3]),
        (hue(tensor([2 * np.pi / 3])), [0.0, 0.0, 1.0]),  # a third of a circle: the next channel
    ],
)
def test_colours_by_hand(matrix, expected):
    green = tensor([[[[0.0, 1.0, 0.0]]]])
    np.testing.assert_allclose(np.ravel(recolor(green, matrix)), expected, atol=1e-6)


def test_grey_images_stay_grey():
    images = tensor([[[[0.5]]]])
    np.testing.assert_allclose(np.ravel(recolor(images, contrast(tensor([3.0])))), [1.5])
    np.testing.assert_allclose(np.ravel(recolor(images, luma_flip(tensor([1.0])))), [-0.5])
    np.testing.assert_allclose(np.ravel(recolor(images, hue(tensor([1.0])))), [0.5], rtol=1e-6)


def test_bands_add_up_to_everything():
    filters = band_filters()
    delta = np.zeros(43)
    delta[21] = 1
    np.testing.assert_allclose(filters.sum(axis=0), delta, atol=1e-7)
    frequencies = np.abs(np.fft.rfft(filters, 512))  # of 0 to pi
    for band, (low, high) in enumerate([(0, 32), (32, 64), (64, 128), (128, 257)]):
        middle = frequencies[:, (low + high) // 2]
        assert middle.argmax() == band
        assert middle[band] > 0.7
    np.testing.assert_allclose(POWER.sum(), 1)


def test_the_highest_band_is_a_chessboard():
    board = (np.indices((16, 16)).sum(axis=0) % 2 * 2 - 1).astype("float32")[None, ..., None]
    # Rows and columns are filtered one after the other.
    np.testing.assert_allclose(amplify(board, tensor([[1, 1, 1, 2]])), 4 * board, rtol=1e-4)
    flat = np.ones_like(board)
    np.testing.assert_allclose(amplify(flat, tensor([[1, 1, 1, 2]])), flat, rtol=1e-4)


def test_what_changes_do_on_average():
    flat = np.full((2000, 4, 4, 3), 0.5, "float32")

    def means(policy):
        return changed([policy], flat).mean(axis=(1, 2, 3))

    np.testing.assert_allclose(means("brightness").mean(), 0.5, atol=0.02)
    np.testing.assert_allclose(means("brightness").std(), 0.2, atol=0.02)
    np.testing.assert_allclose(np.log2(means("contrast") / 0.5).std(), 0.5, atol=0.05)
    np.testing.assert_allclose((means("luma_flip") < 0).mean(), 0.5, atol=0.05)
    np.testing.assert_allclose(means("hue"), 0.5, rtol=1e-5)
    # Noise has the deviation |N(0, 0.1)|, whose square is 0.01 on average.
    noise = changed(["noise"], flat) - flat
    np.testing.assert_allclose(np.square(noise).mean(), 0.01, atol=0.002)
    cut = (changed(["cutout"], flat) == 0).mean(axis=(1, 2, 3))
    assert cut.max() == 0.25
    moved = np.zeros((2000, 16, 16, 1), "float32")
    moved[:, :, 8:] = 1.0
    middle = changed(["shift"], moved).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(middle.mean(), 0.5, atol=0.02)
    flipped = changed(["flip"], moved)[:, 0, 0, 0]
    np.testing.assert_allclose(flipped.mean(), 0.5, atol=0.05)


def test_a_share_of_images_is_changed():
    turned = (changed(["rotation"], PHOTOS, 0.3) != PHOTOS).any(axis=(1, 2, 3))
    np.testing.assert_allclose(turned.mean(), 0.3, atol=0.08)  # by either of two turns


def test_blitting_keeps_all_values():
    images = np.random.default_rng(0).permuted(np.tile(np.arange(256.0), (50, 1)), axis=1)
    images = images.reshape(50, 16, 16, 1).astype("float32")
    new = changed(["flip", "quarter_turn"], images)
    np.testing.assert_array_equal(np.sort(new.reshape(50, -1)), np.tile(np.arange(256.0), (50, 1)))
    assert (new != images).any(axis=(1, 2, 3)).mean() > 0.7


@pytest.mark.parametrize("policy", [[*GROUPS], ["filter", "noise", "cutout"]])
def test_gradients_flow(policy):
    layer, images = AugmentPipe(policy), tensor(PHOTOS[:4])
    gradient = np.array(gradient_by_inputs(lambda x: layer(x) ** 2, images))
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).sum(axis=(1, 2, 3)) > 0).all()
