"""Type aliases, for type checkers and for readers.

Keras and its backends bring no types: to a type checker everything of theirs is ``Any``.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

import keras
import numpy as np

#: A tensor of any shape and type, also one of Keras that is only a symbol.
Tensor: TypeAlias = Any

#: Tensors or arrays, with a row for each image: one, or any nesting of tuples, lists and dicts.
Structure: TypeAlias = Any

#: Scalar tensors by name: the terms of a loss, or what is logged.
Scalars: TypeAlias = dict[str, Tensor]

#: A number, or a function from training steps to one: a schedule.
Number: TypeAlias = float | Callable[[Any], Any]

#: Batches in an order of their own: a ``tf.data.Dataset``, or ``gankit.data.batches.Batches``.
Dataset: TypeAlias = Any

#: Images ``(n, height, width, channels)``, a dataset of batches, or what else gives batches.
ImageData: TypeAlias = np.ndarray | Iterable[Structure]

#: ``(height, width, channels)``.
ImageShape: TypeAlias = tuple[int, int, int]

#: ``(height, width)`` in pixels.
Size: TypeAlias = tuple[int, int]

#: ``(low, high)``: which values are black and white.
ValueRange: TypeAlias = tuple[float, float]

#: How image files are read: three channels, one, or four, of which the last is opacity.
ColorMode: TypeAlias = Literal["rgb", "grayscale", "rgba"]

#: What to do with an image that can't be read.
OnError: TypeAlias = Literal["raise", "skip"]

#: How images are mirrored at random.
Fit: TypeAlias = Literal["crop", "pad", "stretch"]
Flip: TypeAlias = Literal["horizontal"]

#: How many pixels wide and high each pixel becomes; ``"auto"`` for as many as can be looked at.
Scale: TypeAlias = int | Literal["auto"] | None

#: Where random numbers come from; None for what Keras, or the GAN, has for that.
Seed: TypeAlias = int | keras.random.SeedGenerator | None

#: How often something is done: each epoch, or every so many training steps.
Every: TypeAlias = Literal["epoch"] | int

#: The values of an epoch or a step by name, as Keras hands them to callbacks.
Logs: TypeAlias = dict[str, float]

#: What a constructor takes, by name, as Keras writes it to files.
Config: TypeAlias = dict[str, Any]

#: Of a file or a folder.
PathLike: TypeAlias = str | os.PathLike[str]
