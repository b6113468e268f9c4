"""Directions of latents, or of a StyleGAN2's w, that change an image the most."""

from collections.abc import Iterator
from typing import Literal

import keras
import numpy as np

from gankit.checks import check_at_least_one, check_choice
from gankit.gans import GAN, StyleGAN2
from gankit.typing import Structure

SPACES = ("latents", "w")


def find_directions(
    gan: GAN, number: int = 8, *, space: Literal["latents", "w"] = "latents"
) -> np.ndarray:
    """Returns the directions that the generator's weights stretch the most: SeFa's.

    What a generator has learned about its images shows in the weights that latents meet first: the
    left singular vectors of that layer change its outputs the most, and with them the images. In
    the w of a StyleGAN2 these are the weights by which all layers read their styles, together. No
    image is made for it.

    Args:
        gan: whose averaged generator to look at.
        number: how many directions.
        space: where they point: ``"latents"``, or ``"w"`` of a ``StyleGAN2``.

    Returns:
        float32 ``(number, latent_dim)``, or ``(number, style_dim)``, of length 1 and at right
        angles, the strongest first. Add a multiple of one to latents, as in
        ``gan.generate(latents=latents + 2 * directions[0])``, or to w, as in
        ``gan.synthesize(w + 2 * directions[0])``.

    Raises:
        ValueError: a generator without latents, or without w, or whose latents meet no dense layer
            first; more directions than there are dimensions.

    Examples:
        >>> directions = latents.find_directions(gan, 3)
        >>> directions.shape
        (3, 32)
        >>> drawn = np.random.default_rng(0).normal(size=(4, gan.latent_dim))
        >>> gan.generate(latents=drawn + 3 * directions[0], condition=7).shape
        (4, 28, 28, 1)

    See Also:
        ``find_principal_directions``, of a StyleGAN2's w.

    References:
        Shen and Zhou 2020, "Closed-Form Factorization of Latent Semantics in GANs",
        arXiv:2007.06600.
    """
    check_choice("space", space, SPACES)
    if gan.latent_dim is None:
        raise ValueError("This generator takes no latents, so there are no directions of them.")
    generator = gan.averaged(gan.generator)
    if space == "w":
        check_number(number, check_styles(gan).style_dim, "style_dim")
        kernel = np.concatenate(list(style_kernels(generator)), axis=1)
    else:
        check_number(number, gan.latent_dim, "latent_dim")
        kernel = find_first_kernel(generator, gan.latent_dim)
    vectors, _, _ = np.linalg.svd(kernel, full_matrices=True)
    return with_signs(vectors.T[:number])


def find_principal_directions(
    gan: StyleGAN2,
    number: int = 8,
    *,
    num_samples: int = 10_000,
    condition: Structure = None,
    seed: int = 0,
) -> np.ndarray:
    """Returns the principal directions of a StyleGAN2's w, in which w differs most: GANSpace's.

    In a generator that has latents alone, the first dense layer's principal directions are those of
    ``find_directions``.

    Args:
        gan: whose averaged generator to look at.
        number: how many directions.
        num_samples: of how many latents.
        condition: what the generator is given, one row for all of them.
        seed: integer, of the latents.

    Returns:
        float32 ``(number, style_dim)``, at right angles, the strongest first. The length of each is
        the standard deviation of w along it: ``gan.synthesize(w + 2 * directions[0])``.

    Raises:
        ValueError: a GAN without w, or more directions than there are dimensions or samples.

    Examples:
        >>> small = {"filters": 2, "widest": 8, "mapping_layers": 1}
        >>> stylegan2 = gankit.StyleGAN2(
        ...     architectures.stylegan2.build_generator(
        ...         (8, 8, 3), latent_dim=16, style_dim=8, **small
        ...     ),
        ...     architectures.stylegan2.build_discriminator((8, 8, 3), **small),
        ... )
        >>> latents.find_principal_directions(stylegan2, 2, num_samples=100).shape
        (2, 8)

    References:
        Harkonen et al. 2020, "GANSpace: Discovering Interpretable GAN Controls",
        arXiv:2004.02546.
    """
    check_number(number, min(check_styles(gan).style_dim, num_samples), "style_dim")
    drawn = keras.ops.convert_to_numpy(gan.sample_latents(num_samples, seed=seed))
    w = gan.styles(drawn, condition)
    variances, vectors = np.linalg.eigh(np.cov(w, rowvar=False))  # the smallest comes first
    strongest = with_signs(vectors.T[::-1][:number])
    lengths = np.sqrt(np.clip(variances[::-1][:number], 0, None))
    return (strongest * lengths[:, None]).astype("float32")


def check_styles(gan: GAN) -> StyleGAN2:
    """Returns the GAN, or raises unless it has w."""
    if not isinstance(gan, StyleGAN2):
        raise ValueError(f"Only a StyleGAN2 has w, and this is a {type(gan).__name__}.")
    return gan


def check_number(number: int, most: int, name: str) -> None:
    """Raises unless there can be so many directions."""
    check_at_least_one("number", number)
    if number > most:
        raise ValueError(f"number must be at most {name}, {most}, got {number}.")


def with_signs(vectors: np.ndarray) -> np.ndarray:
    """Returns vectors whose largest value is positive, so that the same weights have the same."""
    largest = np.abs(vectors).argmax(axis=1)
    return vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]


def style_kernels(generator: keras.Model) -> Iterator[np.ndarray]:
    """Yields the weights ``(style_dim, channels)`` by which each layer reads its style from w."""
    for layer in generator.get_layer("synthesis").layers:
        if isinstance(layer, keras.layers.Dense):
            yield keras.ops.convert_to_numpy(layer.kernel) / np.sqrt(layer.kernel.shape[0])


def find_first_kernel(generator: keras.Model, latent_dim: int) -> np.ndarray:
    """Returns the weights ``(latent_dim, units)`` by which latents enter a generator.

    What a class adds beside them stands in further rows.
    """
    for layer in dense_layers(generator):
        if layer.kernel.shape[0] >= latent_dim:
            return keras.ops.convert_to_numpy(layer.kernel)[:latent_dim].astype("float32")
    raise ValueError(f"{generator.name!r} has no dense layer that takes its latents.")


def dense_layers(network: keras.Model) -> Iterator[keras.layers.Dense]:
    """Yields the dense layers of a network and of those within it, in order."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from dense_layers(layer)
        elif isinstance(layer, keras.layers.Dense):
            yield layer
