"""What the discriminator's slope costs.

A penalty is a small stateless object, called once for each of the discriminator's updates. It gets
``score_images``, a function from images to scores that is bound to the condition, and returns one
float32 value for each image, weight included; the training step takes their mean.
"""

import keras
import tensorflow as tf
from keras import ops

EPSILON = 1e-12  # the slope of a square root at 0 is infinite, and 0 times infinity is NaN


class Penalty:
    """What the discriminator's slope costs: the base class of all penalties.

    Args:
        weight: factor of the penalty.
    """

    def __init__(self, weight):
        self.weight = weight

    def __call__(self, score_images, real, fake, seed=None):
        """Returns the cost for each image; ``real`` and ``fake`` are float32 images."""
        raise NotImplementedError

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"weight": self.weight}

    @classmethod
    def from_config(cls, config):
        """Returns the penalty that ``get_config`` describes."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="gankit")
class GradientPenalty(Penalty):
    """Pulls the slope between real and fake images to 1.

    weight * (|slope| - 1)^2 at one point for each image, drawn uniformly on the line from a real to
    a fake image (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1).
    """

    def __init__(self, weight=10.0):
        super().__init__(weight)

    def __call__(self, score_images, real, fake, seed=None):
        """Returns the cost for each image, of shape ``(batch,)``."""
        mixing_shape = (ops.shape(real)[0], *[1] * (len(real.shape) - 1))
        mixing = keras.random.uniform(mixing_shape, seed=seed)
        slopes = squared_slopes(score_images, real + mixing * (fake - real))
        return self.weight * ops.square(ops.sqrt(slopes + EPSILON) - 1.0)


def squared_slopes(score_images, images):
    """Returns the squared length of each image's gradient of its score, of shape ``(batch,)``."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        # A score depends on its own image only, so the sum's gradient holds each one's gradient.
        total = ops.sum(score_images(images))
    gradients = tape.gradient(total, images)
    return ops.sum(ops.square(gradients), axis=tuple(range(1, len(gradients.shape))))


def get(penalty) -> Penalty | None:
    """Returns ``penalty`` itself, or raises ``TypeError`` unless it is None or a ``Penalty``."""
    if penalty is None or isinstance(penalty, Penalty):
        return penalty
    raise TypeError(
        f"penalty must be None or an instance of a class of gankit.penalties, got {penalty!r}."
    )
