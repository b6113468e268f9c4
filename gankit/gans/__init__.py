"""The training step, and one file for each variant."""

from gankit.gans.acgan import ACGAN
from gankit.gans.batch import Batch
from gankit.gans.gan import GAN

__all__ = ["ACGAN", "GAN", "Batch"]
