"""Convolutional networks that halve and double the image: DCGAN's.

Radford et al. 2015, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", arXiv:1511.06434: strided convolutions instead of pooling, no hidden dense
layers, batch normalization and ReLU in the generator, LeakyReLU in the discriminator, tanh at the
end, weights drawn from a normal distribution of standard deviation 0.02. Two things are chosen
otherwise. Kernels are 4 wide where the paper has 5, since a width that the stride of 2 divides
reaches each pixel equally often and leaves no checkerboard (Odena et al. 2016,
doi:10.23915/distill.00003). The discriminator has no batch normalization, so that its opinion of an
image does not depend on which others are in the batch; dropout is an option.
"""

import keras
from keras import layers

from gankit.architectures.codes import codes
from gankit.architectures.initial import small_normal
from gankit.architectures.projection import project
from gankit.architectures.shapes import crop, halve
from gankit.typing import ImageShape

WIDEST = 512


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 100,
    filters: int = 64,
    kernel_size: int = 4,
    num_classes: int | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images in [-1, 1].

    Begins with a map of 4 to 6 pixels on its longer side and doubles it by transposed convolutions,
    less a row or column where a size is odd: 4 -> 7 -> 14 -> 28, and 4 -> 8 -> 16 -> 32 -> 64.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: channels of the layer before the image; doubled at each layer before that one, up
            to 512.
        kernel_size: width of the kernels, even.
        num_classes: for a conditional GAN (Mirza and Osindero 2014, "Conditional Generative
            Adversarial Nets", arXiv:1411.1784): a second input, ``condition``, takes classes,
            integers in 0..num_classes - 1 of shape ``(batch,)``, which are put besides the latents.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or an odd ``kernel_size``.

    Examples:
        >>> generator = architectures.dcgan.build_generator((28, 28, 1), latent_dim=100, filters=4)
        >>> generator.input_shape, generator.output_shape
        ((None, 100), (None, 28, 28, 1))
    """
    check_kernel_size(kernel_size)
    *sizes, start = halve(image_shape)
    widths = [min(filters * 2**level, WIDEST) for level in range(len(sizes))]

    inputs = x = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        x = layers.concatenate([x, layers.Embedding(num_classes, num_classes)(condition)])
        inputs = [inputs, condition]
    x = layers.Dense(start[0] * start[1] * widths[-1], use_bias=False, **small_normal())(x)
    x = layers.Reshape((*start, widths[-1]))(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for size, units in reversed(list(zip(sizes[1:], widths[:-1], strict=True))):
        x = layers.Conv2DTranspose(
            units, kernel_size, strides=2, padding="same", use_bias=False, **small_normal()
        )(x)
        x = layers.ReLU()(layers.BatchNormalization()(crop(x, size)))
    x = layers.Conv2DTranspose(
        image_shape[-1], kernel_size, strides=2, padding="same", **small_normal()
    )(x)
    x = crop(x, sizes[0])
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 64,
    kernel_size: int = 4,
    dropout: float = 0.0,
    num_classes: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Halves height and width by strided convolutions as often as the generator doubles them.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: channels of the first layer; doubled at each following one, up to 512.
        kernel_size: width of the kernels, even.
        dropout: share of activations that is dropped in training, after each convolution.
        num_classes: for a conditional GAN: as in the generator, a second input takes classes. The
            score of an image grows by the inner product of its features with a vector of its
            class, the projection of Miyato and Koyama (2018, arXiv:1802.05637): classes are told
            apart sooner than if they were put beside the colours of each pixel.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or an odd ``kernel_size``.

    Examples:
        >>> discriminator = architectures.dcgan.build_discriminator(
        ...     (28, 28, 1), filters=4, num_classes=10
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ([(None, 28, 28, 1), (None,)], (None, 1))
    """
    check_kernel_size(kernel_size)
    inputs = x = keras.Input(image_shape, name="images")
    for level in range(len(halve(image_shape)) - 1):
        units = min(filters * 2**level, WIDEST)
        x = layers.Conv2D(units, kernel_size, strides=2, padding="same", **small_normal())(x)
        x = layers.Dropout(dropout)(layers.LeakyReLU(negative_slope=0.2)(x))
    features = layers.Flatten()(x)
    outputs = layers.Dense(1, dtype="float32", name="scores", **small_normal())(features)
    if num_classes is not None:
        condition = keras.Input((), dtype="int32", name="condition")
        inputs = [inputs, condition]
        start = keras.initializers.RandomNormal(stddev=0.02)
        embed = layers.Embedding(num_classes, features.shape[-1], start, dtype="float32")
        outputs = project(outputs, features, embed(condition))
    return keras.Model(inputs, outputs, name=name)


def build_encoder(
    image_shape: ImageShape,
    latent_dim: int = 100,
    filters: int = 64,
    kernel_size: int = 4,
    stochastic: bool = False,
    name: str = "encoder",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to codes ``(batch, latent_dim)``.

    The discriminator's convolutions, with batch normalization after all but the first, as in
    Donahue et al. 2016, arXiv:1605.09782. For ``gankit.BiGAN`` and the like.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a code, the generator's.
        filters: channels of the first layer; doubled at each following one, up to 512.
        kernel_size: width of the kernels, even.
        stochastic: whether there is a second output, the logarithm of the variance, beside the
            first one, the mean.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or an odd ``kernel_size``.

    Examples:
        >>> encoder = architectures.dcgan.build_encoder((28, 28, 1), latent_dim=100, filters=4)
        >>> encoder.input_shape, encoder.output_shape
        ((None, 28, 28, 1), (None, 100))
    """
    check_kernel_size(kernel_size)
    inputs = x = keras.Input(image_shape, name="images")
    for level in range(len(halve(image_shape)) - 1):
        units = min(filters * 2**level, WIDEST)
        x = layers.Conv2D(
            units, kernel_size, strides=2, padding="same", use_bias=level == 0, **small_normal()
        )(x)
        x = layers.BatchNormalization()(x) if level else x
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    return keras.Model(inputs, codes(layers.Flatten()(x), latent_dim, stochastic), name=name)


def check_kernel_size(kernel_size: int) -> None:
    """Raises ``ValueError`` unless the stride of 2 divides ``kernel_size``."""
    if kernel_size % 2:
        raise ValueError(
            f"kernel_size must be even, got {kernel_size}: the stride of 2 would not divide it, "
            "and images would show a checkerboard."
        )
