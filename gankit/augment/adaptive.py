"""Probabilities that adapt to the discriminator, against overfitting."""

from typing import Any

import keras
from keras import ops

from gankit.typing import Tensor


class Adaptive(keras.layers.Layer):
    """The base class of layers whose probability adapts to the discriminator's scores.

    ``probability`` begins at 0. The mean sign of the scores of real images tells how certain the
    discriminator is of them, and so how much it overfits: if it is above ``target``, the
    probability rises, otherwise it falls. The probability is saved with the GAN.

    Args:
        target: the desired mean sign of real scores, in (-1, 1).
        images_to_one: number of real images over which ``probability`` can move from 0 to 1. If the
            discriminator takes several steps per training step, only the last one's images count;
            with several replicas, only those of one.
        **kwargs: of ``keras.layers.Layer``.

    Raises:
        ValueError: an argument that is out of its range.

    Examples:
        >>> ada = augment.ADA(target=0.6, images_to_one=1000)
        >>> ada.adapt(np.ones((100, 1), bool))  # mean sign 1, above the target
        >>> round(float(ada.probability), 3)
        0.1
        >>> ada.adapt(np.arange(100) % 2 == 0)  # mean sign 0, below it
        >>> float(ada.probability)
        0.0

    References:
        Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
        arXiv:2006.06676, section 3.
    """

    def __init__(self, target: float = 0.6, images_to_one: int = 500_000, **kwargs: Any):
        super().__init__(**kwargs)
        if not -1 < target < 1:
            raise ValueError(f"target must lie in (-1, 1), got {target!r}.")
        if not images_to_one > 0:
            raise ValueError(f"images_to_one must be positive, got {images_to_one!r}.")
        self.target = target
        self.images_to_one = images_to_one
        self.probability = self.add_weight(
            shape=(), initializer="zeros", trainable=False, aggregation="mean", name="probability"
        )

    def adapt(self, correct: Tensor) -> None:
        """Updates ``probability`` from a batch of real images; called after each training step.

        Args:
            correct: which of the scores the discriminator got right, booleans ``(batch, ...)``.
        """
        sure = 2 * ops.mean(ops.cast(correct, "float32")) - 1 - self.target
        step = ops.cast(ops.shape(correct)[0] / self.images_to_one, "float32")
        moved = self.probability + ops.sign(sure) * step
        self.probability.assign(ops.clip(moved, 0.0, 1.0))
