"""StyleGAN2's networks: mapping and synthesis, which styles steer, and a residual discriminator.

Karras et al. 2019, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958,
configuration F, with the choices of Karras et al. 2020, "Training Generative Adversarial Networks
with Limited Data", arXiv:2006.06676. A mapping network turns latents into a vector w. The synthesis
network doubles a learned map up to the image, each of its layers reads a style from w, and the
image is the sum of what it draws at all sizes (skip connections). All weights have an equalized
learning rate. With ``filters=64``, or 32 for 1024 pixels, these are the authors' networks, weight
for weight: 24.8 and 24.0 million for 256 pixels, 30.4 and 29.0 million for 1024.

The generator holds two networks as layers, ``mapping``, from latents to w, and ``synthesis``, from
w for each layer to images. They go with ``gankit.StyleGAN2``.
"""

import itertools
import math

import keras
from keras import layers, ops

from gankit.architectures.shapes import crop, halve
from gankit.layers import (
    ConstantInput,
    EqualizedConv2D,
    EqualizedDense,
    FIRUpsampling2D,
    MinibatchStandardDeviation,
    ModulatedConv2D,
    NoiseInjection,
    ScaledLeakyReLU,
)
from gankit.typing import ImageShape, Tensor

SLOWLY = 0.01  # the learning rate of mapping networks, by the measure of other layers


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 512,
    filters: int = 64,
    widest: int = 512,
    style_dim: int = 512,
    mapping_layers: int = 8,
    num_classes: int | None = None,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents ``(batch, latent_dim)`` to images of about [-1, 1].

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        filters: width at the image's own size; it doubles as the size is halved, up to ``widest``.
        widest: most channels of a map.
        style_dim: length of w.
        mapping_layers: layers between latents and w; arXiv:2006.06676 has 2 for small data.
        num_classes: for a conditional GAN: a second input, ``condition``, takes classes, integers
            in 0..num_classes - 1 of shape ``(batch,)``.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.stylegan2.build_generator(
        ...     (16, 16, 3), filters=2, widest=8, style_dim=8, mapping_layers=1
        ... )
        >>> generator.input_shape, generator.output_shape
        ((None, 512), (None, 16, 16, 3))
    """
    mapping = build_mapping(latent_dim, style_dim, mapping_layers, num_classes)
    synthesis = build_synthesis(image_shape, filters, widest, style_dim)
    inputs = latents = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        inputs = [latents, keras.Input((), dtype="int32", name="condition")]
    w = layers.RepeatVector(synthesis.input_shape[1], dtype="float32")(mapping(inputs))
    return keras.Model(inputs, synthesis(w), name=name)


def build_mapping(
    latent_dim: int | None,
    style_dim: int,
    mapping_layers: int,
    num_classes: int | None = None,
    name: str = "mapping",
) -> keras.Model:
    """Returns a network from latents, a class, or both, to w ``(batch, style_dim)``.

    It computes in float32.

    Args:
        latent_dim: length of a latent vector; None for a network of classes alone.
        style_dim: length of w.
        mapping_layers: how many dense layers.
        num_classes: how many classes; None for a network of latents alone.
        name: of the model.

    Examples:
        >>> network = architectures.stylegan2.build_mapping(
        ...     latent_dim=16, style_dim=8, mapping_layers=2
        ... )
        >>> network.input_shape, network.output_shape
        ((None, 16), (None, 8))
    """
    inputs, given = [], []
    if latent_dim is not None:
        inputs.append(keras.Input((latent_dim,), name="latents"))
        given.append(normalize(inputs[-1]))
    if num_classes is not None:
        inputs.append(keras.Input((), dtype="int32", name="condition"))
        one_hot = layers.CategoryEncoding(num_classes, output_mode="one_hot")(inputs[-1])
        given.append(normalize(EqualizedDense(style_dim, dtype="float32")(one_hot)))
    x = layers.concatenate(given, dtype="float32") if len(given) > 1 else given[0]
    for _ in range(mapping_layers):
        x = EqualizedDense(style_dim, SLOWLY, dtype="float32")(x)
        x = ScaledLeakyReLU(dtype="float32")(x)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], x, name=name)


def normalize(x: Tensor) -> Tensor:
    """Returns vectors whose values have a mean square of 1."""
    return x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)


def build_synthesis(
    image_shape: ImageShape,
    filters: int = 64,
    widest: int = 512,
    style_dim: int = 512,
    name: str = "synthesis",
) -> keras.Model:
    """Returns a network from w for each layer, ``(batch, layers, style_dim)``, to images.

    See ``build_generator``. The first layer has one style, each further size two, and the last
    image one: 10 for images of 64 pixels, 18 for 1024. The image of a size shares its style with
    the next size's first convolution.

    Args:
        image_shape: see ``build_generator``.
        filters: see ``build_generator``.
        widest: see ``build_generator``.
        style_dim: length of w.
        name: of the model.

    Examples:
        >>> network = architectures.stylegan2.build_synthesis(
        ...     (16, 16, 3), filters=2, widest=8, style_dim=8
        ... )
        >>> network.input_shape, network.output_shape
        ((None, 6, 8), (None, 16, 16, 3))
    """
    sizes, widths = halve(image_shape), find_widths(image_shape, filters, widest)
    styles = keras.Input((2 * len(sizes), style_dim), name="styles")

    def convolve(x, place, units, size, double=False):
        x = ModulatedConv2D(units, 3, double, name=f"conv_{place}")(x, style_of(x, place))
        x = NoiseInjection(name=f"noise_{place}")(crop(x, size))
        return ScaledLeakyReLU()(x)

    def draw(x, place):
        style = style_of(x, place, "image_style")
        made = ModulatedConv2D(image_shape[-1], 1, demodulate=False, name=f"image_{place}")
        return layers.Activation("linear", dtype="float32")(made(x, style))

    def style_of(x, place, kind="style"):
        affine = EqualizedDense(
            x.shape[-1], bias_initializer="ones", dtype="float32", name=f"{kind}_{place}"
        )
        return affine(styles[:, place])

    x = ConstantInput((*sizes[-1], widths[-1]))(styles)
    x = convolve(x, 0, widths[-1], sizes[-1])
    images = draw(x, 1)
    for level in reversed(range(len(sizes) - 1)):
        place = 2 * (len(sizes) - level) - 3
        x = convolve(x, place, widths[level], sizes[level], double=True)
        x = convolve(x, place + 1, widths[level], sizes[level])
        larger = crop(FIRUpsampling2D(dtype="float32")(images), sizes[level])
        images = layers.Add(dtype="float32")([larger, draw(x, place + 2)])
    images = layers.Activation("linear", dtype="float32", name="images")(images)
    return keras.Model(styles, images, name=name)


def build_discriminator(
    image_shape: ImageShape,
    filters: int = 64,
    widest: int = 512,
    group_size: int = 4,
    mapping_layers: int = 8,
    num_classes: int | None = None,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to logits ``(batch, 1)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        filters: width at the image's own size; it doubles as the size is halved, up to ``widest``.
        widest: most channels of a map.
        group_size: images over which standard deviations are taken, see
            ``MinibatchStandardDeviation``.
        mapping_layers: layers between a class and what images of it are compared with.
        num_classes: for a conditional GAN: a second input, ``condition``, takes classes, integers
            in 0..num_classes - 1 of shape ``(batch,)``.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.stylegan2.build_discriminator(
        ...     (16, 16, 3), filters=2, widest=8, mapping_layers=1
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 16, 16, 3), (None, 1))
    """
    widths = find_widths(image_shape, filters, widest)
    inputs = images = keras.Input(image_shape, name="images")
    x = ScaledLeakyReLU()(EqualizedConv2D(widths[0], 1)(images))
    for units, next_units in itertools.pairwise(widths):
        x = add_residual(x, units, next_units)
    x = ScaledLeakyReLU()(EqualizedConv2D(widths[-1], 3)(MinibatchStandardDeviation(group_size)(x)))
    x = layers.Flatten(dtype="float32")(x)
    x = ScaledLeakyReLU(dtype="float32")(EqualizedDense(widths[-1], dtype="float32")(x))
    if num_classes is None:
        scores = EqualizedDense(1, dtype="float32", name="scores")(x)
        return keras.Model(inputs, scores, name=name)
    condition = keras.Input((), dtype="int32", name="condition")
    vectors = build_mapping(None, widths[-1], mapping_layers, num_classes)(condition)
    features = EqualizedDense(widths[-1], dtype="float32")(x)
    scores = ops.sum(features * vectors, axis=-1, keepdims=True) / math.sqrt(widths[-1])
    scores = layers.Activation("linear", dtype="float32", name="scores")(scores)
    return keras.Model([images, condition], scores, name=name)


def add_residual(x: Tensor, units: int, next_units: int) -> Tensor:
    """Returns a map of half the size: a residual block, and what it is added to.

    Both are divided by the root of 2, so that the sum has the variance of each.
    """
    shortcut = EqualizedConv2D(next_units, 1, math.sqrt(0.5), halve=True, use_bias=False)(x)
    x = ScaledLeakyReLU()(EqualizedConv2D(units, 3)(x))
    x = EqualizedConv2D(next_units, 3, halve=True)(x)
    return layers.add([shortcut, ScaledLeakyReLU(gain=1.0)(x)])  # sqrt(2) / sqrt(2)


def find_widths(image_shape: ImageShape, filters: int, widest: int) -> list[int]:
    """Returns the width of each size, the image's own first."""
    return [min(filters * 2**level, widest) for level in range(len(halve(image_shape)))]
