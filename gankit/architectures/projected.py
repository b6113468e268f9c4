"""A discriminator that looks at the features of a trained network, at several scales.

Sauer et al. 2021, "Projected GANs Converge Faster", arXiv:2111.01007: a network that has learned to
see, of any kind, is frozen, and so are random convolutions that mix its channels (CCM, 1x1) and
its scales (CSM, 3x3, from the coarsest on, each added to the next finer one). What is trained is
one small discriminator for each scale. They have spectral normalization and no other; the paper
takes ``loss="hinge"``, ``penalty=None`` and ``augment=gankit.augment.DiffAugment()``, which comes
before the features. Here each scale ends in one score, where the paper has a map of them.
"""

import keras
from keras import layers

from gankit.layers import Frozen, SpectralNormalization
from gankit.typing import Tensor

SMALLEST = 4  # height and width of the map that a score is made of
NEGATIVE_SLOPE = 0.2


def build_discriminator(
    features: keras.Model,
    channels: int = 64,
    filters: int = 64,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from images to logits, one for each scale, ``(batch, scales)``.

    Their losses count alike. Compile the GAN with ``penalty=None``.

    Args:
        features: a trained model from images in [-1, 1] to one or several feature maps ``(batch,
            height, width, channels)``, the finest first. Of a classifier take layers at which the
            size changes: ``keras.Model(network.input, [network.get_layer(name).output for name in
            names])``. A copy of it becomes part of the discriminator, and of its files; it runs
            in inference mode, and no step changes it.
        channels: of the random convolutions.
        filters: of each small discriminator's first layer; they double as the size is halved.
        name: of the model.

    Raises:
        ValueError: features that are no maps, or not from the finest to the coarsest.

    Examples:
        >>> inputs = keras.Input((32, 32, 3))
        >>> maps = [keras.layers.Conv2D(8, 3, strides=2)(inputs)]  # of a trained classifier, rather
        >>> maps += [keras.layers.Conv2D(16, 3, strides=2)(maps[0])]
        >>> features = keras.Model(inputs, maps)
        >>> architectures.projected.build_discriminator(
        ...     features, channels=4, filters=4
        ... ).output_shape
        (None, 2)
    """
    sizes = [tuple(output.shape[1:3]) for output in features.outputs]
    flat = any(len(output.shape) != 4 for output in features.outputs)
    if flat or sizes != sorted(sizes, reverse=True):
        raise ValueError(
            "features must give maps (batch, height, width, channels), the finest first, got "
            f"{[output.shape for output in features.outputs]}."
        )
    images = keras.Input(features.input_shape[1:], name="images")
    maps = Frozen(features)(images)
    scores = [judge(x, filters) for x in mix(maps if sizes[1:] else [maps], channels)]
    joined = layers.Concatenate()(scores) if scores[1:] else scores[0]
    outputs = layers.Activation("linear", dtype="float32", name="scores")(joined)
    return keras.Model(images, outputs, name=name)


def mix(maps: list[Tensor], channels: int) -> list[Tensor]:
    """Returns maps whose channels and scales are mixed at random, the coarsest first."""
    mixed: list[Tensor] = []
    for x in reversed(maps):
        x = mix_channels(channels, 1)(x)
        if mixed:
            x = layers.add([x, layers.Resizing(*x.shape[1:3])(mixed[-1])])
        mixed.append(mix_channels(channels, 3)(x))
    return mixed


def mix_channels(channels: int, kernel_size: int) -> keras.Layer:
    """Returns a convolution that stays as random as it begins."""
    return layers.Conv2D(
        channels,
        kernel_size,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        trainable=False,
    )


def judge(x: Tensor, filters: int) -> Tensor:
    """Returns the score of a map, by convolutions that halve it until it is small."""
    while min(x.shape[1:3]) > SMALLEST:
        x = SpectralNormalization(layers.Conv2D(filters, 4, strides=2, padding="same"))(x)
        x = layers.LeakyReLU(negative_slope=NEGATIVE_SLOPE)(x)
        filters *= 2
    return layers.Flatten()(SpectralNormalization(layers.Conv2D(1, x.shape[1:3]))(x))
