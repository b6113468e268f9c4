"""Networks, one file for each pair of ``build_generator`` and ``build_discriminator``."""

from gankit.architectures import (
    acgan,
    autoencoder,
    dcgan,
    infogan,
    lapgan,
    mlp,
    resize_convolution,
    sngan,
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
    "resize_convolution",
    "sngan",
    "tanh_upsampling",
    "unnormalized",
]
