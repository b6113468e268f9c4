"""Recipes: networks, losses, optimizers and augmentation that work well together.

Each function returns a compiled GAN, ready for ``fit``. Every choice is a keyword argument, so you
can change one and keep the others. ``examples/compare_recipes.py`` compares them with other
recipes; the results are in ``docs/recipes.md``.
"""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from gankit import losses, penalties, schedules
from gankit.architectures import dcgan
from gankit.architectures import r3gan as r3gan_networks
from gankit.augment import AugmentPipe, DiffAugment
from gankit.gans import GAN
from gankit.regularizers import Regularizer
from gankit.typing import ImageShape, Number

#: Below this number of images, a discriminator soon memorizes them.
FEW_IMAGES = 50_000

#: R3GAN's published settings by dataset, to use as ``r3gan(..., **R3GAN["cifar10"])``.
R3GAN: dict[str, dict[str, Any]] = {
    "cifar10": {
        "filters": 768,
        "gamma": (0.05, 0.005),
        "half_life": 5_000_000,
        "probability": 0.55,
        "total_images": 20_000_000,
    },
    "ffhq_64": {
        "filters": 384,
        "gamma": (2.0, 0.2),
        "half_life": 500_000,
        "probability": 0.3,
        "total_images": 20_000_000,
    },
    "ffhq_256": {
        "filters": 96,
        "gamma": (150.0, 15.0),
        "half_life": 500_000,
        "probability": 0.3,
        "total_images": 20_000_000,
    },
    "imagenet_32": {
        "filters": 1536,
        "group_width": 32,
        "gamma": (0.5, 0.05),
        "half_life": 50_000_000,
        "probability": 0.5,
        "total_images": 200_000_000,
    },
    "imagenet_64": {
        "filters": 1536,
        "group_width": 32,
        "gamma": (1.0, 0.1),
        "half_life": 50_000_000,
        "probability": 0.4,
        "total_images": 200_000_000,
    },
}


def small(
    image_shape: ImageShape,
    num_classes: int | None = None,
    *,
    latent_dim: int = 128,
    filters: int = 32,
    **options: Any,
) -> GAN:
    """Returns a small DCGAN, for digits and other simple images of up to 32 pixels.

    It is made for minutes on a CPU: its networks have few filters, which allows a high learning
    rate of 0.001. An image of 28x28 is halved three times, to 4x4: after two halvings, a filter of
    the discriminator would see only 10 of the 28 pixels, after three it sees 22.

    Args:
        image_shape: ``(height, width, channels)``.
        num_classes: for a conditional GAN, which trains on pairs ``(images, labels)``.
        latent_dim: length of a latent vector.
        filters: channels of the layer next to the image, in both networks.
        **options: see ``assemble``.

    Raises:
        ValueError: an image shape or an option that doesn't fit.

    Examples:
        >>> gan = recipes.small((28, 28, 1), num_classes=10, num_images=len(digits))
        >>> gan.generator.output_shape, gan.latent_dim
        ((None, 28, 28, 1), 128)
        >>> gan.penalty.get_config()
        {'weight': 0.1, 'every': 8}

    See Also:
        ``modern``, for photos. [Recipes, compared](../recipes.md) shows the results.
    """
    choices: dict[str, Any] = {"learning_rate": 1e-3}
    return assemble(
        dcgan.build_generator(image_shape, latent_dim, filters, num_classes=num_classes),
        dcgan.build_discriminator(image_shape, filters, num_classes=num_classes),
        **choices | options,
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
    """Returns a GAN for photos of 64 pixels and more, even if there are only a few thousand.

    At equal time, plain DCGAN networks that see many images beat deeper ones that see few. With few
    photos, ``num_images`` switches augmentation on, so that the discriminator doesn't memorize
    them; mirror them, too, with ``flip="horizontal"`` in ``gankit.data``'s adapters.

    Args:
        image_shape: ``(height, width, channels)``.
        num_images: how many images you train on; see ``assemble``.
        num_classes: for a conditional GAN, which trains on pairs ``(images, labels)``.
        latent_dim: length of a latent vector.
        filters: channels of the layer next to the image, in both networks: 32 for a CPU, 96 for a
            GPU.
        **options: see ``assemble``.

    Raises:
        ValueError: an image shape or an option that doesn't fit.

    Examples:
        >>> gan = recipes.modern((64, 64, 3), num_images=3000, total_steps=20_000, filters=8)
        >>> gan.augment.policy  # for few images
        ('translation', 'cutout')

    See Also:
        ``small``, for digits and drawings.
    """
    return assemble(
        dcgan.build_generator(image_shape, latent_dim, filters, num_classes=num_classes),
        dcgan.build_discriminator(image_shape, filters, num_classes=num_classes),
        num_images=num_images,
        **options,
    )


def r3gan(
    image_shape: ImageShape,
    num_classes: int | None = None,
    *,
    batch_size: int,
    total_images: int = 20_000_000,
    latent_dim: int = 64,
    filters: int = 96,
    blocks: int = 2,
    expansion: int = 2,
    group_width: int | None = 16,
    learning_rate: tuple[float, float] = (2e-4, 5e-5),
    beta_2: tuple[float, float] = (0.9, 0.99),
    gamma: tuple[float, float] = (2.0, 0.2),
    half_life: float = 500_000,
    probability: float = 0.3,
    policy: Sequence[str] = ("blitting", "geometry", "color", "cutout"),
    **options: Any,
) -> GAN:
    """Returns R3GAN as published, for a GPU: wide grouped convolutions, and five schedules.

    Five settings follow a cosine schedule: the learning rate, Adam's ``beta_2``, the weight gamma
    of both gradient penalties, the half-life of the generator's average, which starts at 0, and the
    probability of augmentation, which starts at 0, too. ``recipes.R3GAN`` holds the published
    settings::

        recipes.r3gan((32, 32, 3), 10, batch_size=512, **recipes.R3GAN["cifar10"])

    The schedules count training steps, so their length in images depends on the batch size. For
    minutes on a CPU, use ``expansion=1, group_width=None``, about 16 ``filters`` and fewer
    ``total_images``. In half precision (``keras.config.set_dtype_policy``), scores, penalties and
    Adam stay in float32.

    Args:
        image_shape: ``(height, width, channels)``.
        num_classes: for a conditional GAN, which trains on pairs ``(images, labels)``.
        batch_size: images per training step, over all devices; the schedules need it.
        total_images: how many images the schedules last; training may continue after that.
        latent_dim: length of a latent vector.
        filters: see ``architectures.r3gan``.
        blocks: see ``architectures.r3gan``.
        expansion: see ``architectures.r3gan``.
        group_width: see ``architectures.r3gan``.
        learning_rate: of both networks, at the start and at the end; the next two are such pairs,
            too.
        beta_2: of both networks: Adam's memory of squared gradients.
        gamma: weight of ``R1`` and ``R2``.
        half_life: the final half-life of the average, in images.
        probability: the final share of images to which each change of ``policy`` is made.
        policy: see ``ADA``; the paper makes changes of colour half as often as others.
        **options: further arguments of ``GAN``, e.g. ``seed``.

    Raises:
        ValueError: an image shape or an option that doesn't fit.

    Examples:
        >>> gan = recipes.r3gan(
        ...     (32, 32, 3), batch_size=64, filters=4, blocks=1, expansion=1, group_width=None
        ... )
        >>> type(gan.loss).__name__, gan.loss.needs_real
        ('Relativistic', True)

    References:
        Huang et al. 2025, "The GAN is dead; long live the GAN! A Modern GAN Baseline",
        arXiv:2501.05441.
    """
    steps = max(1, total_images // batch_size)

    def change(start, end):
        return schedules.Cosine(start, end, steps)

    def build_adam():
        return schedules.Adam(change(*learning_rate), 0.0, change(*beta_2), epsilon=1e-8)

    networks: dict[str, Any] = {"filters": filters, "blocks": blocks, "expansion": expansion}
    networks |= {"group_width": group_width, "num_classes": num_classes}
    weight: Number = change(*gamma)
    gan = GAN(
        r3gan_networks.build_generator(image_shape, latent_dim, **networks),
        r3gan_networks.build_discriminator(image_shape, **networks),
        **{
            "augment": AugmentPipe(policy, change(0.0, probability)),
            "generator_ema": change(0.0, half_life),
        }
        | options,
    )
    penalty = penalties.R1(weight) + penalties.R2(weight)
    gan.compile(build_adam(), build_adam(), "relativistic", penalty)
    return gan


def assemble(
    generator: keras.Model,
    discriminator: keras.Model,
    *,
    variant: type[GAN] = GAN,
    num_images: int | None = None,
    total_steps: int | None = None,
    learning_rate: float = 5e-4,
    beta_1: float = 0.0,
    loss: str | losses.Loss | None = None,
    penalty: penalties.Penalty | Literal["auto"] | None = "auto",
    regularizers: Sequence[Regularizer] = (),
    augment: keras.Layer | Literal["auto"] | None = "auto",
    generator_ema: Number | None = 20_000,
    **options: Any,
) -> GAN:
    """Returns a GAN of your own networks, compiled with the settings that the recipes share.

    These are Adam without momentum and with ``beta_2=0.99``, as in StyleGAN2 (Karras et al. 2019,
    arXiv:1912.04958); a lazy gradient penalty, ``R1(0.1, every=8)`` for ``GAN``; an average of the
    generator's weights; and differentiable augmentation if there are few images (Zhao et al. 2020,
    arXiv:2006.10738).

    Args:
        generator: see ``GAN``.
        discriminator: see ``GAN``.
        variant: the class to make: ``GAN``, or a variant such as ``ACGAN``.
        num_images: how many images you train on. Below 50,000 they are augmented: colour images by
            translation and cutout, grey ones, such as digits, by translation alone. None means an
            unknown number, and no augmentation.
        total_steps: how many steps you will train for, if you know: the learning rates then decay
            to zero along a cosine. None keeps them constant.
        learning_rate: of both networks.
        beta_1: of both networks: Adam's momentum, in [0, 1).
        loss: see ``GAN.compile``.
        penalty: see ``GAN.compile``.
        regularizers: see ``GAN.compile``.
        augment: see ``GAN``; ``"auto"`` follows from ``num_images``.
        generator_ema: see ``GAN``; the default is a half-life of 20,000 images.
        **options: further arguments of ``variant``, e.g. ``seed``.

    Raises:
        ValueError: networks or an option that don't fit.

    Examples:
        >>> gan = recipes.assemble(
        ...     architectures.acgan.build_generator((28, 28, 1), filters=4),
        ...     architectures.acgan.build_discriminator((28, 28, 1), filters=4),
        ...     variant=gankit.ACGAN,
        ...     num_images=len(digits),
        ... )
        >>> type(gan.penalty).__name__, gan.augment.policy
        ('R1', ('translation',))
    """
    if augment == "auto":
        augment = choose_augmentation(num_images, generator.output_shape[-1])
    gan = variant(generator, discriminator, augment=augment, generator_ema=generator_ema, **options)
    gan.compile(
        build_optimizer(learning_rate, beta_1, total_steps),
        build_optimizer(learning_rate, beta_1, total_steps),
        loss=loss,
        penalty=penalty,
        regularizers=regularizers,
    )
    return gan


def choose_augmentation(num_images: int | None, channels: int) -> keras.Layer | None:
    """Returns augmentation for few images, None for many or an unknown number."""
    if num_images is None or num_images >= FEW_IMAGES:
        return None
    return DiffAugment(["translation"] if channels == 1 else ["translation", "cutout"])


def build_optimizer(
    learning_rate: float, beta_1: float, total_steps: int | None
) -> keras.optimizers.Optimizer:
    """Returns Adam for one of the two networks."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = learning_rate
    if total_steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, total_steps)
    return keras.optimizers.Adam(rate, beta_1=beta_1, beta_2=0.99)
