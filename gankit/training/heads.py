"""Losses and accuracies of the discriminator's class heads."""

from keras import ops

from gankit.typing import Tensor


def class_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Returns the mean cross-entropy, the logarithm of the number of classes at the start.

    Args:
        logits: float32 ``(batch, classes)``.
        classes: integers ``(batch,)``.
    """
    return ops.mean(ops.sparse_categorical_crossentropy(classes, logits, from_logits=True))


def class_accuracy(logits: Tensor, classes: Tensor) -> Tensor:
    """Returns the share of images whose own class has the largest logit, see ``class_loss``."""
    found = ops.equal(ops.argmax(logits, axis=-1), classes)
    return ops.mean(ops.cast(found, "float32"))
