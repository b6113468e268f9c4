"""Random crops and mirror images, a function of (seed, epoch, index) alone."""

import tensorflow as tf

from gankit.data.epochs import draw
from gankit.typing import Size, Tensor


def crop_and_flip(
    image: Tensor, crop_size: Size, flip: bool, seed: int, epoch: Tensor, index: Tensor
) -> Tensor:
    """Returns a part of an image at a random place, and perhaps its mirror image.

    Images that belong together go through here as one, side by side on the channel axis.

    Args:
        image: ``(height, width, channels)``, at least as large as the crop.
        crop_size: ``(height, width)`` in pixels.
        flip: whether left and right change places in every other image.
        seed: integer.
        epoch: int64 scalar tensor.
        index: int64 scalar tensor: which image of the data it is.
    """
    draws = draw((3,), seed, epoch, index)
    room = tf.cast(tf.shape(image)[:2] - crop_size + 1, tf.float32)
    top, left = tf.unstack(tf.cast(draws[:2] * room, tf.int32))
    image = image[top : top + crop_size[0], left : left + crop_size[1]]
    image = tf.ensure_shape(image, (*crop_size, image.shape[-1]))
    if flip:
        image = tf.cond(draws[2] < 0.5, lambda: image[:, ::-1], lambda: image)
    return image
