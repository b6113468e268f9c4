"""The batch that travels through a training step."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
from keras import ops

from gankit import differentiation
from gankit.typing import Structure, Tensor


class Batch(NamedTuple):
    """Real or generated images, and what is known of them.

    Attributes:
        images: float32 ``(batch, height, width, channels)``, or what else the data holds.
        condition: what the generator was given: None, class labels as int32 ``(batch,)``, or any
            nested structure of tensors.
        latents: what the images were made from, None where they are real or made from none.
        shown: the images as the discriminator saw them, e.g. augmented; None until it has looked.
        scores: the discriminator's float32 logits, None until it has looked.
        heads: the discriminator's further outputs.
        reconstructed: what the images were made from, made again from them, where a variant asks
            for that.
        extra: what else a variant keeps, by name: a posterior's mean, styles.

    Examples:
        >>> batch = gankit.Batch(images=images[:8], condition=labels[:8])
        >>> batch.images.shape, batch.scores is None
        ((8, 28, 28, 1), True)
        >>> batch._replace(extra={"weight": 0.5}).extra
        {'weight': 0.5}
    """

    images: Structure
    condition: Structure = None
    latents: Structure = None
    shown: Structure = None
    scores: Structure = None
    heads: tuple[Tensor, ...] = ()
    reconstructed: Structure = None
    extra: Mapping[str, Structure] = {}

    def map(self, function: Callable[..., Any]) -> "Batch":
        """Returns the batch with ``function`` applied to each of its tensors."""
        return map_tensors(function, self)

    def split(self, steps: int) -> "list[Batch]":
        """Returns as many sub-batches as there are steps, the rows ``[step::steps]`` of each.

        They are strided, so that each replica of a distribution strategy, which holds a part of the
        batch, finds rows of every sub-batch in it.
        """
        check_divisible(count_rows(self.images), steps)
        return [self.rows(slice(step, None, steps)) for step in range(steps)]

    def scored(self, outputs: Structure) -> "Batch":
        """Returns the batch with the scores and heads that are a discriminator's outputs."""
        scores, heads = split_outputs(outputs)
        return self._replace(scores=scores, heads=heads)

    def rows(self, rows: slice) -> "Batch":
        """Returns some of the images, and what is known of these."""
        return self.map(lambda tensor: tensor[rows])


def map_tensors(function: Callable[..., Any], structure: Structure) -> Structure:
    """Returns a nested structure with ``function`` applied to all in it that is not None."""
    return keras.tree.map_structure(lambda x: None if x is None else function(x), structure)


def count_rows(images: Structure) -> int | Tensor:
    """Returns the number of images: an int where it is known, else a scalar tensor."""
    return ops.shape(keras.tree.flatten(images)[0])[0]


def concatenate(first: Structure, second: Structure) -> Structure:
    """Returns two nested structures of the same kind as one, with the rows of both."""
    return keras.tree.map_structure(
        lambda *pair: None if pair[0] is None else ops.concatenate(pair), first, second
    )


def in_float32(outputs: Structure) -> Structure:
    """Returns a network's outputs in float32, whatever it computes in."""
    return keras.tree.map_structure(lambda tensor: ops.cast(tensor, "float32"), outputs)


def mean_of(values: Structure) -> Tensor:
    """Returns the mean of per-sample values; of several tensors each counts as much."""
    parts = [ops.mean(part) for part in keras.tree.flatten(values)]
    return parts[0] if len(parts) == 1 else sum(parts) / len(parts)


def split_outputs(outputs: Structure) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Returns a discriminator's scores and its further outputs, as a tuple.

    The scores are its first output, or the one called ``scores`` of a dict.
    """
    if isinstance(outputs, dict):
        if "scores" not in outputs:
            raise ValueError(
                "A discriminator with a dict of outputs must call one of them 'scores', it has "
                f"{sorted(outputs)}."
            )
        heads = {name: output for name, output in outputs.items() if name != "scores"}
        return outputs["scores"], tuple(keras.tree.flatten(heads))
    scores, *heads = keras.tree.flatten(outputs)
    return scores, tuple(heads)


def check_divisible(batch_size: Any, steps: int) -> None:
    """Raises unless the batch can be split into as many sub-batches as there are steps."""
    message = (
        "discriminator_steps={} must divide the batch, which has {} images: each of the steps "
        "sees its own part of it."
    )
    if isinstance(batch_size, int) and batch_size % steps:
        raise ValueError(message.format(steps, batch_size))
    if not isinstance(batch_size, int) and steps > 1:
        number = message.format(steps, "another number of")
        differentiation.assert_divisible(batch_size, steps, number)
