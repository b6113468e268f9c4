"""GAN building blocks on Keras 3 and TensorFlow."""

from gankit import (
    architectures,
    augment,
    callbacks,
    data,
    latents,
    layers,
    losses,
    metrics,
    penalties,
)
from gankit.gans import (
    ACGAN,
    BEGAN,
    EBGAN,
    GAN,
    GAN3D,
    LAPGAN,
    SRGAN,
    WGAN,
    WGANGP,
    Batch,
    CycleGAN,
    InfoGAN,
    NextFrameGAN,
    Pix2Pix,
    StarGAN,
)
from gankit.grids import make_grid, save_animation, save_grid, save_images
from gankit.saving import load, to_keras
from gankit.version import __version__
from gankit.voxels import draw_voxels

__all__ = [
    "ACGAN",
    "BEGAN",
    "EBGAN",
    "GAN",
    "GAN3D",
    "LAPGAN",
    "SRGAN",
    "WGAN",
    "WGANGP",
    "Batch",
    "CycleGAN",
    "InfoGAN",
    "NextFrameGAN",
    "Pix2Pix",
    "StarGAN",
    "__version__",
    "architectures",
    "augment",
    "callbacks",
    "data",
    "draw_voxels",
    "latents",
    "layers",
    "load",
    "losses",
    "make_grid",
    "metrics",
    "penalties",
    "save_animation",
    "save_grid",
    "save_images",
    "to_keras",
]
