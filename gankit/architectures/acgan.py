"""Small networks for images of several classes: an auxiliary classifier GAN's.

The class comes into the generator as a learned vector that is multiplied into the latents; the
discriminator tells it beside its score. After Keras ACGANs for MNIST, which go back to Odena et al.
2016, "Conditional Image Synthesis with Auxiliary Classifier GANs", arXiv:1610.09585.
"""

import keras
from keras import layers

from gankit.architectures.shapes import check_image_shape, crop, halve
from gankit.layers import UpsampleConv2D
from gankit.typing import ImageShape

LARGEST_START, LEAST_HALVINGS = 8, 2  # as for MNIST's 28x28, 28 -> 14 -> 7
KERNEL_SIZE = 3
MOMENTUM = 0.8


def build_generator(
    image_shape: ImageShape,
    num_classes: int = 10,
    latent_dim: int = 100,
    filters: int = 64,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from latents and a class to images in [-1, 1].

    Begins with at most 8 pixels a side, and doubles them at least twice. Takes latents ``(batch,
    latent_dim)`` and condition, integers in 0..num_classes - 1 of shape
    ``(batch,)``.

    Args:
        image_shape: ``(height, width, channels)``; height and width must be at least 8.
        num_classes: how many classes there are.
        latent_dim: length of a latent vector.
        filters: channels of the layer before the image; those before that one have twice as many.
        name: of the model.

    Raises:
        ValueError: an image that is too small.

    Examples:
        >>> generator = architectures.acgan.build_generator((32, 32, 3), num_classes=10, filters=4)
        >>> generator.input_shape, generator.output_shape
        ([(None, 100), (None,)], (None, 32, 32, 3))
    """
    *sizes, start = halve(image_shape, LARGEST_START, LEAST_HALVINGS)
    widths = [filters] + [2 * filters] * (len(sizes) - 1)

    latents = keras.Input((latent_dim,), name="latents")
    condition = keras.Input((), dtype="int32", name="condition")
    x = layers.multiply([latents, layers.Embedding(num_classes, latent_dim)(condition)])
    x = layers.Dense(start[0] * start[1] * widths[-1], activation="relu")(x)
    x = layers.Reshape((*start, widths[-1]))(x)
    for size, units in reversed(list(zip(sizes, widths, strict=True))):
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = crop(UpsampleConv2D(units, KERNEL_SIZE, activation="relu")(x), size)
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Conv2D(image_shape[-1], KERNEL_SIZE, padding="same")(x)
    outputs = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model([latents, condition], outputs, name=name)


def build_discriminator(
    image_shape: ImageShape,
    num_classes: int = 10,
    filters: int = 16,
    dropout: float = 0.25,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images ``(batch, *image_shape)`` to scores and classes.

    Its outputs are logits: whether the image is real, ``(batch, 1)``, and of which class,
    ``(batch, num_classes)``.

    Args:
        image_shape: ``(height, width, channels)``.
        num_classes: how many classes there are.
        filters: channels of the first layer; doubled at each following one.
        dropout: share of activations that is dropped in training, after each convolution.
        name: of the model.

    Raises:
        ValueError: something else than three positive integers.

    Examples:
        >>> discriminator = architectures.acgan.build_discriminator(
        ...     (32, 32, 3), num_classes=10, filters=4
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ((None, 32, 32, 3), [(None, 1), (None, 10)])
    """
    inputs = x = keras.Input(check_image_shape(image_shape), name="images")
    for level, strides in enumerate((2, 2, 2, 1)):
        x = layers.Conv2D(filters * 2**level, KERNEL_SIZE, strides=strides, padding="same")(x)
        if level == 1:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)  # 7 -> 8 for images of 28
        x = layers.Dropout(dropout)(layers.LeakyReLU(negative_slope=0.2)(x))
        if level in (1, 2):
            x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    x = layers.Flatten()(x)
    scores = layers.Dense(1, dtype="float32", name="scores")(x)
    classes = layers.Dense(num_classes, dtype="float32", name="classes")(x)
    return keras.Model(inputs, [scores, classes], name=name)
