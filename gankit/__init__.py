"""GAN building blocks on Keras 3, for TensorFlow, JAX and PyTorch."""

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
    priors,
    recipes,
    runs,
)
from gankit.conversion import to_keras
from gankit.gans import (
    AAE,
    ACGAN,
    BEGAN,
    EBGAN,
    GAN,
    GAN3D,
    LAPGAN,
    SRGAN,
    VAEGAN,
    WGAN,
    WGANGP,
    Batch,
    BiGAN,
    CycleGAN,
    EncodingGAN,
    InfoGAN,
    NextFrameGAN,
    OnePassGAN,
    Pix2Pix,
    StarGAN,
)
from gankit.grids import make_grid, save_animation, save_archive, save_grid, save_images
from gankit.saving import load
from gankit.show import show_batch
from gankit.tiling import translate_photo
from gankit.training.exporting import ExportError
from gankit.transfer import Transferred, transfer_weights
from gankit.version import __version__
from gankit.voxels import draw_voxels
from gankit.waveforms import draw_signals

__all__ = [
    "AAE",
    "ACGAN",
    "BEGAN",
    "EBGAN",
    "GAN",
    "GAN3D",
    "LAPGAN",
    "SRGAN",
    "VAEGAN",
    "WGAN",
    "WGANGP",
    "Batch",
    "BiGAN",
    "CycleGAN",
    "EncodingGAN",
    "ExportError",
    "InfoGAN",
    "NextFrameGAN",
    "OnePassGAN",
    "Pix2Pix",
    "StarGAN",
    "Transferred",
    "__version__",
    "architectures",
    "augment",
    "callbacks",
    "data",
    "draw_signals",
    "draw_voxels",
    "latents",
    "layers",
    "load",
    "losses",
    "make_grid",
    "metrics",
    "penalties",
    "priors",
    "recipes",
    "runs",
    "save_animation",
    "save_archive",
    "save_grid",
    "save_images",
    "show_batch",
    "to_keras",
    "transfer_weights",
    "translate_photo",
]
