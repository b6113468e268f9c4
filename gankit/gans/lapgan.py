"""LAPGAN: a pyramid of GANs, from coarse to fine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import keras
import numpy as np

from gankit.checks import check_seed
from gankit.data import pyramid
from gankit.gans.gan import GAN
from gankit.training.random import derive_seed
from gankit.typing import Dataset, PathLike


class LAPGAN:
    """A Laplacian pyramid of GANs: each adds to a small image what it lacks at twice the size.

    The first GAN makes small images. Each further one is a conditional GAN: from the image so far,
    enlarged, it makes the residual to a sharp one. Each is trained separately, on its own level of
    the real images' pyramid::

        pyramid = LAPGAN([coarsest, finer, finest])
        for level, gan in enumerate(pyramid.gans):
            gan.fit(pyramid.level_data(dataset, level), epochs=20)
        images = pyramid.generate(64)

    A residual lies in [-2, 2]; networks see half of it, in [-1, 1] like images.

    Args:
        gans: compiled ``GAN``, the coarsest first, each for images of twice the height and width of
            the one before. All but the first take images as their condition, in both networks.

    Raises:
        ValueError: no GAN, or sizes that don't double.

    Examples:
        >>> lapgan, mlp = architectures.lapgan, architectures.mlp
        >>> coarse = gankit.GAN(
        ...     mlp.build_generator((4, 4, 1), latent_dim=8, hidden_units=(16,)),
        ...     mlp.build_discriminator((4, 4, 1), hidden_units=(8,)),
        ... )
        >>> fine = gankit.GAN(
        ...     lapgan.build_generator((8, 8, 1), latent_dim=8, filters=4),
        ...     lapgan.build_discriminator((8, 8, 1), filters=4),
        ... )
        >>> for level in (coarse, fine):
        ...     level.compile()
        ...
        >>> gankit.LAPGAN([coarse, fine]).generate(2).shape
        (2, 8, 8, 1)

    References:
        Denton et al. 2015, "Deep Generative Image Models using a Laplacian Pyramid of Adversarial
        Networks", arXiv:1506.05751.
    """

    def __init__(self, gans: Iterable[GAN]):
        self.gans = list(gans)
        sizes = [gan.generator.output_shape[1:3] for gan in self.gans]
        doubled = [(2 * height, 2 * width) for height, width in sizes[:-1]]
        if not sizes or sizes[1:] != doubled:
            raise ValueError(f"Each level must have twice the size of the one before, got {sizes}.")

    def level_data(self, dataset: Dataset, level: int) -> Dataset:
        """Returns what a level's GAN is trained on, from a dataset of whole images.

        For level 0 small images, for others pairs of half residuals and enlarged smaller images.

        Raises:
            ValueError: there is no such level.
            TypeError: the dataset holds conditions too.
        """
        return pyramid.take_level(dataset, level, len(self.gans))

    def generate(self, num_images: int, seed: int | None = None) -> np.ndarray:
        """Returns images, coarse to fine: float32 ``(num_images, height, width, channels)``."""
        return self.generate_levels(num_images, seed)[-1]

    def generate_levels(self, num_images: int, seed: int | None = None) -> list[np.ndarray]:
        """Returns the same images as they are after each level, the coarsest first."""
        levels = [self.gans[0].generate(num_images, seed=seed_of_level(seed, 0))]
        for level, gan in enumerate(self.gans[1:], start=1):
            coarse = pyramid.double(levels[-1])
            residuals = gan.generate(condition=np.asarray(coarse), seed=seed_of_level(seed, level))
            levels.append(np.clip(pyramid.merge(residuals, coarse), -1, 1))
        return levels

    def save(self, folder: PathLike) -> None:
        """Writes a file for each level into a folder."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        for level, gan in enumerate(self.gans):
            gan.save(Path(folder) / f"level_{level}.keras")

    @classmethod
    def load(cls, folder: PathLike) -> Self:
        """Returns the pyramid that ``save`` wrote."""
        files = [*Path(folder).glob("level_*.keras")]
        files.sort(key=lambda file: int(file.stem.removeprefix("level_")))
        if not files:
            raise ValueError(
                f"{folder} holds no level_0.keras: it isn't a folder that LAPGAN.save wrote."
            )
        return cls([keras.models.load_model(file) for file in files])


def seed_of_level(seed: int | None, level: int) -> int | None:
    """Returns a seed for each level, so that no two draw the same latents; None stays None."""
    if seed is None:
        return None
    check_seed(seed)
    return derive_seed(seed, level)
