"""InfoGAN's networks for MNIST.

Chen et al. 2016, "InfoGAN", arXiv:1606.03657, appendix C.1, for images of 28x28, which begin with
7x7 pixels and are doubled twice. Larger images are doubled as often as it takes to begin with at
most 8. The head that reads the codes shares all but its last two layers with the
discriminator. Kernels are 4 wide, dense layers have 1,024 units and the head's one 128; here the
layers' widths follow from ``filters``.
"""

import keras
from keras import layers

from gankit.architectures.shapes import crop, halve
from gankit.typing import ImageShape, Tensor

LARGEST_START, LEAST_HALVINGS = 8, 2  # as for the paper's 28x28, 28 -> 14 -> 7
WIDEST = 512
KERNEL_SIZE = 4
NEGATIVE_SLOPE = 0.1


def build_generator(
    image_shape: ImageShape,
    latent_dim: int = 62,
    num_categories: int = 10,
    num_codes: int = 2,
    filters: int = 64,
    hidden_units: int = 1024,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents, a category and codes to images in [-1, 1].

    Its inputs are ``latents`` ``(batch, latent_dim)``, ``category``, integers ``(batch,)`` in
    0..num_categories - 1, and, unless ``num_codes`` is 0, ``codes`` ``(batch, num_codes)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        latent_dim: length of a latent vector.
        num_categories: how many values the categorical code has.
        num_codes: how many continuous codes there are.
        filters: channels of the layer before the image; doubled at each layer before that one, up
            to 512.
        hidden_units: width of the first layer.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.infogan.build_generator(
        ...     (28, 28, 1), num_categories=10, num_codes=2, filters=4
        ... )
        >>> generator.input_shape, generator.output_shape
        ([(None, 62), (None,), (None, 2)], (None, 28, 28, 1))
    """
    *sizes, start = halve(image_shape, LARGEST_START, LEAST_HALVINGS)
    widths = [min(filters * 2**level, WIDEST) for level in range(len(sizes))]

    latents = keras.Input((latent_dim,), name="latents")
    category = keras.Input((), dtype="int32", name="category")
    inputs = [latents, category]
    one_hot = layers.CategoryEncoding(num_categories, output_mode="one_hot")(category)
    parts = [latents, one_hot]
    if num_codes:
        inputs.append(keras.Input((num_codes,), name="codes"))
        parts.append(inputs[-1])
    x = normalized(layers.Dense(hidden_units, use_bias=False)(layers.concatenate(parts)))
    x = normalized(layers.Dense(start[0] * start[1] * widths[-1], use_bias=False)(x))
    x = layers.Reshape((*start, widths[-1]))(x)
    for size, units in reversed(list(zip(sizes[1:], widths[:-1], strict=True))):
        x = layers.Conv2DTranspose(units, KERNEL_SIZE, 2, padding="same", use_bias=False)(x)
        x = normalized(crop(x, size))
    x = layers.Conv2DTranspose(image_shape[-1], KERNEL_SIZE, 2, padding="same")(x)
    x = crop(x, sizes[0])
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    num_categories: int = 10,
    num_codes: int = 2,
    filters: int = 64,
    hidden_units: int = 1024,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to scores and what it reads.

    Its outputs are logits ``(batch, 1)``, logits of the category ``(batch, num_categories)`` and,
    unless ``num_codes`` is 0, codes ``(batch, num_codes)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        num_categories: how many values the categorical code has.
        num_codes: how many continuous codes there are.
        filters: channels of the first convolution; doubled at each following one, up to 512.
        hidden_units: width of the layer before the score; the one before the codes has an eighth.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> discriminator = architectures.infogan.build_discriminator(
        ...     (28, 28, 1), num_categories=10, num_codes=2, filters=4
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 28, 28, 1), [(None, 1), (None, 10), (None, 2)])
    """
    halvings = len(halve(image_shape, LARGEST_START, LEAST_HALVINGS)) - 1
    images = keras.Input(image_shape, name="images")
    x = layers.Conv2D(filters, KERNEL_SIZE, 2, padding="same")(images)
    x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
    for level in range(1, halvings):
        units = min(filters * 2**level, WIDEST)
        x = layers.Conv2D(units, KERNEL_SIZE, 2, padding="same", use_bias=False)(x)
        x = normalized(x, NEGATIVE_SLOPE)
    x = layers.Flatten()(x)
    x = normalized(layers.Dense(hidden_units, use_bias=False)(x), NEGATIVE_SLOPE)
    scores = layers.Dense(1, dtype="float32", name="scores")(x)
    x = normalized(layers.Dense(hidden_units // 8, use_bias=False)(x), NEGATIVE_SLOPE)
    outputs = [scores, layers.Dense(num_categories, dtype="float32", name="category")(x)]
    if num_codes:
        outputs.append(layers.Dense(num_codes, dtype="float32", name="codes")(x))
    return keras.Model(images, outputs, name=name)


def normalized(x: Tensor, negative_slope: float = 0.0) -> Tensor:
    """Returns ``x`` after batch normalization and a rectifier."""
    return layers.LeakyReLU(negative_slope=negative_slope)(layers.BatchNormalization()(x))
