"""Priors: the distributions that latents are drawn from.

A prior is a small stateless object, given to a GAN by name or instance.
"""

from typing import ClassVar, Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit.checks import check_seed, choose
from gankit.configured import Configured
from gankit.typing import Seed, Tensor


class Prior(Configured):
    """A distribution of latents: the base class of all priors.

    A new prior is a subclass with ``sample``, registered with
    ``keras.saving.register_keras_serializable``; constructor arguments become attributes of the
    same name.

    Examples:
        >>> class Exponential(priors.Prior):
        ...     def sample(self, shape, seed=None):
        ...         return -ops.log(1 - keras.random.uniform(shape, seed=seed))
        ...
        >>> ops.shape(Exponential().sample((4, 100)))
        (4, 100)
    """

    #: The way between two latents on which all latents are likely, see ``latents.interpolate``.
    interpolation: ClassVar[Literal["spherical", "linear"]] = "spherical"

    def sample(self, shape: tuple[int | Tensor, ...], seed: Seed = None) -> Tensor:
        """Returns float32 latents of a shape ``(batch, ...)``.

        ``seed`` is an int or a ``keras.random.SeedGenerator``.
        """
        raise NotImplementedError

    def nearest(self, latents: Tensor) -> Tensor:
        """Returns the nearest latents that can be drawn."""
        return latents

    def log_density(self, latents: Tensor) -> Tensor:
        """Returns the logarithm of the density, ``(batch,)``, but for a constant.

        Here it is the same wherever latents can be drawn; another prior says so.
        """
        return ops.zeros((ops.shape(latents)[0],))

    def truncate(
        self, latents: ArrayLike, threshold: ArrayLike, seed: int | None = None
    ) -> np.ndarray:
        """Returns latents of which those that are seldom drawn are drawn again."""
        raise ValueError("Truncation is for normal latents, and these are others: leave it out.")


@keras.saving.register_keras_serializable(package="gankit")
class Normal(Prior):
    """Independent values from the standard normal distribution.

    Examples:
        >>> drawn = priors.Normal().sample((1000, 100), seed=0)
        >>> round(float(ops.std(drawn)), 1)
        1.0
    """

    def sample(self, shape: tuple[int | Tensor, ...], seed: Seed = None) -> Tensor:
        """Returns float32 latents of a shape ``(batch, ...)``."""
        return keras.random.normal(shape, seed=seed, dtype="float32")

    def log_density(self, latents: Tensor) -> Tensor:
        """Returns minus half the squared length, ``(batch,)``."""
        return -ops.sum(ops.square(latents), axis=tuple(range(1, len(latents.shape)))) / 2

    def truncate(
        self, latents: ArrayLike, threshold: ArrayLike, seed: int | None = None
    ) -> np.ndarray:
        """Returns latents with values beyond ``threshold`` drawn again, by quantiles.

        See ``gankit.latents.truncate``.
        """
        latents, thresholds = np.asarray(latents, np.float32), np.asarray(threshold, np.float32)
        if not (thresholds > 0).all():
            raise ValueError(f"threshold must be positive, got {threshold!r}.")
        if thresholds.shape not in ((), latents.shape[:1]):
            raise ValueError(
                f"threshold must be one number, or one for each of {len(latents)} rows, got "
                f"{thresholds.shape}."
            )
        if seed is not None:
            check_seed(seed)
        limits = thresholds.reshape(-1, *[1] * (latents.ndim - 1))
        half = ops.erf((limits / np.sqrt(2)).astype("float32"))  # share of values within one side
        quantiles = np.random.default_rng(seed).uniform(-1, 1, latents.shape).astype(np.float32)
        drawn = np.sqrt(2) * ops.convert_to_numpy(ops.erfinv(quantiles * half))
        drawn = np.clip(drawn, -limits, limits).astype(np.float32)
        return np.where(np.abs(latents) > limits, drawn, latents)


@keras.saving.register_keras_serializable(package="gankit")
class Uniform(Prior):
    """Independent values from the uniform distribution on [-1, 1].

    Examples:
        >>> drawn = priors.Uniform().sample((1000, 100), seed=0)
        >>> float(ops.min(drawn)) >= -1 and float(ops.max(drawn)) <= 1
        True
    """

    interpolation = "linear"

    def sample(self, shape: tuple[int | Tensor, ...], seed: Seed = None) -> Tensor:
        """Returns float32 latents of a shape ``(batch, ...)``."""
        return keras.random.uniform(shape, minval=-1.0, maxval=1.0, seed=seed, dtype="float32")

    def nearest(self, latents: Tensor) -> Tensor:
        """Returns latents within [-1, 1]."""
        return ops.clip(latents, -1.0, 1.0)


@keras.saving.register_keras_serializable(package="gankit")
class Spherical(Prior):
    """Directions alone: points on the sphere of radius sqrt(dimensions), where normal ones lie.

    White 2016, "Sampling Generative Networks", arXiv:1609.04468.

    Examples:
        >>> drawn = priors.Spherical().sample((3, 100), seed=0)
        >>> print(np.round(np.linalg.norm(drawn, axis=1), 3))
        [10. 10. 10.]
    """

    def sample(self, shape: tuple[int | Tensor, ...], seed: Seed = None) -> Tensor:
        """Returns float32 latents of a shape ``(batch, ...)``."""
        return self.nearest(keras.random.normal(shape, seed=seed, dtype="float32"))

    def nearest(self, latents: Tensor) -> Tensor:
        """Returns latents of the sphere's radius."""
        axes = tuple(range(1, len(latents.shape)))
        return latents / ops.sqrt(ops.mean(ops.square(latents), axis=axes, keepdims=True) + 1e-12)


NAMES = {"normal": Normal, "uniform": Uniform, "spherical": Spherical}


def get(prior: str | Prior) -> Prior:
    """Returns the prior that a name stands for, or ``prior`` itself.

    Raises:
        ValueError: a name that is not known.
        TypeError: neither a name nor a prior.

    Examples:
        >>> type(priors.get("uniform")).__name__
        'Uniform'
    """
    return choose("prior", prior, NAMES, Prior)
