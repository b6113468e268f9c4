"""Discriminator-driven latent sampling: latents move to where images are likelier."""

import keras
import numpy as np
from keras import ops

from gankit.checks import check_at_least_one
from gankit.differentiation import compile_function, gradient_by_inputs
from gankit.gans.gan import GAN
from gankit.latents.candidates import Calibration, Candidates, Sampled, chunks, join
from gankit.latents.search import mean_of_each
from gankit.training.batch import Batch, in_float32, map_tensors
from gankit.typing import Structure


def langevin_sampling(
    gan: GAN,
    num_images: int,
    *,
    condition: Structure = None,
    calibration: Calibration | None = None,
    steps: int = 100,
    step_size: float = 0.01,
    seed: int | None = None,
    ema: bool = True,
    batch_size: int = 256,
) -> Sampled:
    """Returns images of latents that have gone through Langevin dynamics.

    Latents move up the slope of their log density plus the log ratio of the image that they make,
    with noise: z + step_size / 2 * slope + sqrt(step_size) * noise. With the best discriminator and
    small steps, images come to have the data's distribution, where the generator can make them.
    Other than by rejection and Metropolis-Hastings, none is thrown away, and in high dimensions
    every step gets somewhere.

    Args:
        gan: a trained ``GAN`` whose generator takes latents.
        num_images: how many to return.
        condition: what the generator is given, a row for each image, or one for all of them.
        calibration: from scores to log ratios, see ``calibrate``; None takes scores as they are.
        steps: of the dynamics; each takes about as long as making and scoring an image thrice.
        step_size: positive. Each step adds an error of its order; within 1 / step_size steps
            latents go all over the prior.
        seed: integer, for the same images each time; None draws new ones.
        ema: whether to use the average generator, if there is one.
        batch_size: images per pass.

    Returns:
        ``Sampled``. With a uniform or spherical prior each step ends at the nearest latents that
        can be drawn.

    Raises:
        ValueError: numbers or shapes that don't fit, or a generator that doesn't take one tensor of
            latents.

    Examples:
        >>> sampled = latents.langevin_sampling(gan, 4, condition=7, steps=5, seed=0)
        >>> sampled.images.shape, sampled.log_ratios.shape
        ((4, 28, 28, 1), (4,))

    References:
        Che et al. 2020, "Your GAN is Secretly an Energy-based Model and You Should use
        Discriminator Driven Latent Sampling", arXiv:2003.06060.
    """
    check_at_least_one("num_images", num_images)
    check_at_least_one("steps", steps)
    if not step_size > 0:
        raise ValueError(f"step_size must be positive, got {step_size!r}.")
    gan.generator_inputs.require(latents=1)
    candidates = Candidates.of(gan, seed, ema, batch_size, calibration)
    condition = gan.check_given(condition, num_images)
    noise = np.random.default_rng(seed)
    ends = []
    for rows in chunks(np.arange(num_images), batch_size):
        start = candidates.draw(rows, condition)
        latents = walk(candidates, start, steps, step_size, noise)
        ends.append(candidates.make(latents, start.condition))
    return join(ends)


def walk(
    candidates: Candidates,
    start: Sampled,
    steps: int,
    step_size: float,
    noise: np.random.Generator,
) -> np.ndarray:
    """Returns where latents are after some steps of Langevin dynamics."""
    gan, calibration = candidates.gan, candidates.calibration
    network = gan.averaged(gan.generator) if candidates.ema else gan.generator
    condition = map_tensors(gan.standardize, start.condition)

    def log_density(latents):
        inputs = gan.generator_inputs.match(latents=latents, condition=condition)
        images = in_float32(network(inputs, training=False))
        scores = keras.tree.flatten(gan.discriminate(Batch(images, condition, latents)).scores)
        score = sum(map(mean_of_each, scores)) / len(scores)  # as ``score`` returns it
        return gan.latent_prior.log_density(latents) + calibration.slope * score

    @compile_function
    def step(latents, drawn):
        slope = gradient_by_inputs(log_density, latents)
        moved = latents + step_size / 2 * slope + np.sqrt(step_size) * drawn
        return gan.latent_prior.nearest(moved)

    latents = ops.convert_to_tensor(start.latents, "float32")
    for _ in range(steps):
        drawn = noise.standard_normal(start.latents.shape, dtype=np.float32)
        latents = step(latents, ops.convert_to_tensor(drawn))
    return ops.convert_to_numpy(latents)
