"""Networks, one file for each pair of ``build_generator`` and ``build_discriminator``."""

from gankit.architectures import (
    acgan,
    autoencoder,
    dcgan,
    infogan,
    lapgan,
    mlp,
    pix2pix,
    resize_convolution,
    sngan,
    srcnn,
    srgan,
    tanh_upsampling,
    unnormalized,
)

__all__ = [
    "acgan",
    "autoencoder",
    "dcgan",
    "infogan",
    "lapgan",
    "mlp",
    "pix2pix",
    "resize_convolution",
    "sngan",
    "srcnn",
    "srgan",
    "tanh_upsampling",
    "unnormalized",
]
