"""What travels along a training step."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from gankit.typing import Structure, Tensor


class Batch(NamedTuple):
    """Real or generated images, and what is known of them.

    Attributes:
        images: float32 ``(batch, height, width, channels)`` in [-1, 1].
        condition: what the generator was told: None, class labels as int32 ``(batch,)``, or any
            nested structure of tensors.
        scores: the discriminator's float32 logits, None until it has looked.
        heads: the discriminator's further outputs.
        reconstructed: what the generator was told, made again from its images, where a variant asks
            for that.
    """

    images: Structure
    condition: Structure = None
    scores: Tensor = None
    heads: tuple[Tensor, ...] = ()
    reconstructed: Structure = None

    def map(self, function: Callable[..., Any]) -> "Batch":
        """Returns the batch with ``function`` applied to each of its tensors."""
        return map_tensors(function, self)


def map_tensors(function: Callable[..., Any], structure: Structure) -> Structure:
    """Returns a nested structure with ``function`` applied to all in it that is not None."""
    return keras.tree.map_structure(lambda x: None if x is None else function(x), structure)
