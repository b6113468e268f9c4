"""Films of digits that bounce off the walls, made of real digits: Moving MNIST."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one, check_seed
from gankit.data import checks
from gankit.data.arrays import check_array
from gankit.data.epochs import batches, draw
from gankit.data.images import scale
from gankit.data.lazy import tf
from gankit.typing import Dataset, Size, Tensor


def moving_digits(
    digits: ArrayLike,
    *,
    batch_size: int,
    num_films: int = 10_000,
    given_frames: int = 4,
    next_frames: int = 1,
    num_digits: int = 2,
    image_size: Size = (64, 64),
    speed: float = 3.6,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of the next frames of films, and the frames before them.

    In each film some digits fly through the picture, each straight on in a direction of its own
    until it bounces off the border; where two meet, the lighter pixel shows. Images are the next
    frames, the condition is the frames before; both have their frames as channels, in the order of
    time. Every epoch has new films, a function of ``seed``, the epoch's number and the film's
    alone (Srivastava et al. 2015, "Unsupervised Learning of Video Representations using LSTMs",
    arXiv:1502.04681, section 3.1).

    Args:
        digits: uint8 ``(n, height, width, 1)``, light on black, as ``sample_digits`` gives them.
        batch_size: films a batch.
        num_films: how many films an epoch has.
        given_frames: how many frames the condition holds.
        next_frames: how many follow.
        num_digits: how many fly in a film, drawn from all.
        image_size: ``(height, width)`` of a frame in pixels.
        speed: of a digit, in pixels a frame.
        seed: integer.

    Returns:
        A ``tf.data.Dataset`` of pairs of float32 images in [-1, 1]: ``(batch_size, height, width,
        next_frames)`` and ``(batch_size, height, width, given_frames)``.

    Raises:
        ValueError: digits of another shape or larger than a frame, numbers below 1, a batch larger
            than an epoch.
        TypeError: digits that are not uint8.
    """
    check_seed(seed)
    checks.check_batch_size(batch_size, num_films)
    image_size = checks.check_size(image_size, "image_size")
    checked = check_digits(digits, image_size)
    counts = {"given_frames": given_frames, "next_frames": next_frames, "num_digits": num_digits}
    for name, value in counts.items():
        check_at_least_one(name, value)
    num_frames = given_frames + next_frames
    size = np.array(checked.shape[1:])
    room = tf.constant(np.array(image_size) - size, tf.float32)
    with tf.device("CPU:0"):
        stored = tf.constant(checked)

    def make_film(index, epoch):
        draws = draw((num_digits, 4), seed, epoch, index)
        flying = tf.gather(stored, tf.cast(draws[:, 0] * len(stored), tf.int32))
        angles = 2 * np.pi * draws[:, 1]
        velocities = speed * tf.stack([tf.sin(angles), tf.cos(angles)], axis=-1)
        times = tf.range(num_frames, dtype=tf.float32)[:, None, None]
        places = bounce(draws[:, 2:] * room + times * velocities, room)
        frames = place(flying, tf.cast(tf.round(places), tf.int32), image_size)
        frames = scale(tf.transpose(frames, (1, 2, 0)), (-1.0, 1.0))
        return frames[..., given_frames:], frames[..., :given_frames]

    def take(indices, epoch):
        films = indices.unbatch().map(
            lambda index: make_film(index, epoch), num_parallel_calls=tf.data.AUTOTUNE
        )
        return films.batch(batch_size, drop_remainder=True)

    return batches(take, num_films, batch_size, shuffle=False, seed=seed)


def check_digits(digits: ArrayLike, image_size: Size) -> np.ndarray:
    """Returns digits as uint8 ``(n, height, width)``, or says what is wrong with them."""
    digits = np.asarray(digits)
    if digits.dtype != np.uint8:
        raise TypeError(f"digits must be uint8, light on black, got {digits.dtype}.")
    digits = check_array(digits, (-1.0, 1.0))
    if digits.shape[-1] != 1 or (np.array(digits.shape[1:3]) > image_size).any():
        raise ValueError(
            f"digits must be grey, and no larger than a frame of {image_size}, got the shape "
            f"{digits.shape}."
        )
    return digits[..., 0]


def bounce(places: Tensor, room: Tensor) -> Tensor:
    """Returns places that went straight on as if walls at 0 and ``room`` had turned them back."""
    room = tf.maximum(room, 1e-6)  # a digit as large as the frame stays where it is
    return room - tf.abs(tf.math.floormod(places, 2 * room) - room)


def place(digits: Tensor, corners: Tensor, image_size: Size) -> Tensor:
    """Returns frames with digits in them.

    Args:
        digits: uint8 ``(digits, height, width)``.
        corners: int32 ``(frames, digits, 2)``: row and column of each digit's upper left pixel.
        image_size: ``(height, width)`` of a frame.

    Returns:
        uint8 ``(frames, height, width)``.
    """
    # A digit is moved by matrices: which of its rows is which row of the frame, and columns so.
    rows, columns = (
        tf.one_hot(corners[..., axis, None] + tf.range(digits.shape[1 + axis]), image_size[axis])
        for axis in (0, 1)
    )
    moved = tf.einsum("fdyi,dyx,fdxj->fdij", rows, tf.cast(digits, tf.float32), columns)
    return tf.cast(tf.reduce_max(moved, axis=1), tf.uint8)
