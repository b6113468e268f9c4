"""GAN building blocks on Keras 3, for TensorFlow, JAX and PyTorch."""

from gankit.startup import quiet

with quiet():
    import keras as keras  # and with it the backend, which has much to say

from gankit import (
    architectures,
    augment,
    callbacks,
    data,
    kernel_regularizers,
    latents,
    layers,
    losses,
    metrics,
    penalties,
    priors,
    recipes,
    regularizers,
    runs,
    schedules,
)
from gankit.conversion import to_keras
from gankit.gans import (
    AAE,
    ACGAN,
    BEGAN,
    CTGAN,
    EBGAN,
    GAN,
    GAN3D,
    LAPGAN,
    SGAN,
    SRGAN,
    SSGAN,
    VAEGAN,
    WGAN,
    WGANGP,
    Batch,
    BiGAN,
    CycleGAN,
    EncodingGAN,
    FastGAN,
    InfoGAN,
    NextFrameGAN,
    OnePassGAN,
    Pix2Pix,
    ProgressiveGAN,
    ReACGAN,
    StarGAN,
    StyleGAN2,
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
from gankit.widening import widen_weights

__all__ = [
    "AAE",
    "ACGAN",
    "BEGAN",
    "CTGAN",
    "EBGAN",
    "GAN",
    "GAN3D",
    "LAPGAN",
    "SGAN",
    "SRGAN",
    "SSGAN",
    "VAEGAN",
    "WGAN",
    "WGANGP",
    "Batch",
    "BiGAN",
    "CycleGAN",
    "EncodingGAN",
    "ExportError",
    "FastGAN",
    "InfoGAN",
    "NextFrameGAN",
    "OnePassGAN",
    "Pix2Pix",
    "ProgressiveGAN",
    "ReACGAN",
    "StarGAN",
    "StyleGAN2",
    "Transferred",
    "__version__",
    "architectures",
    "augment",
    "callbacks",
    "data",
    "draw_signals",
    "draw_voxels",
    "kernel_regularizers",
    "latents",
    "layers",
    "load",
    "losses",
    "make_grid",
    "metrics",
    "penalties",
    "priors",
    "recipes",
    "regularizers",
    "runs",
    "save_animation",
    "save_archive",
    "save_grid",
    "save_images",
    "schedules",
    "show_batch",
    "to_keras",
    "transfer_weights",
    "translate_photo",
    "widen_weights",
]
