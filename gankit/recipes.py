"""Recipes: networks, loss, penalty, optimizers, average and augmentation that go together.

Each function returns a compiled GAN, ready for ``fit``. Every choice is a keyword, so you can
change one and keep the others. ``examples/compare_recipes.py`` measures them against other recipes;
``docs/recipes.md`` shows what came out.
"""

from typing import Any, Literal

import keras

from gankit import losses, penalties
from gankit.architectures import dcgan
from gankit.augment import DiffAugment
from gankit.gans import GAN
from gankit.typing import ImageShape

#: With fewer images than this, a discriminator soon knows them by heart.
FEW_IMAGES = 50_000


def small(
    image_shape: ImageShape,
    num_classes: int | None = None,
    *,
    latent_dim: int = 128,
    filters: int = 32,
    **options: Any,
) -> GAN:
    """Returns a small DCGAN for digits and other simple images of up to 32 pixels.

    Args:
        image_shape: ``(height, width, channels)``.
        num_classes: for a conditional GAN, which trains on pairs ``(images, labels)``.
        latent_dim: length of a latent vector.
        filters: channels next to the image, in both networks.
        **options: see ``assemble``.

    Raises:
        ValueError: an image shape or an option that doesn't fit.
    """
    return assemble(
        dcgan.build_generator(image_shape, latent_dim, filters, num_classes=num_classes),
        dcgan.build_discriminator(image_shape, filters, num_classes=num_classes),
        **{"learning_rate": 1e-3, "penalty": penalties.R1(0.1, every=8)} | options,
    )


def modern(
    image_shape: ImageShape,
    num_images: int | None = None,
    num_classes: int | None = None,
    *,
    latent_dim: int = 128,
    filters: int = 32,
    **options: Any,
) -> GAN:
    """Returns a GAN for photos of 64 to 256 pixels."""
    return assemble(
        dcgan.build_generator(image_shape, latent_dim, filters, num_classes=num_classes),
        dcgan.build_discriminator(image_shape, filters, num_classes=num_classes),
        **{"num_images": num_images, "penalty": penalties.R1(1.0, every=8)} | options,
    )


def assemble(
    generator: keras.Model,
    discriminator: keras.Model,
    *,
    variant: type[GAN] = GAN,
    num_images: int | None = None,
    total_steps: int | None = None,
    learning_rate: float = 3e-4,
    beta_1: float = 0.0,
    loss: str | losses.Loss = "non_saturating",
    penalty: penalties.Penalty | None = None,
    augment: keras.Layer | Literal["auto"] | None = "auto",
    generator_ema: float | None = 20_000,
    **options: Any,
) -> GAN:
    """Returns a GAN of your own networks, compiled with what the other recipes have in common.

    Args:
        generator: see ``GAN``.
        discriminator: see ``GAN``.
        variant: the class to make: ``GAN``, or a variant such as ``ACGAN``.
        num_images: how many images you train on. Below 50,000, images are augmented. None, for an
            unknown number, doesn't augment.
        total_steps: how many steps you will train for, if you know: learning rates then fall along
            half a cosine to 0. None keeps them.
        learning_rate: of both networks.
        beta_1: of both Adam optimizers: how much of their last steps they repeat.
        loss: see ``GAN.compile``.
        penalty: see ``GAN.compile``.
        augment: see ``GAN``; ``"auto"`` follows from ``num_images``.
        generator_ema: see ``GAN``.
        **options: further arguments of ``variant``, e.g. ``seed``.
    """
    if augment == "auto":
        augment = choose_augmentation(num_images, generator.output_shape[-1])
    gan = variant(generator, discriminator, augment=augment, generator_ema=generator_ema, **options)
    optimizers = (build_optimizer(learning_rate, beta_1, total_steps) for _ in range(2))
    gan.compile(*optimizers, loss=loss, penalty=penalty)
    return gan


def choose_augmentation(num_images: int | None, channels: int) -> keras.Layer | None:
    """Returns augmentation for few images, None for many or an unknown number."""
    if num_images is None or num_images >= FEW_IMAGES:
        return None
    return DiffAugment(["translation"] if channels == 1 else ["translation", "cutout"])


def build_optimizer(
    learning_rate: float, beta_1: float, total_steps: int | None
) -> keras.optimizers.Optimizer:
    """Returns Adam for one of both networks."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = learning_rate
    if total_steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, total_steps)
    return keras.optimizers.Adam(rate, beta_1=beta_1, beta_2=0.99)
