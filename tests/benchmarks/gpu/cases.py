"""What is measured: networks, batch sizes and types, in the order of their worth."""

import importlib
from typing import NamedTuple

from gankit.architectures import dcgan, r3gan


class Case(NamedTuple):
    """Networks by name, their filters, a batch's images, and the type that they compute in."""

    networks: str
    size: int
    filters: int
    batch_size: int
    dtype: str

    def __str__(self):
        return (
            f"{self.networks} {self.size}, {self.filters} filters, {self.batch_size}, {self.dtype}"
        )


CASES = [
    Case("dcgan", 64, 128, 128, "bfloat16"),
    Case("dcgan", 64, 128, 512, "bfloat16"),
    Case("dcgan", 64, 128, 128, "float32"),
    Case("dcgan", 64, 64, 64, "bfloat16"),
    Case("dcgan", 64, 64, 512, "bfloat16"),
    Case("r3gan", 64, 64, 128, "bfloat16"),
    Case("stylegan2", 64, 64, 64, "bfloat16"),
    Case("stylegan2", 256, 64, 32, "bfloat16"),
]

QUICK = [
    Case("dcgan", 16, 8, 8, "float32"),
    Case("r3gan", 16, 8, 8, "float32"),
    Case("stylegan2", 16, 8, 8, "float32"),
]


def build(case):
    """Returns both networks of a case, or None of an architecture that isn't there."""
    shape = (case.size, case.size, 3)
    if case.networks == "dcgan":
        # Dropout as in PyTorch's and Keras's own examples, since its random numbers cost time.
        return (
            dcgan.build_generator(shape, latent_dim=128, filters=case.filters),
            dcgan.build_discriminator(shape, filters=case.filters, dropout=0.3),
        )
    if case.networks == "r3gan":
        return (
            r3gan.build_generator(shape, filters=case.filters, blocks=1),
            r3gan.build_discriminator(shape, filters=case.filters, blocks=1),
        )
    try:
        module = importlib.import_module(f"gankit.architectures.{case.networks}")
    except ImportError:
        return None
    return (
        module.build_generator(shape, filters=case.filters),
        module.build_discriminator(shape, filters=case.filters),
    )
