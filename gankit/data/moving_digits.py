"""Films of digits that bounce off the walls, made of real digits: Moving MNIST."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one, check_seed
from gankit.data import checks
from gankit.data.arrays import check_array
from gankit.data.batches import make_dataset
from gankit.data.draws import FILMS, draw
from gankit.data.images import scale
from gankit.data.source import make_order, make_source
from gankit.typing import Dataset, Size


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
        A dataset of pairs of float32 images in [-1, 1]: ``(batch_size, height, width,
        next_frames)`` and ``(batch_size, height, width, given_frames)``.

    Raises:
        ValueError: digits of another shape or larger than a frame, numbers below 1, a batch larger
            than an epoch.
        TypeError: digits that are not uint8.

    Examples:
        >>> films = data.moving_digits(digits, batch_size=2, num_films=10, image_size=(48, 48))
        >>> [ops.shape(part) for part in next(iter(films))]
        [(2, 48, 48, 1), (2, 48, 48, 4)]
    """
    check_seed(seed)
    checks.check_batch_size(batch_size, num_films)
    image_size = checks.check_size(image_size, "image_size")
    checked = check_digits(digits, image_size)
    counts = {"given_frames": given_frames, "next_frames": next_frames, "num_digits": num_digits}
    for name, value in counts.items():
        check_at_least_one(name, value)
    numbers = draw((num_films, num_digits, 4), seed, FILMS)
    room = np.array(image_size) - checked.shape[1:]
    times = np.arange(given_frames + next_frames)[:, None, None]

    def make_film(numbers):
        flying = checked[(numbers[:, 0] * len(checked)).astype(int)]
        angles = 2 * np.pi * numbers[:, 1]
        velocities = speed * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
        places = bounce(numbers[:, 2:] * room + times * velocities, room)
        return place(flying, np.rint(places).astype(int), image_size)

    def read(indices, epoch):
        films = np.stack([make_film(one) for one in numbers(epoch)[indices]])
        films = scale(np.moveaxis(films, 1, -1), (-1.0, 1.0))
        return films[..., given_frames:], films[..., :given_frames]

    order = make_order(num_films, seed, shuffle=False)
    parts = [((*image_size, number), "float32") for number in (next_frames, given_frames)]
    return make_dataset(make_source(read, order, num_films, batch_size, parts))


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


def bounce(places: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Returns places that went straight on as if walls at 0 and ``room`` had turned them back."""
    room = np.maximum(room, 1e-6)  # a digit as large as the frame stays where it is
    return room - np.abs(places % (2 * room) - room)


def place(digits: np.ndarray, corners: np.ndarray, image_size: Size) -> np.ndarray:
    """Returns frames with digits in them.

    Args:
        digits: uint8 ``(digits, height, width)``.
        corners: integers ``(frames, digits, 2)``: row and column of each digit's upper left pixel.
        image_size: ``(height, width)`` of a frame.

    Returns:
        uint8 ``(frames, height, width)``.
    """
    height, width = digits.shape[1:]
    frames = np.zeros((len(corners), *image_size), np.uint8)
    for frame, places in zip(frames, corners, strict=True):
        for digit, (top, left) in zip(digits, places, strict=True):
            covered = frame[top : top + height, left : left + width]
            np.maximum(covered, digit, out=covered)
    return frames
