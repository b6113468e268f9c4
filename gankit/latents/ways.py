"""Interpolation between latents, and truncation."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_choice
from gankit.priors import Normal

PARALLEL = 1e-6  # the sine of an angle below which a straight way is as good


def interpolate(
    start: ArrayLike,
    end: ArrayLike,
    num_steps: int = 8,
    *,
    method: Literal["spherical", "linear"] = "spherical",
) -> np.ndarray:
    """Returns latents on the way from ``start`` to ``end``, both included.

    Args:
        start: latents ``(latent_dim,)``, or several, ``(n, latent_dim)``.
        end: likewise, of the same shape.
        num_steps: how many latents, at least 2.
        method: ``"spherical"`` keeps to the shell on which latents of many dimensions from a normal
            prior lie (White 2016, "Sampling Generative Networks", arXiv:1609.04468); ``"linear"``
            goes straight on, which suits a uniform prior.

    Returns:
        float32 ``(num_steps, latent_dim)``, or ``(n, num_steps, latent_dim)``.

    Raises:
        ValueError: shapes that differ, fewer than two steps, or an unknown method.

    Examples:
        >>> start, end = np.random.default_rng(0).normal(size=(2, gan.latent_dim))
        >>> way = latents.interpolate(start, end, num_steps=8)
        >>> gan.generate(latents=way, condition=3).shape
        (8, 28, 28, 1)
        >>> latents.interpolate([0.0, 0.0], [1.0, 2.0], num_steps=3, method="linear")
        array([[0. , 0. ],
               [0.5, 1. ],
               [1. , 2. ]], dtype=float32)
    """
    check_choice("method", method, ("spherical", "linear"))
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    if start.shape != end.shape or not start.ndim:
        raise ValueError(
            "start and end must have one shape, (latent_dim,) or (n, latent_dim), got "
            f"{start.shape} and {end.shape}."
        )
    if num_steps < 2:
        raise ValueError(f"num_steps must be at least 2, got {num_steps!r}.")
    start, end = start[..., None, :], end[..., None, :]
    share = np.linspace(0, 1, num_steps)[:, None]
    straight = (1 - share) * start + share * end
    if method == "linear":
        return straight.astype(np.float32)
    lengths = [np.linalg.norm(point, axis=-1, keepdims=True) for point in (start, end)]
    product = np.maximum(lengths[0] * lengths[1], np.finfo(float).tiny)
    cosine = (start * end).sum(axis=-1, keepdims=True) / product
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    with np.errstate(divide="ignore", invalid="ignore"):
        curved = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / sine
    return np.where(sine < PARALLEL, straight, curved).astype(np.float32)


def truncate(latents: ArrayLike, threshold: ArrayLike, *, seed: int | None = None) -> np.ndarray:
    """Returns latents of a normal prior, with values beyond a threshold drawn again.

    The lower the threshold, the more usual the images, and the less different. Classes need not
    have the same one: ``truncate(latents, thresholds[labels])``.

    Args:
        latents: ``(n, latent_dim)``.
        threshold: positive; no value of what is returned is further from 0. One number, or one
            for each row of the latents, ``(n,)``.
        seed: integer, for the same values each time; None draws new ones each time.

    Returns:
        float32 of the same shape.

    Raises:
        ValueError: a threshold that is not positive, or thresholds of another shape.

    Examples:
        >>> drawn = np.float32([[0.5, 2.0], [-3.0, 0.1]])
        >>> cut = latents.truncate(drawn, 1.0, seed=0)
        >>> cut == drawn  # what is beyond the threshold is drawn again
        array([[ True, False],
               [False,  True]])

    References:
        Brock et al. 2018, "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
        arXiv:1809.11096, section 3.1.
    """
    return Normal().truncate(latents, threshold, seed)
