"""A pool of earlier generated images."""

from typing import Any

import keras
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class ImagePool(Configured, keras.layers.Layer):
    """Keeps generated images, and gives some of them in exchange for new ones.

    The first images fill the pool. Later, each image of a batch is given back as it is, or, in half
    of the cases, changes places with one in the pool, so that a discriminator does not forget what
    the generator did before. The content is a variable, and is saved. Of several replicas the
    first one fills it.

    Args:
        size: how many images are kept; 0 gives every image back.
        **kwargs: of ``keras.layers.Layer``.

    Examples:
        >>> pool = layers.ImagePool(50)
        >>> pool.build(images.shape)
        >>> first = pool.exchange(images[:8], seed=keras.random.SeedGenerator(0))
        >>> bool(np.all(first == images[:8])), int(pool.filled)  # the first images fill it
        (True, 8)

    References:
        Shrivastava et al. 2016, "Learning from Simulated and Unsupervised Images through
        Adversarial Training", arXiv:1612.07828, section 2.3.
    """

    def __init__(self, size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = size

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the store; the images' shape must be known but for the batch."""
        own = {"trainable": False, "initializer": "zeros", "aggregation": "only_first_replica"}
        self.images = self.add_weight(
            shape=(self.size + 1, *input_shape[1:]), dtype="float32", autocast=False, **own
        )
        self.filled = self.add_weight(shape=(), dtype="int32", **own)
        self.built = True

    def exchange(self, images: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
        """Returns as many images as it gets, some of them earlier ones.

        Args:
            images: float32 ``(batch, height, width, channels)``.
            seed: a ``keras.random.SeedGenerator``.
        """
        if not self.size:
            return images
        number = ops.shape(images)[0]
        filling = self.filled < self.size
        next_free = self.filled + ops.arange(number)
        order = keras.random.shuffle(ops.arange(self.size), seed=seed)
        slots = ops.where(filling, next_free, ops.take(order, ops.arange(number) % self.size))
        swapped = keras.random.uniform((number,), seed=seed) < 0.5
        swapped = ops.logical_and(swapped, ops.logical_not(filling))
        stored = ops.logical_or(swapped, next_free < self.size)
        slots = ops.where(stored, slots, self.size)  # what is not kept goes to the spare place
        earlier = ops.take(self.images, slots, axis=0)
        self.images.assign(ops.scatter_update(self.images, slots[:, None], images))
        self.filled.assign(ops.minimum(self.filled + number, self.size))
        return ops.where(swapped[:, None, None, None], earlier, images)
