"""A GAN of images with transparency: four channels, red, green, blue and alpha.

DCGAN (Radford et al. 2015, arXiv:1511.06434) as it is. A pixel that can't be seen has no colour:
the data's are black there, so that the discriminator does not look at what nobody sees.
"""

import numpy as np

from gankit.architectures import dcgan

IMAGE_SHAPE = (8, 8, 4)


def build_networks():
    """Returns a DCGAN in small."""
    generator = dcgan.build_generator(IMAGE_SHAPE, latent_dim=4, filters=4)
    return generator, dcgan.build_discriminator(IMAGE_SHAPE, filters=4)


def make_data(number):
    """Returns discs of one colour on nothing, uint8 ``(number, 8, 8, 4)``."""
    rng = np.random.default_rng(0)
    centres = rng.uniform(2, 6, (number, 2, 1, 1))
    rows, columns = np.mgrid[:8, :8]
    inside = (rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2 < 6
    colours = rng.integers(0, 256, (number, 1, 1, 4))
    colours[..., 3] = 255
    return (inside[..., None] * colours).astype("uint8")
