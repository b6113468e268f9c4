"""Three random, differentiable changes of images."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import keras
from keras import ops

from gankit.augment.augmentation import Augmentation, cut_out
from gankit.checks import check_fraction
from gankit.typing import Tensor

Change: TypeAlias = Literal["color", "translation", "cutout"]

POLICIES: tuple[Change, ...] = get_args(Change)


@keras.saving.register_keras_serializable(package="gankit")
class DiffAugment(Augmentation):
    """Random, differentiable changes of colour and position, and cutout.

    ``color`` changes brightness by up to 1/4 of the range, and multiplies saturation by 0 to 2 and
    contrast by 1/2 to 3/2; ``translation`` shifts by up to 1/8 of height and width, and fills the
    gap with grey; ``cutout`` makes a square of half the size grey, which may reach beyond the edge.
    Values may leave [-1, 1].

    Args:
        policy: names of changes, any of ``"color"``, ``"translation"``, ``"cutout"``.
        probability: share of images to which each change is made.
        **kwargs: of ``keras.layers.Layer``.

    Inputs and outputs have the shape ``(batch, height, width, channels)``.

    Raises:
        ValueError: an unknown change, or a probability outside of [0, 1].

    Examples:
        >>> change = augment.DiffAugment(["translation"])
        >>> ops.shape(change(images))
        (64, 28, 28, 1)
        >>> gan = recipes.small((28, 28, 1), filters=2, augment=change)
        >>> gan.augment.policy
        ('translation',)

    See Also:
        ``ADA``, which finds out how often to augment.

    References:
        Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training",
        arXiv:2006.10738.
    """

    def __init__(
        self, policy: Sequence[Change] = POLICIES, probability: float = 1.0, **kwargs: Any
    ):
        super().__init__(**kwargs)
        unknown = set(policy) - set(POLICIES)
        if unknown or isinstance(policy, str):
            raise ValueError(f"policy must be a list of {POLICIES}, got {policy!r}.")
        check_fraction("probability", probability)
        self.policy = tuple(policy)
        self.probability = probability

    def change(self, images: Tensor) -> Tensor:
        """Returns changed images, with each change made to a random share of them."""
        for name in self.policy:
            changed = getattr(self, name)(images)
            if self.probability < 1:
                changed = ops.where(self.uniform(images) < self.probability, changed, images)
            images = changed
        return images

    def color(self, images: Tensor) -> Tensor:
        """Returns images with changed brightness, saturation and contrast."""
        images = images + (self.uniform(images) - 0.5)
        grey = ops.mean(images, axis=-1, keepdims=True)
        images = grey + (images - grey) * 2 * self.uniform(images)
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        return mean + (images - mean) * (self.uniform(images) + 0.5)

    def translation(self, images: Tensor) -> Tensor:
        """Returns images shifted by whole pixels."""
        _, height, width, channels = images.shape
        # Everything outside is looked up in a border of one zero on each side. This is several
        # times as fast as multiplying by matrices that shift, both forward and backward.
        padded = ops.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
        rows = places(self.shifts(images, height // 8), height)
        columns = places(self.shifts(images, width // 8), width)
        stride = width + 2
        number = ops.arange(ops.shape(images)[0], dtype="int32") * ((height + 2) * stride)
        index = number[:, None, None] + rows[:, :, None] * stride + columns[:, None, :]
        return ops.take(ops.reshape(padded, (-1, channels)), index, axis=0)

    def cutout(self, images: Tensor) -> Tensor:
        """Returns images with a grey square of half the height and width."""
        rows, columns = (self.uniform(images)[:, :, 0, 0] for _ in range(2))
        return cut_out(images, rows, columns)

    def shifts(self, images: Tensor, most: int) -> Tensor:
        """Returns a number of pixels for each image, from ``-most`` to ``most``."""
        return ops.floor(self.uniform(images)[:, :, 0, 0] * (2 * most + 1)) - most


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
