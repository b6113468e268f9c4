"""Discriminator rejection sampling: what is generated too often is thrown away as often."""

import numpy as np

from gankit.checks import check_at_least_one
from gankit.gans.gan import GAN
from gankit.latents.candidates import Calibration, Candidates, Sampled, chunks, join, sigmoid
from gankit.typing import Structure

EPSILON = 1e-8  # keeps the logarithm finite at the largest ratio
MOST_CANDIDATES = 2000  # for an image


def rejection_sampling(
    gan: GAN,
    num_images: int,
    *,
    condition: Structure = None,
    calibration: Calibration | None = None,
    percentile: float | None = None,
    burn_in: int = 10_000,
    seed: int | None = None,
    ema: bool = True,
    batch_size: int = 256,
) -> Sampled:
    """Returns images that were accepted by their density ratio.

    A candidate is accepted with the probability p_data / p_generator, divided by the largest such
    ratio, so that with the best discriminator what is left has the data's distribution.

    Args:
        gan: a trained ``GAN``.
        num_images: how many to return.
        condition: what the generator is given, a row for each image, or one for all of them.
        calibration: from scores to log ratios, see ``calibrate``; None takes scores as they are.
        percentile: None accepts by the ratio, exactly. In high dimensions next to nothing is
            accepted then; p, such as 80, accepts half of the candidates at the p-th percentile of
            the ratios, and more above it: clearer images, though no longer the data's distribution.
        burn_in: candidates that are made first, to find the largest ratio. It goes on to be
            updated.
        seed: integer, for the same images each time; None draws new ones.
        ema: whether to use the average generator, if there is one.
        batch_size: candidates at once.

    Raises:
        ValueError: numbers or shapes that don't fit.
        RuntimeError: 2,000 candidates for each image were not enough.

    Examples:
        >>> sampled = latents.rejection_sampling(
        ...     gan, 4, condition=7, percentile=80, burn_in=64, seed=0, batch_size=64
        ... )
        >>> sampled.images.shape
        (4, 28, 28, 1)

    See Also:
        ``langevin_sampling`` and ``metropolis_hastings``; [better samples of a trained
        GAN](../gallery.md#better-samples-of-a-trained-gan) compares them.

    References:
        Azadi et al. 2018, "Discriminator Rejection Sampling", arXiv:1810.06758.
    """
    check_at_least_one("num_images", num_images)
    check_at_least_one("burn_in", burn_in)
    candidates = Candidates.of(gan, seed, ema, batch_size, calibration)
    condition = gan.check_given(condition, num_images)
    uniform = np.random.default_rng(seed)
    pending = np.arange(num_images)
    first = np.concatenate(
        [
            candidates.draw(part, condition).log_ratios
            for part in chunks(np.resize(pending, burn_in), batch_size)
        ]
    )
    largest, shift = first.max(), 0.0
    if percentile is not None:
        shift = np.percentile(logits_of_acceptance(first, largest), percentile)
    places, kept = [], []
    for _ in range(-(-MOST_CANDIDATES * num_images // batch_size)):
        asked = np.resize(pending, batch_size)  # several tries for each, when few are left
        drawn = candidates.draw(asked, condition)
        largest = max(largest, drawn.log_ratios.max())
        logits = logits_of_acceptance(drawn.log_ratios, largest) - shift
        accepted = np.flatnonzero(uniform.random(batch_size) < sigmoid(logits))
        found, earliest = np.unique(asked[accepted], return_index=True)
        places.append(found)
        kept.append(drawn.rows(accepted[earliest]))
        pending = np.setdiff1d(pending, found)
        if not len(pending):
            return join(kept).rows(np.argsort(np.concatenate(places)))
    raise RuntimeError(
        f"{MOST_CANDIDATES} candidates for each image were not enough: {len(pending)} of "
        f"{num_images} are missing. Take a percentile, such as 80, or calibrate the scores."
    )


def logits_of_acceptance(log_ratios: np.ndarray, largest: float) -> np.ndarray:
    """Returns F of the paper's equation 8, without its shift: its sigmoid is ratio / largest."""
    below = log_ratios.astype("float64") - largest
    return below - np.log(-np.expm1(below - EPSILON))
