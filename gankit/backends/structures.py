"""The float tensors of nested structures: what can be differentiated."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from gankit.typing import Structure, Tensor


def float_tensors(structure: Structure) -> list[Tensor]:
    """Returns the float tensors of a nested structure, each once: what can be differentiated."""
    tensors = {id(leaf): leaf for leaf in keras.tree.flatten(structure) if is_float(leaf)}
    return list(tensors.values())


def replace_float_tensors(structure: Structure, tensors: Sequence[Tensor]) -> Structure:
    """Returns a nested structure with other float tensors, in the order of ``float_tensors``."""
    others = dict(zip(map(id, float_tensors(structure)), tensors, strict=True))
    return keras.tree.map_structure(lambda leaf: others.get(id(leaf), leaf), structure)


def map_float_tensors(function: Callable[[Tensor], Tensor], structure: Structure) -> Structure:
    """Returns a nested structure with a function of each of its float tensors in its place."""
    return replace_float_tensors(structure, [function(one) for one in float_tensors(structure)])


def is_float(tensor: Any) -> bool:
    """Returns whether a leaf of a structure is a tensor of floats."""
    return hasattr(tensor, "dtype") and keras.backend.is_float_dtype(
        keras.backend.standardize_dtype(tensor.dtype)
    )


def sum_of(structure: Structure) -> Tensor:
    """Returns the sum of all values in a nested structure."""
    return sum(ops.sum(part) for part in keras.tree.flatten(structure))
