"""A fingerprint of data, by which another process knows them again."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.training.first_batch import is_loader
from gankit.typing import Config, Structure

FEW = 8  # images


def describe_data(
    x: Any, first: Structure, batch_size: int | None = None, steps_per_epoch: int | None = None
) -> Config:
    """Returns a description of what ``fit`` was given, ready for JSON.

    Args:
        x: the data.
        first: the first batch of their first epoch, None if nothing can be looked at.
        batch_size: where ``x`` is an array.
        steps_per_epoch: as in ``fit``.

    Returns:
        ``"batches"``, how many an epoch has, None where that is not known, ``"shapes"`` of a batch,
        and ``"means"`` of the first few images, and of what else belongs to them; none of a
        ``DataLoader``, which usually shuffles.
    """
    parts = [ops.convert_to_numpy(part) for part in keras.tree.flatten(first) if part is not None]
    return {
        "batches": steps_per_epoch or count_batches(x, batch_size),
        "shapes": [list(part.shape) for part in parts],
        "means": [
            [float(np.mean(row)) for row in part[:FEW]] for part in parts if not is_loader(x)
        ],
    }


def count_batches(x: Any, batch_size: int | None) -> int | None:
    """Returns how many batches an epoch has, None where that is not known."""
    if hasattr(x, "cardinality"):  # a tf.data.Dataset
        number = int(x.cardinality())
        return number if number >= 0 else None
    if isinstance(x, keras.utils.PyDataset):
        return x.num_batches
    if isinstance(x, np.ndarray):
        return -(-len(x) // (batch_size or 32))  # rounded up
    if is_loader(x) and hasattr(x, "__len__"):
        return len(x)
    return None
