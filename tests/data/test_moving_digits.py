"""Films of digits: where digits are, and that each film is a function of seed, epoch and index."""

import numpy as np
import pytest

from gankit import data
from gankit.data.moving_digits import bounce, place

# Two digits of 3x2 pixels that can be told apart.
DIGITS = np.array([np.full((3, 2, 1), 255), np.full((3, 2, 1), 127)], "uint8")


def make(**options):
    options = {"batch_size": 4, "num_films": 8, "image_size": (9, 12), "speed": 1.0} | options
    return data.moving_digits(DIGITS, **options)


def take(dataset):
    return [np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True)]


def test_shapes_and_range():
    following, given = take(make(next_frames=2))
    assert following.shape == (8, 9, 12, 2)
    assert given.shape == (8, 9, 12, 4)
    assert following.dtype == given.dtype == np.float32
    assert set(np.unique(given).round(2)) <= {-1.0, 1.0, round(127 / 127.5 - 1, 2)}


def test_digits_go_on_step_by_step():
    following, given = take(make(num_digits=1, next_frames=4))
    film = np.concatenate([given, following], axis=-1)
    corners = [
        [np.argwhere(frame > -1).min(axis=0) for frame in np.moveaxis(one, -1, 0)] for one in film
    ]
    steps = np.abs(np.diff(np.array(corners), axis=1))
    assert steps.max() <= 2  # a step of length 1, of rounded places
    assert steps.any(axis=(1, 2)).all()
    assert ((film > -1).sum(axis=(1, 2)) == 6).all()  # always whole


def test_walls_turn_them_back():
    places = bounce(np.array([[-1.0], [0.0], [4.0], [5.0], [7.0], [9.0]]), np.array([4.0]))
    np.testing.assert_allclose(places[:, 0], [1, 0, 4, 3, 1, 1])


def test_where_two_meet_the_lighter_pixel_shows():
    frame = place(DIGITS[..., 0], np.array([[[0, 0], [1, 1]]]), (5, 4))[0]
    by_hand = np.zeros((5, 4))
    by_hand[1:4, 1:3] = 127
    by_hand[:3, :2] = 255
    np.testing.assert_array_equal(frame, by_hand)


def test_films_follow_from_seed_epoch_and_index():
    dataset = make()
    first, second = take(dataset), take(dataset)
    assert not np.array_equal(first[0], second[0])
    again = make()
    np.testing.assert_array_equal(take(again)[1], first[1])
    np.testing.assert_array_equal(take(again)[1], second[1])
    np.testing.assert_array_equal(take(make(batch_size=8))[1], first[1])
    assert not np.array_equal(take(make(seed=1))[1], first[1])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"image_size": (2, 9)}, ValueError, "no larger than a frame"),
        ({"given_frames": 0}, ValueError, "given_frames must be an integer of at least 1, got 0"),
        ({"batch_size": 9}, ValueError, "larger than the data"),
    ],
)
def test_films_that_can_t_be(options, error, message):
    with pytest.raises(error, match=message):
        make(**options)


def test_digits_that_can_t_fly():
    with pytest.raises(TypeError, match="digits must be uint8"):
        data.moving_digits(DIGITS / np.float32(255), batch_size=1)
    with pytest.raises(ValueError, match="digits must be grey"):
        data.moving_digits(np.zeros((1, 3, 3, 3), "uint8"), batch_size=1)
