"""Networks, one file for each pair of ``build_generator`` and ``build_discriminator``."""

from gankit.architectures import (
    acgan,
    dcgan,
    mlp,
    resize_convolution,
    tanh_upsampling,
    unnormalized,
)

__all__ = ["acgan", "dcgan", "mlp", "resize_convolution", "tanh_upsampling", "unnormalized"]
