"""Metropolis-Hastings sampling: chains of generated images that end at the data's distribution."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one
from gankit.gans.gan import GAN
from gankit.latents.candidates import Calibration, Candidates, Sampled, chunks, join
from gankit.typing import Structure


def metropolis_hastings(
    gan: GAN,
    num_images: int,
    *,
    condition: Structure = None,
    calibration: Calibration | None = None,
    real: ArrayLike | None = None,
    steps: int = 640,
    seed: int | None = None,
    ema: bool = True,
    batch_size: int = 256,
) -> Sampled:
    """Returns the ends of Markov chains of generated images, one for each image.

    In each step a candidate takes the place of a chain's image with the probability min(1, its
    ratio p_data / p_generator, divided by that of the image). Unlike rejection sampling it needs no
    largest ratio. ``steps`` images are made for each that is returned.

    Args:
        gan: a trained ``GAN``.
        num_images: how many to return.
        condition: what the generator is given, a row for each image, or one for all of them.
        calibration: from scores to log ratios, see ``calibrate``; None takes scores as they are.
        real: images that were held out, whose ratios chains begin with, each in turn; with a
            condition as many as ``num_images``, which meet it. A chain that never leaves its real
            image begins once more at a generated one. None begins at generated ones.
        steps: of each chain.
        seed: integer, for the same images each time; None draws new ones.
        ema: whether to use the average generator, if there is one.
        batch_size: chains at once.

    Raises:
        ValueError: numbers or shapes that don't fit.

    Examples:
        >>> sampled = latents.metropolis_hastings(gan, 4, condition=7, steps=16, seed=0)
        >>> sampled.images.shape
        (4, 28, 28, 1)

    References:
        Turner et al. 2018, "Metropolis-Hastings Generative Adversarial Networks", arXiv:1811.11357.
    """
    check_at_least_one("num_images", num_images)
    check_at_least_one("steps", steps)
    candidates = Candidates.of(gan, seed, ema, batch_size, calibration)
    condition = gan.check_given(condition, num_images)
    rows, starts = np.arange(num_images), None
    if real is not None:
        scores = candidates.scores(real, condition)
        starts = np.resize(candidates.calibration.log_ratios(scores), num_images)
    uniform = np.random.default_rng(seed)
    ends = []
    for part in chunks(rows, batch_size):
        chain, left = run_chains(candidates, part, condition, starts, steps, uniform)
        if not left.all():
            again, _ = run_chains(candidates, part[~left], condition, None, steps, uniform)
            filled = np.zeros(len(part), int)
            filled[~left] = np.arange(len(part), len(part) + len(again.log_ratios))
            chain = join([chain, again]).rows(np.where(left, np.arange(len(part)), filled))
        ends.append(chain)
    return join(ends)


def run_chains(
    candidates: Candidates,
    rows: np.ndarray,
    condition: Structure,
    starts: np.ndarray | None,
    steps: int,
    uniform: np.random.Generator,
) -> tuple[Sampled, np.ndarray]:
    """Returns the ends of chains, and which of them have left their real start.

    Args:
        candidates: what is proposed.
        rows: of the condition, one for each chain.
        condition: all of it.
        starts: log ratios of real images, one for each row of the condition; None for none.
        steps: of each chain.
        uniform: a generator of random numbers.
    """
    state = candidates.draw(rows, condition)
    left = np.full(len(rows), starts is None)
    if starts is not None:
        state = state._replace(log_ratios=starts[rows])
    for _ in range(steps):
        proposed = candidates.draw(rows, condition)
        accepted = uniform.random(len(rows)) < acceptance(proposed.log_ratios, state.log_ratios)
        both = join([state, proposed])
        state = both.rows(np.arange(len(rows)) + len(rows) * accepted)
        left |= accepted
    return state, left


def acceptance(proposed: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Returns min(1, (1 / D(x) - 1) / (1 / D(x') - 1)) of log ratios, x' being what is proposed."""
    return np.exp(np.minimum(0.0, proposed.astype("float64") - present))
