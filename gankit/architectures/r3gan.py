"""Residual networks without normalization, of few parts: R3GAN's.

Huang et al. 2025, "The GAN is dead; long live the GAN! A Modern GAN Baseline", arXiv:2501.05441,
section 4: both networks are mirror images. Each resolution has a bilinear step of the size, a 1x1
convolution where the width changes, and residual blocks of a 1x1, a 3x3 and a 1x1 convolution,
which begin as nothing (Zhang et al. 2019, "Fixup Initialization", arXiv:1901.09321). They go with
``loss="relativistic"``, the penalties ``R1`` and ``R2``, and ``generator_ema``;
``gankit.recipes.r3gan`` puts all of it together.

By default blocks are as wide inside as outside, and without groups, which Keras trains 18 times as
fast on a CPU (``docs/recipes.md``). In the paper's configuration E, ``expansion=2,
group_width=16``, they are twice as wide inside, where groups of 16 channels see only each other:
more channels for fewer products. With classes the generator gets a vector of the class besides its
latents, and the score is the product of the discriminator's features and another vector of the
class.

Other than in the paper the generator ends in tanh, sizes change bilinearly and by means of 2x2
pixels instead of by [1, 2, 1], and layers outside of blocks begin with Keras's own initial values,
which are smaller.
"""

import keras
from keras import layers, ops

from gankit.architectures.shapes import crop, halve
from gankit.typing import ImageShape, Tensor

WIDEST = 768
NEGATIVE_SLOPE = 0.2


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 64,
    filters: int = 96,
    blocks: int = 2,
    expansion: int = 1,
    group_width: int | None = None,
    num_classes: int | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector, and of a class's.
        filters: width at the image's own size; it doubles as the size is halved, up to 768.
        blocks: residual blocks of each size.
        expansion: how many times as wide a block is inside.
        group_width: channels of each group of the 3x3 convolutions; None for no groups. On a CPU
            groups are slow.
        num_classes: for a conditional GAN: a second input, ``condition``, takes classes, integers
            in 0..num_classes - 1 of shape ``(batch,)``.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or widths that ``group_width`` does not divide.

    Examples:
        >>> generator = architectures.r3gan.build_generator((32, 32, 3), filters=4, blocks=1)
        >>> generator.input_shape, generator.output_shape
        ((None, 64), (None, 32, 32, 3))
    """
    sizes, widths = halve(image_shape), find_widths(image_shape, filters)
    start = (*sizes[-1], widths[-1])

    inputs = x = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        begin = keras.initializers.RandomNormal(stddev=num_classes**-0.5)
        x = layers.concatenate([x, layers.Embedding(num_classes, latent_dim, begin)(condition)])
        inputs = [inputs, condition]
    x = layers.Dense(start[-1], use_bias=False)(x)
    x = layers.Reshape((1, 1, start[-1]))(x)
    x = layers.UpSampling2D(start[:2])(x)
    x = layers.EinsumDense("bhwc,hwc->bhwc", start, kernel_initializer="random_normal")(x)
    for level, units in reversed(list(enumerate(widths))):
        if level < len(widths) - 1:
            x = crop(layers.UpSampling2D(interpolation="bilinear")(x), sizes[level])
            x = change_width(x, units)
        for _ in range(blocks):
            x = add_residual(x, len(widths) * blocks, expansion, group_width)
    x = layers.Conv2D(image_shape[-1], 1, use_bias=False)(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 96,
    blocks: int = 2,
    expansion: int = 1,
    group_width: int | None = None,
    num_classes: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: width at the image's own size; it doubles as the size is halved, up to 768.
        blocks: residual blocks of each size.
        expansion: see ``build_generator``.
        group_width: see ``build_generator``.
        num_classes: see ``build_generator``.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or widths that ``group_width`` does not divide.

    Examples:
        >>> discriminator = architectures.r3gan.build_discriminator(
        ...     (32, 32, 3), filters=4, blocks=1
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), (None, 1))
    """
    widths = find_widths(image_shape, filters)
    inputs = x = keras.Input(image_shape, name="images")
    x = layers.Conv2D(widths[0], 1, use_bias=False)(x)
    for level, units in enumerate(widths):
        if level:
            x = change_width(layers.AveragePooling2D(2, padding="same")(x), units)
        for _ in range(blocks):
            x = add_residual(x, len(widths) * blocks, expansion, group_width)
    x = layers.EinsumDense("bhwc,hwc->bc", widths[-1])(x)
    if num_classes is None:
        scores = layers.Dense(1, use_bias=False, dtype="float32", name="scores")(x)
        return keras.Model(inputs, scores, name=name)
    condition = keras.Input((), dtype="int32", name="condition")
    features = layers.Dense(widths[-1], use_bias=False, dtype="float32")(x)
    begin = keras.initializers.RandomNormal(stddev=(num_classes * widths[-1]) ** -0.5)
    vectors = layers.Embedding(num_classes, widths[-1], begin, dtype="float32")(condition)
    scores = ops.sum(features * vectors, axis=-1, keepdims=True)
    scores = layers.Activation("linear", dtype="float32", name="scores")(scores)
    return keras.Model([inputs, condition], scores, name=name)


def find_widths(image_shape: ImageShape, filters: int) -> list[int]:
    """Returns the width of each size, the image's own first."""
    widest = max(WIDEST, filters)
    return [min(filters * 2**level, widest) for level in range(len(halve(image_shape)))]


def change_width(x: Tensor, units: int) -> Tensor:
    """Returns ``x`` with so many channels."""
    return x if x.shape[-1] == units else layers.Conv2D(units, 1, use_bias=False)(x)


def add_residual(x: Tensor, number: int, expansion: int, group_width: int | None) -> Tensor:
    """Returns ``x`` and what a residual block, one of ``number``, adds to it."""
    width = x.shape[-1]
    inside = width * expansion
    if group_width is not None and inside % group_width:
        raise ValueError(
            f"group_width must divide all widths of blocks, here {inside}, got {group_width}."
        )
    # Fixup: a block of three convolutions begins smaller by number ** -1/4, and ends in zeros.
    scale = 2 / (1 + NEGATIVE_SLOPE**2) / number**0.5
    residual = x
    for kernel_size in (1, 3):
        grouped = kernel_size == 3 and group_width is not None
        residual = layers.Conv2D(
            inside,
            kernel_size,
            padding="same",
            groups=inside // group_width if grouped else 1,
            kernel_initializer=keras.initializers.VarianceScaling(scale),
        )(residual)
        residual = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(residual)
    residual = layers.Conv2D(width, 1, use_bias=False, kernel_initializer="zeros")(residual)
    return layers.add([x, residual])
