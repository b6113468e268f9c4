"""Directions in which latents change an image the most."""

import keras
import numpy as np

from gankit.checks import check_at_least_one
from gankit.gans import GAN


def find_directions(gan: GAN, number: int = 8) -> np.ndarray:
    """Returns the directions of latents that the generator's first layer stretches the most.

    What a generator has learned about its images shows in the weights that latents meet first: the
    left singular vectors of that layer change its outputs the most, and with them the images (Shen
    and Zhou 2020, "Closed-Form Factorization of Latent Semantics in GANs", arXiv:2007.06600). No
    image is made for it.

    Args:
        gan: whose averaged generator to look at.
        number: how many directions.

    Returns:
        float32 ``(number, latent_dim)``, of length 1 and at right angles, the strongest first. Add
        a multiple of one to latents: ``gan.generate(latents=latents + 2 * directions[0])``.

    Raises:
        ValueError: a generator without latents, or whose latents meet no dense layer first; more
            directions than latents have.
    """
    check_at_least_one("number", number)
    if gan.latent_dim is None:
        raise ValueError("This generator takes no latents, so there are no directions of them.")
    if number > gan.latent_dim:
        raise ValueError(f"number must be at most latent_dim, {gan.latent_dim}, got {number}.")
    kernel = find_first_kernel(gan.averaged(gan.generator), gan.latent_dim)
    vectors, _, _ = np.linalg.svd(kernel, full_matrices=True)
    strongest = vectors.T[:number]
    largest = np.abs(strongest).argmax(axis=1)  # positive, so that the same weights have the same
    return strongest * np.sign(strongest[np.arange(number), largest])[:, None]


def find_first_kernel(generator: keras.Model, latent_dim: int) -> np.ndarray:
    """Returns the weights ``(latent_dim, units)`` by which latents enter a generator.

    What a class adds beside them stands in further rows.
    """
    for layer in generator.layers:
        if isinstance(layer, keras.layers.Dense) and layer.kernel.shape[0] >= latent_dim:
            return keras.ops.convert_to_numpy(layer.kernel)[:latent_dim].astype("float32")
    raise ValueError(f"{generator.name!r} has no dense layer that takes its latents.")
