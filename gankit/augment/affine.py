"""Small turns, shears, stretches and shifts, after which a digit is still the same digit."""

import math
from typing import Any

import keras
from keras import ops

from gankit.augment import matrices
from gankit.augment.augmentation import Augmentation
from gankit.augment.resampling import move
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class RandomAffine(Augmentation):
    """Turns, shears, stretches and shifts each image a little, each by an amount drawn uniformly.

    For images that mean something else upside down or mirrored, such as digits and letters. What
    moves in from beyond the edge is a reflection, and pixels are interpolated bilinearly. The
    discriminator never sees an unchanged image, so the generator may learn to draw slightly turned
    or sheared ones.

    A discriminator with heads, such as ``InfoGAN``'s, then predicts what such changes leave as it
    is: categories come to stand for shapes instead of slants.

    Args:
        rotation: largest angle, in degrees, to either side.
        shear: largest slant, in pixels to the side for each pixel of height.
        stretch: largest factor, 1 or more, by which height and width each grow or shrink.
        translation: largest shift, as a share of height and width, from 0 to 1.
        **kwargs: of ``keras.layers.Layer``.

    Raises:
        ValueError: a number that is out of range.

    Examples:
        >>> layer = augment.RandomAffine(rotation=10, shear=0.2)
        >>> ops.shape(layer(images[:4]))
        (4, 28, 28, 1)
    """

    def __init__(
        self,
        rotation: float = 12.0,
        shear: float = 0.3,
        stretch: float = 1.12,
        translation: float = 0.07,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        for name, value, low, high in [
            ("rotation", rotation, 0, 180),
            ("shear", shear, 0, math.inf),
            ("stretch", stretch, 1, math.inf),
            ("translation", translation, 0, 1),
        ]:
            if not low <= value <= high:
                raise ValueError(f"{name} must be from {low} to {high}, got {value!r}.")
        self.rotation = rotation
        self.shear = shear
        self.stretch = stretch
        self.translation = translation

    def change(self, images: Tensor) -> Tensor:
        """Returns changed images."""
        _, height, width, _ = images.shape
        number = ops.shape(images)[0]

        def draw(most: float) -> Tensor:
            return keras.random.uniform((number,), -most, most, seed=self.seed_generator)

        columns, rows = ops.exp(draw(math.log(self.stretch))), ops.exp(draw(math.log(self.stretch)))
        steps = [
            matrices.shear(draw(self.shear)),
            matrices.rotation(draw(math.radians(self.rotation))),
            matrices.scaling(columns, rows),
            matrices.translation(draw(self.translation * width), draw(self.translation * height)),
        ]
        return move(images, matrices.product(steps))
