"""Networks, one file for each pair of ``build_generator`` and ``build_discriminator``."""

from gankit.architectures import (
    acgan,
    autoencoder,
    cyclegan,
    dcgan,
    infogan,
    lapgan,
    mlp,
    pix2pix,
    resize_convolution,
    sngan,
    srcnn,
    srgan,
    stargan,
    tanh_upsampling,
    unnormalized,
)

__all__ = [
    "acgan",
    "autoencoder",
    "cyclegan",
    "dcgan",
    "infogan",
    "lapgan",
    "mlp",
    "pix2pix",
    "resize_convolution",
    "sngan",
    "srcnn",
    "srgan",
    "stargan",
    "tanh_upsampling",
    "unnormalized",
]
