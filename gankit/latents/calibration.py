"""Calibration: what a discriminator's scores say of ratios of densities."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.gans.gan import GAN
from gankit.latents.candidates import Calibration, Candidates, chunks, sigmoid
from gankit.typing import Structure

NEWTON_STEPS = 50
SMALLEST = 1e-12  # curvature


def calibrate(
    gan: GAN,
    real: ArrayLike | Structure,
    *,
    condition: Structure = None,
    seed: int | None = None,
    ema: bool = True,
    batch_size: int = 256,
) -> Calibration:
    """Returns how a discriminator's scores become log ratios of densities.

    Fits a logistic regression from scores to "is real", on real images that were not trained on
    and as many generated ones (Platt 1999, with his targets, which stop short of 0 and 1). So
    scores of any loss will do, as far as they rise with the ratio, and generated images of the
    average generator, which the discriminator was not trained on.

    Args:
        gan: a trained ``GAN``.
        real: images ``(n, height, width, channels)`` that were held out, some thousands.
        condition: of the real images, a row for each, where the GAN takes one.
        seed: integer, which determines the generated images; None draws new ones each time.
        ema: whether those are the average generator's, if there is one.
        batch_size: images per pass; affects only memory and speed.

    Raises:
        ValueError: images of another shape or range, or scores that are not higher for real images.

    Examples:
        >>> calibration = latents.calibrate(gan, images, condition=labels[:64], seed=0)
        >>> calibration.slope > 0
        True
        >>> latents.metropolis_hastings(
        ...     gan, 2, condition=7, calibration=calibration, steps=4
        ... ).images.shape
        (2, 28, 28, 1)

    References:
        Turner et al. 2018, "Metropolis-Hastings Generative Adversarial Networks",
        arXiv:1811.11357, section 3.2.
    """
    candidates = Candidates.of(gan, seed, ema, batch_size)
    on_real = candidates.scores(real, condition)
    condition = gan.check_given(condition, len(on_real))
    rows = np.arange(len(on_real))
    on_fake = np.concatenate(
        [candidates.draw(part, condition).log_ratios for part in chunks(rows, batch_size)]
    )
    scores = np.concatenate([on_real, on_fake]).astype("float64")
    is_real = np.repeat([1.0, 0.0], len(on_real))
    slope, offset = fit_logistic(scores, is_real)
    if slope <= 0:
        raise ValueError(
            "The discriminator's scores are no higher for these real images than for generated "
            f"ones: the mean is {on_real.mean():.3g} and {on_fake.mean():.3g}. Train it longer."
        )
    shares = sigmoid(scores)
    z = np.sum(is_real - shares) / np.sqrt(np.sum(shares * (1 - shares)))
    return Calibration(slope, offset, float(z))


def fit_logistic(scores: np.ndarray, is_real: np.ndarray) -> tuple[float, float]:
    """Returns slope and offset of a logistic regression, by Newton's method."""
    number = is_real.sum()
    targets = np.where(is_real > 0, number + 1, 1) / (number + 2)
    center, spread = scores.mean(), scores.std() or 1.0
    inputs = np.column_stack([(scores - center) / spread, np.ones_like(scores)])
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        shares = sigmoid(inputs @ weights)
        curvature = inputs.T @ (inputs * (shares * (1 - shares))[:, None]) + SMALLEST * np.eye(2)
        weights += np.linalg.solve(curvature, inputs.T @ (targets - shares))
    slope = weights[0] / spread
    return float(slope), float(weights[1] - slope * center)
