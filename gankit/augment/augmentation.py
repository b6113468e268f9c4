"""The base class of all augmentations, and the cutout that several of them use."""

from typing import Any

import keras
from keras import ops

from gankit.configured import Configured
from gankit.typing import Tensor


class Augmentation(Configured, keras.layers.Layer):
    """The base class of augmentations: random, differentiable changes of images.

    A subclass defines ``change``. Inputs and outputs have the shape
    ``(batch, height, width, channels)``.

    Args:
        **kwargs: of ``keras.layers.Layer``.

    Examples:
        >>> class Darker(augment.Augmentation):
        ...     def change(self, images):
        ...         return images - self.uniform(images) / 4
        ...
        >>> ops.shape(Darker()(images))
        (64, 28, 28, 1)
    """

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("dtype", "float32")  # as images are, whatever the networks compute in
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Raises ``ValueError`` unless the input is images."""
        if len(input_shape) != 4:
            raise ValueError(
                f"{type(self).__name__} changes images of shape (batch, height, width, channels), "
                f"got {input_shape}."
            )
        super().build(input_shape)

    def call(self, images: Tensor, training: bool = True) -> Tensor:
        """Returns changed images in training, otherwise unchanged ones."""
        return self.change(images) if training else images

    def change(self, images: Tensor) -> Tensor:
        """Returns changed images."""
        raise NotImplementedError

    def uniform(self, images: Tensor) -> Tensor:
        """Returns a number for each image, uniform on [0, 1), of shape ``(batch, 1, 1, 1)``."""
        shape = (ops.shape(images)[0], 1, 1, 1)
        return keras.random.uniform(shape, seed=self.seed_generator, dtype=images.dtype)


def cut_out(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Returns images with a grey square of half their size, which may reach beyond the edge.

    Args:
        images: ``(batch, height, width, channels)``.
        rows: where each square is, from 0 to 1, ``(batch, 1)``.
        columns: likewise.
    """
    _, height, width, _ = images.shape
    rows, columns = covered(rows, height), covered(columns, width)
    return images * (1.0 - rows[:, :, None, None] * columns[:, None, :, None])


def covered(place: Tensor, size: int) -> Tensor:
    """Returns 1 where a stretch of half the size covers a pixel, else 0, ``(batch, size)``."""
    length = size // 2
    first = ops.floor(place * (size + 1)) - length // 2
    pixel = ops.arange(size, dtype=first.dtype)[None]
    return ops.cast((pixel >= first) & (pixel < first + length), place.dtype)
