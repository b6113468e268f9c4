"""Augmentation: random changes of all images that the discriminator sees, real and generated.

A layer that is given as ``GAN(augment=...)``: the discriminator never sees an image as it is, so it
can't learn few images by heart, and the generator's gradient goes through the same changes, so it
does not learn to make changed images.
"""

from gankit.augment.ada import ADA, AugmentPipe
from gankit.augment.adaptive import Adaptive
from gankit.augment.augmentation import Augmentation
from gankit.augment.diff_augment import DiffAugment
from gankit.augment.diffusion import Diffusion

__all__ = ["ADA", "Adaptive", "AugmentPipe", "Augmentation", "DiffAugment", "Diffusion"]
