"""Gradient penalties: costs on the slope of the discriminator.

A penalty is a small stateless object, called once for each of the discriminator's updates. It gets
``score_images``, a function from images to scores that is bound to the condition, and returns one
float32 value for each image, weight included; the training step takes their mean.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import keras
import tensorflow as tf
from keras import ops

from gankit.checks import check_at_least_one
from gankit.configured import Configured
from gankit.typing import Seed, Tensor

#: From images ``(batch, height, width, channels)`` to their scores, ``(batch, ...)``.
ScoreImages: TypeAlias = Callable[[Tensor], Tensor]

EPSILON = 1e-12  # the slope of a square root at 0 is infinite, and 0 times infinity is NaN


class Penalty(Configured):
    """A cost on the slope of the discriminator: the base class of all gradient penalties.

    Two penalties can be added: ``R1(10.0) + R2(10.0)``.

    Args:
        weight: factor of the penalty, 0 or more.
        every: k computes it in one of k updates of the discriminator, then k times as heavy: lazy
            regularization (Karras et al. 2019, arXiv:1912.04958, appendix B).

    Raises:
        ValueError: ``every`` is below 1, or ``weight`` below 0.
    """

    def __init__(self, weight: float = 10.0, every: int = 1):
        check_at_least_one("every", every)
        if not weight >= 0:
            raise ValueError(f"weight must be 0 or more, got {weight!r}.")
        self.weight = weight
        self.every = every

    def __call__(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image; ``real`` and ``fake`` are float32 images."""
        raise NotImplementedError

    def __add__(self, other: "Penalty") -> "Penalty":
        """Returns the penalty that costs what both cost."""
        return Sum([self, other]) if isinstance(other, Penalty) else NotImplemented


@keras.saving.register_keras_serializable(package="gankit")
class Sum(Penalty):
    """Several penalties, which are computed at the same steps.

    Args:
        penalties: a list of penalties of equal ``every``.
    """

    def __init__(self, penalties: Sequence[Penalty]):
        if not penalties:
            raise ValueError("penalties is empty: a sum needs at least one.")
        every = {penalty.every for penalty in penalties}
        if len(every) != 1:
            raise ValueError(f"Penalties that are added need one every, got {sorted(every)}.")
        super().__init__(1.0, every.pop())
        self.penalties = list(penalties)

    def __call__(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the sum of the costs for each image, of shape ``(batch,)``."""
        return sum(penalty(score_images, real, fake, seed) for penalty in self.penalties)


@keras.saving.register_keras_serializable(package="gankit")
class GradientPenalty(Penalty):
    """Pulls the slope between real and fake images to 1.

    weight * (|slope| - 1)^2 at one point for each image, drawn uniformly on the line from a real to
    a fake image (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1).
    """

    def __call__(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, of shape ``(batch,)``."""
        mixing = draw_per_image(real, seed)
        slopes = squared_slopes(score_images, real + mixing * (fake - real))
        return self.weight * squared_distance_from_one(slopes)


@keras.saving.register_keras_serializable(package="gankit")
class DRAGAN(Penalty):
    """Pulls the slope around the data to 1, where sharp slopes come before a collapse.

    weight * (|slope| - 1)^2 at real + u * noise * (standard deviation of the real images) / 2, with
    u uniform on [0, 1) for each image and noise for each value (Kodali et al. 2017,
    arXiv:1705.07215, section 2.3, with the authors' noise).
    """

    def __call__(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, of shape ``(batch,)``."""
        noise = keras.random.uniform(ops.shape(real), seed=seed) * ops.std(real) / 2
        slopes = squared_slopes(score_images, real + draw_per_image(real, seed) * noise)
        return self.weight * squared_distance_from_one(slopes)


@keras.saving.register_keras_serializable(package="gankit")
class R1(Penalty):
    """Pulls the slope at real images to 0.

    weight / 2 * |slope|^2 (Mescheder et al. 2018, arXiv:1801.04406, equation 9).
    """

    def __call__(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, of shape ``(batch,)``."""
        return self.weight / 2 * squared_slopes(score_images, real)


@keras.saving.register_keras_serializable(package="gankit")
class R2(Penalty):
    """Pulls the slope at generated images to 0.

    weight / 2 * |slope|^2 (Mescheder et al. 2018, arXiv:1801.04406, section 4.1).
    """

    def __call__(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, of shape ``(batch,)``."""
        return self.weight / 2 * squared_slopes(score_images, fake)


def draw_per_image(images: Tensor, seed: Seed) -> Tensor:
    """Returns a number for each image, uniform on [0, 1), that multiplies all of its values."""
    shape = (ops.shape(images)[0], *[1] * (len(images.shape) - 1))
    return keras.random.uniform(shape, seed=seed)


def squared_slopes(score_images: ScoreImages, images: Tensor) -> Tensor:
    """Returns the squared length of each image's gradient of its score, of shape ``(batch,)``."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        # A score depends on its own image only, so the sum's gradient holds each one's gradient.
        total = ops.sum(score_images(images))
    gradients = tape.gradient(total, images)
    return ops.sum(ops.square(gradients), axis=tuple(range(1, len(gradients.shape))))


def squared_distance_from_one(slopes: Tensor) -> Tensor:
    """Returns (|slope| - 1)^2 of squared slopes."""
    return ops.square(ops.sqrt(slopes + EPSILON) - 1.0)


def get(penalty: Penalty | None) -> Penalty | None:
    """Returns ``penalty`` itself, or raises ``TypeError`` unless it is None or a ``Penalty``."""
    if penalty is None or isinstance(penalty, Penalty):
        return penalty
    raise TypeError(
        'penalty must be an instance of a class of gankit.penalties, "auto" for the default or '
        f"None for no penalty, got {penalty!r}."
    )
