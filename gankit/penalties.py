"""Gradient penalties: terms that limit the norm of the discriminator's gradient.

A penalty is a small stateless object, called once for each update of the discriminator. It gets
``score_images``, a function from images to scores for the batch's condition, and returns one
float32 value for each image, weight included; the training step takes their mean. A new penalty is
a subclass with ``costs``, which returns these values without the weight. "Slope" stands for the
gradient of a score with respect to its image.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import keras
from keras import ops

from gankit.checks import check_at_least_one, choose
from gankit.configured import Configured
from gankit.differentiation import gradient_by_inputs
from gankit.typing import Number, Seed, Structure, Tensor

#: A function from images ``(batch, height, width, channels)`` to their scores ``(batch, ...)``, in
#: one tensor or several, which are added up for the gradient.
ScoreImages: TypeAlias = Callable[[Structure], Structure]

EPSILON = 1e-12  # the slope of a square root at 0 is infinite, and 0 times infinity is NaN


class Penalty(Configured):
    """A cost on the slope of the discriminator: the base class of all gradient penalties.

    Penalties can be added: ``R1(10.0, every=16) + R2(10.0, every=4)``.

    Args:
        weight: factor of the penalty, 0 or more, or a schedule: a function of the training steps,
            e.g. of ``keras.optimizers.schedules``.
        every: k computes the penalty only in every k-th update of the discriminator, with k times
            the weight: lazy regularization (Karras et al. 2019, arXiv:1912.04958, appendix B).

    Raises:
        ValueError: ``every`` is below 1, or ``weight`` below 0.

    Examples:
        >>> class Flat(penalties.Penalty):
        ...     def costs(self, score_images, real, fake, seed=None):
        ...         slopes = gankit.differentiation.gradient_by_inputs(score_images, real)
        ...         return ops.sum(ops.abs(slopes), axis=(1, 2, 3))
        ...
        >>> score = lambda x: 3 * ops.sum(x, axis=(1, 2, 3))
        >>> pixels = ops.zeros((2, 1, 1, 1))
        >>> print(np.array(Flat(weight=10.0)(score, pixels, pixels)))
        [30. 30.]
    """

    def __init__(self, weight: Number = 10.0, every: int = 1):
        check_at_least_one("every", every)
        if not callable(weight) and not weight >= 0:
            raise ValueError(f"weight must be 0 or more, got {weight!r}.")
        self.weight = weight
        self.every = every

    def costs(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, without the weight, of shape ``(batch,)``."""
        raise NotImplementedError

    def __call__(
        self,
        score_images: ScoreImages,
        real: Tensor,
        fake: Tensor,
        seed: Seed = None,
        step: int | Tensor = 0,
    ) -> Tensor:
        """Returns the cost for each image, of shape ``(batch,)``.

        Args:
            score_images: from images to scores.
            real: float32 images.
            fake: the same number of float32 images.
            seed: an int or a ``keras.random.SeedGenerator``, for penalties that draw numbers.
            step: training steps completed, for a ``weight`` that is a schedule.
        """
        weight = self.weight(step) if callable(self.weight) else self.weight
        return weight * self.costs(score_images, real, fake, seed)

    def by_interval(self) -> "dict[int, Penalty]":
        """Returns the penalty by its interval ``every``; a sum may have several intervals."""
        return {self.every: self}

    def __add__(self, other: "Penalty") -> "Penalty":
        """Returns the sum of both penalties."""
        return Sum([self, other]) if isinstance(other, Penalty) else NotImplemented


@keras.saving.register_keras_serializable(package="gankit")
class Sum(Penalty):
    """Several penalties, each at its own interval.

    Args:
        penalties: a list of them.

    Examples:
        >>> both = penalties.R1(1.0, every=16) + penalties.R2(1.0, every=4)
        >>> type(both).__name__, sorted(both.by_interval())
        ('Sum', [4, 16])
    """

    def __init__(self, penalties: Sequence[Penalty]):
        if not penalties:
            raise ValueError("penalties is empty: a sum needs at least one.")
        super().__init__(1.0, min(penalty.every for penalty in penalties))
        self.penalties = list(penalties)

    def __call__(
        self,
        score_images: ScoreImages,
        real: Tensor,
        fake: Tensor,
        seed: Seed = None,
        step: int | Tensor = 0,
    ) -> Tensor:
        """Returns the sum of the costs for each image, of shape ``(batch,)``."""
        return sum(penalty(score_images, real, fake, seed, step) for penalty in self.penalties)

    def by_interval(self) -> dict[int, Penalty]:
        """Returns the sum of the penalties of each interval."""
        parts: dict[int, list[Penalty]] = {}
        for penalty in self.penalties:
            for every, part in penalty.by_interval().items():
                parts.setdefault(every, []).append(part)
        return {every: some[0] if len(some) == 1 else Sum(some) for every, some in parts.items()}


@keras.saving.register_keras_serializable(package="gankit")
class GradientPenalty(Penalty):
    """Pulls the slope between real and fake images to 1.

    Adds weight * (|slope| - 1)^2 at one point per image, drawn uniformly from the line between a
    real and a fake image (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1).

    Args:
        weight: see ``Penalty``.
        every: see ``Penalty``.

    Examples:
        >>> score = lambda x: 3 * ops.sum(x, axis=(1, 2, 3))  # of slope 3 by a single pixel
        >>> real, fake = ops.ones((2, 1, 1, 1)), ops.zeros((2, 1, 1, 1))
        >>> print(np.array(penalties.GradientPenalty(10.0)(score, real, fake)))  # 10 * (3 - 1)^2
        [40. 40.]

    See Also:
        ``gankit.WGANGP``, which has it by default.
    """

    def costs(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, without the weight, of shape ``(batch,)``."""
        mixing = draw_per_image(real, seed)
        slopes = squared_slopes(score_images, real + mixing * (fake - real))
        return squared_distance_from_one(slopes)


@keras.saving.register_keras_serializable(package="gankit")
class DRAGAN(Penalty):
    """Pulls the slope around the data to 1, since steep slopes there precede mode collapse.

    Adds weight * (|slope| - 1)^2 at real + u * noise * (standard deviation of the real images) / 2,
    with u drawn from [0, 1) for each image and noise for each of its values (Kodali et al. 2017,
    arXiv:1705.07215, section 2.3, with the noise of the authors' code).

    Args:
        weight: see ``Penalty``.
        every: see ``Penalty``.

    Examples:
        >>> score = lambda x: 3 * ops.sum(x, axis=(1, 2, 3))  # of slope 3 by a single pixel
        >>> real, fake = ops.ones((2, 1, 1, 1)), ops.zeros((2, 1, 1, 1))
        >>> print(np.array(penalties.DRAGAN(10.0)(score, real, fake)))  # 10 * (3 - 1)^2
        [40. 40.]
    """

    def costs(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, without the weight, of shape ``(batch,)``."""
        noise = keras.random.uniform(ops.shape(real), seed=seed) * ops.std(real) / 2
        slopes = squared_slopes(score_images, real + draw_per_image(real, seed) * noise)
        return squared_distance_from_one(slopes)


@keras.saving.register_keras_serializable(package="gankit")
class R1(Penalty):
    """Pulls the slope at real images to 0.

    Adds weight / 2 * |slope|^2 (Mescheder et al. 2018, arXiv:1801.04406, equation 9).

    Args:
        weight: see ``Penalty``.
        every: see ``Penalty``.

    Examples:
        >>> score = lambda x: 3 * ops.sum(x, axis=(1, 2, 3))  # of slope 3 by a single pixel
        >>> real, fake = ops.ones((2, 1, 1, 1)), ops.zeros((2, 1, 1, 1))
        >>> print(np.array(penalties.R1(2.0)(score, real, fake)))  # 2 / 2 * 3^2
        [9. 9.]

    See Also:
        ``R2``, the same at generated images; R3GAN uses ``R1(...) + R2(...)``.
    """

    def costs(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, without the weight, of shape ``(batch,)``."""
        return squared_slopes(score_images, real) / 2


@keras.saving.register_keras_serializable(package="gankit")
class R2(Penalty):
    """Pulls the slope at generated images to 0.

    Adds weight / 2 * |slope|^2 (Mescheder et al. 2018, arXiv:1801.04406, section 4.1).

    Args:
        weight: see ``Penalty``.
        every: see ``Penalty``.

    Examples:
        >>> score = lambda x: ops.sum(x**2, axis=(1, 2, 3))  # of slope 2x
        >>> real, fake = ops.ones((2, 1, 1, 1)), 3 * ops.ones((2, 1, 1, 1))
        >>> print(np.array(penalties.R2(0.5)(score, real, fake)))  # 0.5 / 2 * 6^2
        [9. 9.]
    """

    def costs(
        self, score_images: ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        """Returns the cost for each image, without the weight, of shape ``(batch,)``."""
        return squared_slopes(score_images, fake) / 2


def draw_per_image(images: Tensor, seed: Seed) -> Tensor:
    """Returns one number for each image, uniform on [0, 1), to multiply the image by."""
    shape = (ops.shape(images)[0], *[1] * (len(images.shape) - 1))
    return keras.random.uniform(shape, seed=seed)


def squared_slopes(score_images: ScoreImages, images: Tensor) -> Tensor:
    """Returns the squared length of each image's gradient of its score, of shape ``(batch,)``."""
    # A score depends on its own image only, so the sum's gradient holds each one's gradient.
    parts = keras.tree.flatten(gradient_by_inputs(score_images, images))
    return sum(ops.sum(ops.square(part), axis=tuple(range(1, len(part.shape)))) for part in parts)


def squared_distance_from_one(slopes: Tensor) -> Tensor:
    """Returns (|slope| - 1)^2 of squared slopes."""
    return ops.square(ops.sqrt(slopes + EPSILON) - 1.0)


NAMES = {"gradient_penalty": GradientPenalty, "dragan": DRAGAN, "r1": R1, "r2": R2}


def get(penalty: str | Penalty | None) -> Penalty | None:
    """Returns the penalty that a name stands for, with its default weight, or ``penalty`` itself.

    Raises:
        ValueError: a name that is not known.
        TypeError: neither a name, nor a penalty, nor None.

    Examples:
        >>> penalties.get("r1").get_config()
        {'weight': 10.0, 'every': 1}
    """
    return None if penalty is None else choose("penalty", penalty, NAMES, Penalty)
