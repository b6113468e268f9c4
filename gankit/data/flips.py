"""Horizontal flips: half of the images are mirrored, others in each epoch."""

from collections.abc import Callable

from gankit.data.lazy import tf
from gankit.typing import Flip, Tensor

STREAM = 1  # keeps these numbers apart from those of ``epochs.draw``, whose key ends in 0


def make_flip(
    flip: Flip | None, num_images: int, seed: int, epoch: Tensor
) -> Callable[[Tensor, Tensor], Tensor]:
    """Returns a function that mirrors each image of a batch with probability 1/2.

    Which images those are is a function of ``(seed, epoch, index)`` alone.

    Args:
        flip: ``"horizontal"``, or None for a function that returns all images as they are.
        num_images: how many images the data has; every index is below it.
        seed: integer.
        epoch: int64 scalar tensor.

    Returns:
        A function of images ``(n, height, width, channels)`` of any type and their int64 indices
        ``(n,)``. It returns images of the same shape and type. Images that belong together, such as
        the two of a pair, go through it as one, joined on the channel axis.
    """
    if flip is None:
        return lambda images, indices: images
    # One draw for the whole epoch, from which each batch picks its own numbers. The n-th number of
    # a stateless stream doesn't depend on how many follow it.
    key = tf.random.fold_in(tf.constant([seed, STREAM], tf.int64), epoch)
    mirrored = tf.random.stateless_uniform((num_images,), key) < 0.5

    def mirror(images, indices):
        # Several times as fast as tf.where on whole batches, and as a slice of step -1.
        chosen = tf.gather(mirrored, indices)
        turned = tf.reverse(tf.boolean_mask(images, chosen), axis=[2])
        return tf.tensor_scatter_nd_update(images, tf.where(chosen), turned)

    return mirror
