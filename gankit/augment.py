"""Augmentation: random changes of all images that the discriminator sees, real and generated.

A layer that is given as ``GAN(augment=...)``: the discriminator never sees an image as it is, so it
can't learn few images by heart, and the generator's gradient goes through the same changes, so it
does not learn to make changed images.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import keras
from keras import ops

from gankit.checks import check_fraction
from gankit.configured import Configured
from gankit.typing import Tensor

Change: TypeAlias = Literal["color", "translation", "cutout"]

POLICIES: tuple[Change, ...] = get_args(Change)


class RandomChanges(Configured, keras.layers.Layer):
    """Random changes of colour and place: what ``DiffAugment`` and ``ADA`` share.

    A subclass says how often each change is made: its ``probability``.

    Args:
        policy: names of changes, any of ``"color"``, ``"translation"``, ``"cutout"``.
        **kwargs: of ``keras.layers.Layer``.

    Raises:
        ValueError: an unknown change.
    """

    probability: Any  # a number, or a weight

    def __init__(self, policy: Sequence[Change] = POLICIES, **kwargs: Any):
        kwargs.setdefault("dtype", "float32")  # as images are, whatever the networks compute in
        super().__init__(**kwargs)
        unknown = set(policy) - set(POLICIES)
        if unknown or isinstance(policy, str):
            raise ValueError(f"policy must be a list of {POLICIES}, got {policy!r}.")
        self.policy = tuple(policy)
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Raises ``ValueError`` unless what comes are images."""
        if len(input_shape) != 4:
            raise ValueError(
                f"{type(self).__name__} changes images of shape (batch, height, width, channels), "
                f"got {input_shape}."
            )
        super().build(input_shape)

    def call(self, images: Tensor, training: bool = True) -> Tensor:
        """Returns changed images; unchanged ones out of training."""
        if not training:
            return images
        for name in self.policy:
            changed = getattr(self, name)(images)
            images = self.choose(changed, images)
        return images

    def choose(self, changed: Tensor, images: Tensor) -> Tensor:
        """Returns changed images, each with ``probability``, and else the image itself."""
        if isinstance(self.probability, int | float) and self.probability == 1:
            return changed
        return ops.where(self.uniform(images) < self.probability, changed, images)

    def color(self, images: Tensor) -> Tensor:
        """Returns images of other brightness, saturation and contrast."""
        images = images + (self.uniform(images) - 0.5)
        grey = ops.mean(images, axis=-1, keepdims=True)
        images = grey + (images - grey) * 2 * self.uniform(images)
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        return mean + (images - mean) * (self.uniform(images) + 0.5)

    def translation(self, images: Tensor) -> Tensor:
        """Returns images shifted by whole pixels."""
        _, height, width, channels = images.shape
        # A border of one zero in each direction, where all that lies outside is looked up: several
        # times as fast as to multiply by matrices that shift, in both directions of the gradient.
        padded = ops.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
        rows = places(self.shifts(images, height // 8), height)
        columns = places(self.shifts(images, width // 8), width)
        stride = width + 2
        number = ops.arange(ops.shape(images)[0], dtype="int32") * ((height + 2) * stride)
        index = number[:, None, None] + rows[:, :, None] * stride + columns[:, None, :]
        return ops.take(ops.reshape(padded, (-1, channels)), index, axis=0)

    def cutout(self, images: Tensor) -> Tensor:
        """Returns images with a grey square of half the height and width."""
        _, height, width, _ = images.shape
        rows, columns = self.within(images, height), self.within(images, width)
        return images * (1.0 - rows[:, :, None, None] * columns[:, None, :, None])

    def within(self, images: Tensor, size: int) -> Tensor:
        """Returns 1 where a random stretch of half the size covers a pixel, ``(batch, size)``."""
        length = size // 2
        first = ops.floor(self.uniform(images)[:, :, 0, 0] * (size + 1)) - length // 2
        place = ops.arange(size, dtype=first.dtype)[None]
        return ops.cast((place >= first) & (place < first + length), images.dtype)

    def uniform(self, images: Tensor) -> Tensor:
        """Returns a number for each image, uniform on [0, 1), of shape ``(batch, 1, 1, 1)``."""
        shape = (ops.shape(images)[0], 1, 1, 1)
        return keras.random.uniform(shape, seed=self.seed_generator, dtype=images.dtype)

    def shifts(self, images: Tensor, most: int) -> Tensor:
        """Returns a number of pixels for each image, from ``-most`` to ``most``."""
        return ops.floor(self.uniform(images)[:, :, 0, 0] * (2 * most + 1)) - most


@keras.saving.register_keras_serializable(package="gankit")
class DiffAugment(RandomChanges):
    """Random changes of colour and place, through which gradients flow.

    ``color`` changes brightness by up to 1/4 of the range, saturation by a factor of 0 to 2 and
    contrast by one of 1/2 to 3/2; ``translation`` shifts by up to 1/8 of height and width, with
    zeros, which are grey, where nothing was; ``cutout`` makes a square of half the size grey, in
    part outside of the image. Values may leave [-1, 1].

    Args:
        policy: names of changes, any of ``"color"``, ``"translation"``, ``"cutout"``.
        probability: share of images to which each change is made.
        **kwargs: of ``keras.layers.Layer``.

    Input and output shape ``(batch, height, width, channels)``.

    Raises:
        ValueError: an unknown change, or a probability outside of [0, 1].

    References:
        Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training",
        arXiv:2006.10738.
    """

    def __init__(
        self, policy: Sequence[Change] = POLICIES, probability: float = 1.0, **kwargs: Any
    ):
        super().__init__(policy, **kwargs)
        check_fraction("probability", probability)
        self.probability = probability


@keras.saving.register_keras_serializable(package="gankit")
class ADA(RandomChanges):
    """Random changes, as often as the discriminator needs them against learning by heart.

    Begins without any. The mean sign of the scores of real images says how sure the discriminator
    is of them: above ``target`` changes become more frequent, below it less. How frequent is state,
    ``probability``, which is saved with the GAN. The changes are those of ``DiffAugment``; the
    paper has more kinds.

    Args:
        policy: see ``DiffAugment``.
        target: mean sign of real scores that is aimed at, in (-1, 1).
        images_to_one: number of real images in which ``probability`` can move from 0 to 1; of
            several steps of the discriminator the last one's count, of several replicas those of
            one.
        **kwargs: of ``keras.layers.Layer``.

    References:
        Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
        arXiv:2006.06676.
    """

    def __init__(
        self,
        policy: Sequence[Change] = POLICIES,
        target: float = 0.6,
        images_to_one: int = 500_000,
        **kwargs: Any,
    ):
        super().__init__(policy, **kwargs)
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
        """Moves ``probability`` by a batch of real images; ``GAN`` calls it after each step.

        Args:
            correct: which of the scores are on the right side, booleans ``(batch, ...)``.
        """
        sure = 2 * ops.mean(ops.cast(correct, "float32")) - 1 - self.target
        step = ops.cast(ops.shape(correct)[0] / self.images_to_one, "float32")
        moved = self.probability + ops.sign(sure) * step
        self.probability.assign(ops.clip(moved, 0.0, 1.0))


def places(shifts: Tensor, size: int) -> Tensor:
    """Returns where each pixel of a shifted row comes from, in a row with one zero at each end.

    Args:
        shifts: ``(batch, 1)``, whole numbers of pixels.
        size: pixels in a row.

    Returns:
        int32 ``(batch, size)``, in 0..size + 1.
    """
    place = ops.arange(size, dtype=shifts.dtype)[None] - shifts + 1
    return ops.cast(ops.clip(place, 0, size + 1), "int32")
