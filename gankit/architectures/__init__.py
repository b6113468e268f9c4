"""Networks, one file for each pair of ``build_generator`` and ``build_discriminator``."""

from gankit.architectures import dcgan, mlp

__all__ = ["dcgan", "mlp"]
