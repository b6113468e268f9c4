"""Random crops, a function of (seed, epoch, index) alone."""

from gankit.data.epochs import draw
from gankit.data.lazy import tf
from gankit.typing import Size, Tensor


def random_crop(image: Tensor, crop_size: Size, seed: int, epoch: Tensor, index: Tensor) -> Tensor:
    """Returns a part of an image at a random place.

    Images that belong together go through here as one, side by side on the channel axis.

    Args:
        image: ``(height, width, channels)``, at least as large as the crop.
        crop_size: ``(height, width)`` in pixels.
        seed: integer.
        epoch: int64 scalar tensor.
        index: int64 scalar tensor: which image of the data it is.
    """
    room = tf.cast(tf.shape(image)[:2] - crop_size + 1, tf.float32)
    top, left = tf.unstack(tf.cast(draw((2,), seed, epoch, index) * room, tf.int32))
    image = image[top : top + crop_size[0], left : left + crop_size[1]]
    return tf.ensure_shape(image, (*crop_size, image.shape[-1]))
