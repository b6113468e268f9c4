"""Candidates, whose density among the data a discriminator compares with that of what is generated.

The best discriminator's logit is the logarithm of that ratio, p_data / p_generator (Goodfellow et
al. 2014, arXiv:1406.2661, proposition 1). What samples after training goes by it.
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one
from gankit.gans.gan import GAN
from gankit.training.batch import map_tensors
from gankit.training.inputs import check_images
from gankit.training.random import choose_stream
from gankit.typing import Structure


class Sampled(NamedTuple):
    """What was sampled, a row for each image.

    Attributes:
        latents: what the images were made of.
        images: float32 ``(n, height, width, channels)``.
        condition: what the generator was given, None where it takes none.
        log_ratios: the logarithms of p_data / p_generator, float32 ``(n,)``.

    Examples:
        >>> sampled = latents.rejection_sampling(
        ...     gan, 2, condition=7, percentile=80, burn_in=64, seed=0
        ... )
        >>> sampled.latents.shape[0], sampled.condition
        (2, array([7, 7]))
    """

    latents: Structure
    images: Structure
    condition: Structure
    log_ratios: np.ndarray

    def rows(self, indices: np.ndarray | slice) -> "Sampled":
        """Returns some of the rows."""
        return map_tensors(lambda part: part[indices], self)


class Calibration(NamedTuple):
    """How scores become log ratios of densities: ``slope * score + offset``.

    As it stands it takes scores as they are, which suits the cross-entropy losses of a
    discriminator that is neither too sure nor behind its generator; ``calibrate`` finds others.

    Attributes:
        slope: positive.
        offset: of the log ratio where a score is 0.
        z: how many standard deviations the mean of the uncalibrated probabilities is off: beyond
            2 or so they must not be taken as they are (Turner et al. 2018, arXiv:1811.11357,
            section 3.2). NaN where nothing was measured.

    Examples:
        >>> calibration = latents.Calibration(slope=0.5, offset=-1.0)
        >>> calibration.log_ratios(np.array([2.0, 4.0]))
        array([0., 1.], dtype=float32)
    """

    slope: float = 1.0
    offset: float = 0.0
    z: float = float("nan")

    def log_ratios(self, scores: np.ndarray) -> np.ndarray:
        """Returns the logarithms of p_data / p_generator."""
        return (self.slope * scores + self.offset).astype(np.float32)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Returns the probabilities of logits of any size."""
    return np.exp(-np.logaddexp(0, -logits))


class Candidates(NamedTuple):
    """Images of new latents, with the log ratios of their densities.

    Attributes:
        gan: that makes and scores them.
        calibration: from scores to log ratios.
        stream: of random numbers.
        ema: whether the average generator makes them.
        batch_size: images per pass.
    """

    gan: GAN
    calibration: Calibration
    stream: keras.random.SeedGenerator
    ema: bool
    batch_size: int

    @classmethod
    def of(
        cls,
        gan: GAN,
        seed: int | None,
        ema: bool,
        batch_size: int,
        calibration: Calibration | None = None,
    ) -> "Candidates":
        """Returns where candidates of a GAN come from, or raises what is wrong with an argument."""
        check_at_least_one("batch_size", batch_size)
        stream = choose_stream(seed, gan.sampling_seed)
        return cls(gan, calibration or Calibration(), stream, ema, batch_size)

    def draw(self, rows: np.ndarray, condition: Structure) -> Sampled:
        """Returns a candidate for each of some rows of a condition; the same row may come often."""
        latents = self.gan.sample_latents(len(rows), seed=self.stream)
        if condition is None:
            given = self.gan.sample_condition(num_images=len(rows), seed=self.stream)
        else:
            given = map_tensors(lambda part: part[rows], condition)
        return self.make(map_tensors(ops.convert_to_numpy, latents), given)

    def make(self, latents: Structure, condition: Structure) -> Sampled:
        """Returns what becomes of latents."""
        condition = map_tensors(ops.convert_to_numpy, condition)
        images = self.gan.generate(None, condition, latents, None, self.batch_size, self.ema)
        scores = self.gan.score_rows(images, condition, self.batch_size)
        if len(scores) != len(images):
            raise ValueError(
                f"This discriminator gives {len(scores)} scores for {len(images)} images: sampling "
                "needs one for each."
            )
        return Sampled(latents, images, condition, self.calibration.log_ratios(scores))

    def scores(self, real: ArrayLike | Structure, condition: Structure) -> np.ndarray:
        """Returns the scores of real images, which are checked."""
        real = np.asarray(real)
        shape = self.gan.generator.output_shape[1:]
        check_images(real, shape, self.gan.value_range, "the generator makes images")
        return self.gan.score(real, condition, self.batch_size)


def chunks(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """Returns rows in parts of some size, the last of which may be smaller."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def join(parts: list[Sampled]) -> Sampled:
    """Returns the rows of several parts as one."""
    return keras.tree.map_structure(
        lambda *arrays: None if arrays[0] is None else np.concatenate(arrays), *parts
    )
