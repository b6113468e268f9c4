"""Batch normalization with a scale and a shift for each class or image."""

from keras import layers

from gankit.typing import Tensor


def normalize(x: Tensor, condition: Tensor | None, num_classes: int | None) -> Tensor:
    """Returns a map, batch normalized and rectified, with a scale and a shift of each class."""
    if condition is None:
        return layers.ReLU()(layers.BatchNormalization()(x))
    scale = layers.Embedding(num_classes, x.shape[-1], "ones")(condition)
    shift = layers.Embedding(num_classes, x.shape[-1], "zeros")(condition)
    return layers.ReLU()(modulate(x, scale, shift))


def modulate(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Returns a map, batch normalized, with a scale and a shift of each channel and image."""
    x = layers.BatchNormalization(center=False, scale=False)(x)
    return x * scale[:, None, None, :] + shift[:, None, None, :]
