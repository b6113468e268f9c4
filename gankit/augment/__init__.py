"""Augmentation: random changes of all images that the discriminator sees, real and generated.

These are layers for ``GAN(augment=...)``. The discriminator sees only changed images, so that it
doesn't overfit if there are few; the generator's gradient passes through the same changes, so that
the generator doesn't learn to imitate them.
"""

from gankit.augment.ada import ADA, AugmentPipe
from gankit.augment.adaptive import Adaptive
from gankit.augment.affine import RandomAffine
from gankit.augment.augmentation import Augmentation
from gankit.augment.diff_augment import DiffAugment
from gankit.augment.diffusion import Diffusion

__all__ = [
    "ADA",
    "Adaptive",
    "AugmentPipe",
    "Augmentation",
    "DiffAugment",
    "Diffusion",
    "RandomAffine",
]
