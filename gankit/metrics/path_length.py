"""The perceptual path length: how smoothly images change with their latents."""

import keras
import numpy as np

from gankit.checks import check_at_least_one
from gankit.metrics.features import extract
from gankit.training.random import derive_seed
from gankit.training.sampling import Sampling
from gankit.typing import Structure

PERCENTILES = 1, 99  # outside which distances don't count, so that no single jump decides


def perceptual_path_length(
    gan: Sampling,
    extractor: keras.Model | None = None,
    *,
    num_images: int = 1000,
    condition: Structure = None,
    epsilon: float = 1e-4,
    seed: int = 0,
    batch_size: int | None = None,
) -> float:
    """Returns the mean squared distance of two images a small step apart, over the step squared.

    Small for a generator whose images change smoothly. Each way begins at a random latent, goes
    towards another one along the sphere, and ends after a share ``epsilon`` of it. Distances below
    the 1st percentile and above the 99th are left out. In the extractor's features squared, so
    compare values of one extractor only.

    Args:
        gan: a GAN whose generator takes one latent vector.
        extractor: extracts the features of images; None for ``extractors.inception()``. Not
            ``extractors.inception_2015``, which rounds images to 256 levels: a small step is lost.
        num_images: how many pairs of images.
        condition: what the generator is given, as in ``gan.generate``.
        epsilon: length of a step, as a share of the way from one latent to another.
        seed: integer, for the same latents each time.
        batch_size: images per pass, see ``extract``; affects only memory and speed.

    Raises:
        ValueError: a generator without a latent vector, numbers that are out of range.

    Examples:
        >>> length = metrics.perceptual_path_length(
        ...     gan, metrics.extractors.digits(), num_images=20, condition=7, epsilon=0.01
        ... )
        >>> length > 0
        True

    References:
        Karras et al. 2018, "A Style-Based Generator Architecture for Generative Adversarial
        Networks", arXiv:1812.04948, section 4.1, with the ends of ways, as in StyleGAN2's code.
    """
    check_at_least_one("num_images", num_images)
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must be above 0 and at most 1, got {epsilon!r}.")
    if gan.latent_dim is None:
        raise ValueError("A path goes through latents, but this generator takes no latent vector.")
    starts, ends = (
        np.asarray(gan.sample_latents(num_images, seed=derive_seed(seed, number)), np.float64)
        for number in (0, 1)
    )
    pairs = starts, turn(starts, ends, epsilon)
    features = [
        extract(
            gan.generate(num_images, condition, latents.astype(np.float32), seed=seed),
            extractor,
            batch_size=batch_size,
            verbose=0,
        ).values.astype(np.float64)
        for latents in pairs
    ]
    distances = np.square(features[1] - features[0]).sum(axis=1) / epsilon**2
    low = np.percentile(distances, PERCENTILES[0], method="lower")
    high = np.percentile(distances, PERCENTILES[1], method="higher")
    return float(distances[(distances >= low) & (distances <= high)].mean())


def turn(starts: np.ndarray, ends: np.ndarray, share: float) -> np.ndarray:
    """Returns latents turned by a share of the angle to others, each keeping its length."""
    length = np.linalg.norm(starts, axis=1, keepdims=True)
    direction = starts / length
    along = (ends * direction).sum(axis=1, keepdims=True)
    across = ends - along * direction
    distance = np.linalg.norm(across, axis=1, keepdims=True)
    angle = share * np.arctan2(distance, along)
    return length * (np.cos(angle) * direction + np.sin(angle) * across / distance)
