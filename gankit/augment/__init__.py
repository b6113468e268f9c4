"""Augmentation: random changes of all images that the discriminator sees, real and generated.

Layers for ``GAN(augment=...)``. The discriminator sees changed images only, so that it doesn't
overfit to few of them; the generator's gradient goes through the same changes, so that it doesn't
learn to make changed images.
"""

from gankit.augment.ada import ADA, AugmentPipe
from gankit.augment.adaptive import Adaptive
from gankit.augment.augmentation import Augmentation
from gankit.augment.diff_augment import DiffAugment
from gankit.augment.diffusion import Diffusion

__all__ = ["ADA", "Adaptive", "AugmentPipe", "Augmentation", "DiffAugment", "Diffusion"]
