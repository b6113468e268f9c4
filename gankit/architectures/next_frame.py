"""Networks of several scales that predict the next frame of a film.

Mathieu et al. 2015, "Deep multi-scale video prediction beyond mean square error", arXiv:1511.05440,
section 3: the generator guesses the frame in few pixels first, and at each larger scale, told the
guess so far, adds to it; a discriminator of its own judges each scale. Here the scales form one
network each, so that all of them are trained by what the last one makes: the discriminator shrinks
the one image that it is given, where the paper judges each scale's own guess. All scales have four
convolutions of 3x3; in the paper the larger ones have more of them, and wider kernels.
"""

import keras
from keras import layers

from gankit.architectures.shapes import SMALLEST, check_image_shape, crop
from gankit.typing import ImageShape, Tensor

KERNEL_SIZE = 3
LARGEST = 6  # the longer side of the maps that scores are made of


def build_generator(
    image_shape: ImageShape,
    given_frames: int = 4,
    scales: int = 4,
    filters: int = 128,
    name: str = "generator",
) -> keras.Model:
    """Returns a network from frames to the next one in [-1, 1]; it takes no latents.

    Args:
        image_shape: ``(height, width, channels)`` of one frame; height and width must be at least
            8.
        given_frames: how many frames come as ``condition``, ``(batch, height, width, given_frames *
            channels)``, in the order of time.
        scales: how many sizes, each half of the next one, rounded up.
        filters: channels of the first and third of four convolutions a scale; the second has twice
            as many.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or ``scales`` below 1.

    Examples:
        >>> generator = architectures.next_frame.build_generator(
        ...     (32, 32, 1), given_frames=4, filters=2
        ... )
        >>> generator.input_shape, generator.output_shape
        ((None, 32, 32, 4), (None, 32, 32, 1))
    """
    check_scales(image_shape, scales)
    *size, channels = image_shape
    condition = keras.Input((*size, given_frames * channels), name="condition")
    guess = None
    for level in reversed(range(scales)):
        x = frames = shrink(condition, level)
        if guess is not None:
            guess = layers.UpSampling2D(interpolation="bilinear")(guess)
            guess = crop(guess, frames.shape[1:3])
            x = layers.concatenate([frames, layers.Activation("tanh")(guess)])
        for units in (filters, 2 * filters, filters):
            x = layers.Conv2D(units, KERNEL_SIZE, padding="same", activation="relu")(x)
        x = layers.Conv2D(channels, KERNEL_SIZE, padding="same")(x)
        guess = x if guess is None else layers.add([guess, x])
    images = layers.Activation("tanh", dtype="float32", name="images")(guess)
    return keras.Model(condition, images, name=name)


def build_discriminator(
    image_shape: ImageShape,
    given_frames: int = 4,
    scales: int = 4,
    filters: int = 64,
    name: str = "discriminator",
) -> keras.Model:
    """Returns a network from a frame and those before it to logits ``(batch, scales)``.

    Args:
        image_shape: ``(height, width, channels)`` of one frame; height and width must be at least
            8.
        given_frames: how many frames come as ``condition``.
        scales: how many sizes are judged, each half of the next one, rounded up.
        filters: channels of the first convolution of each scale; doubled as height and width are
            halved, which they are until the longer one is at most 6.
        name: of the model.

    Raises:
        ValueError: an image that is too small, or ``scales`` below 1.

    Examples:
        >>> discriminator = architectures.next_frame.build_discriminator(
        ...     (32, 32, 1), given_frames=4, filters=2
        ... )
        >>> discriminator.input_shape, discriminator.output_shape
        ([(None, 32, 32, 1), (None, 32, 32, 4)], (None, 4))
    """
    check_scales(image_shape, scales)
    *size, channels = image_shape
    images = keras.Input(image_shape, name="images")
    condition = keras.Input((*size, given_frames * channels), name="condition")
    film = layers.concatenate([condition, images])
    scores = []
    for level in reversed(range(scales)):
        x = shrink(film, level)
        units = filters
        x = layers.Conv2D(units, KERNEL_SIZE, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
        while max(x.shape[1:3]) > LARGEST:
            units *= 2
            x = layers.Conv2D(units, KERNEL_SIZE, strides=2, padding="same")(x)
            x = layers.LeakyReLU(negative_slope=0.2)(x)
        scores.append(layers.Dense(1, dtype="float32")(layers.Flatten()(x)))
    scores = scores[0] if scales == 1 else layers.Concatenate(dtype="float32")(scores)
    scores = layers.Activation("linear", dtype="float32", name="scores")(scores)
    return keras.Model([images, condition], scores, name=name)


def shrink(images: Tensor, level: int) -> Tensor:
    """Returns images of means of areas: height and width are halved ``level`` times, rounded up."""
    return layers.AveragePooling2D(2**level, padding="same")(images) if level else images


def check_scales(image_shape: ImageShape, scales: int) -> None:
    """Raises ``ValueError`` for images that are too small, and for less than one scale."""
    if not isinstance(scales, int) or scales < 1:
        raise ValueError(f"scales must be an integer of at least 1, got {scales!r}.")
    check_image_shape(image_shape, SMALLEST)
