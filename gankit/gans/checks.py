"""What a GAN says at the earliest moment when something can't work."""

import inspect
import numbers
import types
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one
from gankit.data.checks import check_values, warn_of_unit_range
from gankit.data.epochs import get_epochs
from gankit.gans.networks import (
    DISCRIMINATOR_ROLES,
    GENERATOR_ROLES,
    count_classes,
    find_inputs,
    pair_inputs,
    shapes_fit,
)
from gankit.typing import Structure, Tensor

COMPILE_ARGUMENTS = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")


def check_average(name: str, value: object) -> None:
    """Raises ``ValueError`` unless ``value`` is None, a decay, or a half-life in images."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real | None):
        fits = False
    else:
        fits = value is None or 0 <= float(value) < float("inf")
    if not fits:
        raise ValueError(
            f"{name} must be None, a decay per step in [0, 1), e.g. 0.999, or a half-life in "
            f"images of 1 or more, e.g. 10_000, got {value!r}."
        )


def check_layer(name: str, value: object) -> None:
    """Raises ``TypeError`` unless ``value`` is None or a Keras layer."""
    if value is not None and not isinstance(value, keras.Layer):
        raise TypeError(
            f"{name} must be None or a Keras layer, which can be saved with the GAN, got {value!r}."
        )


def check_config_is_complete(variant: type[keras.Model]) -> None:
    """Raises ``NotImplementedError`` if saving would lose arguments of a variant's constructor."""
    base = next(cls for cls in variant.__mro__ if "get_config" in vars(cls))
    any_number = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    known = inspect.signature(base.__init__).parameters  # type: ignore[misc] # a class's own
    own = [
        name
        for name, parameter in inspect.signature(variant.__init__).parameters.items()
        if name not in known and parameter.kind not in any_number
    ]
    if own:
        raise NotImplementedError(
            f"{variant.__name__}.__init__ takes {own}, which its get_config has to return, or they "
            "would be lost in a file: return super().get_config() | {'" + own[0] + "': ...}."
        )


def check_no_weights(sample_weight: object) -> None:
    """Raises ``TypeError`` if data holds a third part."""
    if sample_weight is not None:
        raise TypeError("A GAN takes no sample_weight: data is images or (images, condition).")


def check_compile_arguments(arguments: dict[str, Any]) -> None:
    """Raises ``TypeError`` for arguments of Keras's ``compile`` that a GAN can't honour."""
    for name in arguments:
        if name == "optimizer":
            raise TypeError(
                "A GAN has two optimizers: pass generator_optimizer=... and "
                "discriminator_optimizer=... instead of optimizer."
            )
        if name not in COMPILE_ARGUMENTS:
            raise TypeError(
                f"GAN.compile takes no {name!r}: a GAN has no targets to compare with. It takes "
                "generator_optimizer, discriminator_optimizer, loss, penalty, "
                f"{', '.join(COMPILE_ARGUMENTS)}."
            )


def check_fit_arguments(arguments: dict[str, Any]) -> None:
    """Raises ``TypeError`` for arguments of Keras's ``fit`` that a GAN can't honour."""
    for name in ("class_weight", "sample_weight"):
        if arguments.get(name) is not None:
            raise TypeError(f"A GAN takes no {name}: data is images or (images, condition).")


def check_divisible(batch_size: int | Tensor, steps: int) -> None:
    """Raises unless the batch can be split into as many sub-batches as there are steps."""
    message = (
        "discriminator_steps={} must divide the batch, which has {} images: each of the steps "
        "sees its own part of it."
    )
    if isinstance(batch_size, int) and batch_size % steps:
        raise ValueError(message.format(steps, batch_size))
    if not isinstance(batch_size, int) and steps > 1:
        tf.debugging.assert_equal(batch_size % steps, 0, message.format(steps, "another number of"))


def standardize(tensor: Tensor) -> Tensor:
    """Returns a part of the data as float32 or int32; class labels get the shape ``(batch,)``."""
    tensor = ops.convert_to_tensor(tensor)
    if keras.backend.is_float_dtype(tensor.dtype):
        return ops.cast(tensor, "float32")
    if len(tensor.shape) == 2 and tensor.shape[1] == 1:
        tensor = tensor[:, 0]
    return ops.cast(tensor, "int32")


def peek(x: Any, y: Structure = None, batch_size: int | None = None) -> tuple[Structure, Any]:
    """Returns the first batch that ``fit`` would see, and data that still holds it.

    Looks through an iterator of its own, so a data set begins again for training (one that shuffles
    by itself has then passed once more). The batch is None where nothing can be looked at, as in a
    data set that is distributed already.
    """
    if isinstance(x, tf.data.Dataset):
        return first_of(x.take(1)), x
    if isinstance(x, keras.utils.PyDataset):
        return x[0], x
    if isinstance(x, types.GeneratorType):
        first = first_of(x)

        def whole():
            yield first
            yield from x

        return first, whole()
    arrays = [x] if y is None else [x, y]
    if all(hasattr(array, "__getitem__") for array in keras.tree.flatten(arrays)):
        rows = slice(0, batch_size or 32)
        return tuple(keras.tree.map_structure(lambda array: array[rows], arrays)), x
    return None, x


def warn_of_range(first: Structure, x: Any) -> None:
    """Warns of a first batch of images in [0, 1], unless gankit's adapters were told that range."""
    if first is None or (isinstance(x, tf.data.Dataset) and get_epochs(x)):
        return
    images, *_ = keras.utils.unpack_x_y_sample_weight(first)
    for part in keras.tree.flatten(images):
        if np.ndim(part) == 4:
            warn_of_unit_range(np.asarray(part))


def peek_validation(arguments: dict[str, Any]) -> Structure:
    """Returns the first batch of ``fit``'s validation data, None if there is none to look at."""
    validation_data = arguments.get("validation_data")
    if validation_data is None or isinstance(validation_data, types.GeneratorType):
        return None
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(validation_data)
    check_no_weights(sample_weight)
    return peek(x, y)[0]


def first_of(batches: Iterable[Structure]) -> Structure:
    """Returns the first batch, or raises ``ValueError`` if there is none."""
    for batch in batches:
        return batch
    raise ValueError("The data holds no batch: its batch size may be larger than the data.")


def check_batch(
    data: Structure,
    generator: keras.Model,
    discriminator: keras.Model,
    needs_condition: bool = True,
) -> None:
    """Raises unless a batch of the data is what the networks can take.

    Args:
        data: images, or ``(images, condition)``.
        generator: see ``GAN``.
        discriminator: see ``GAN``.
        needs_condition: whether the networks' condition comes from the data.
    """
    images, condition, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    check_no_weights(sample_weight)
    parts = keras.tree.flatten(images)
    expected = find_inputs(discriminator, DISCRIMINATOR_ROLES, "images")
    if len(parts) != len(expected) or (isinstance(images, dict) and len(parts) == 1):
        raise TypeError(
            "The data must give images, or pairs of (images, condition), got "
            f"{type(images).__name__} of {len(parts)} parts. Map it first, e.g. "
            "dataset.map(lambda item: (item['image'], item['label']))."
        )
    for part, network_input in zip(parts, expected, strict=True):
        check_images(np.asarray(part), network_input.shape)
    for part in [] if condition is None else keras.tree.flatten(condition):
        if len(part) != len(parts[0]):
            raise ValueError(
                f"The data holds {len(parts[0])} images beside a condition of {len(part)} rows."
            )
    if not needs_condition:
        return
    for role, network, roles in (
        ("generator", generator, GENERATOR_ROLES),
        ("discriminator", discriminator, DISCRIMINATOR_ROLES),
    ):
        check_condition(condition, network, roles, role)


def check_images(images: np.ndarray, expected_shape: Sequence[int | None]) -> None:
    """Raises unless ``images`` have the shape, type and range that a discriminator needs."""
    check_floats(images, "Images")
    if not shapes_fit(images.shape[1:], expected_shape[1:]):
        raise ValueError(
            f"Images come in batches of shape {images.shape}, but the discriminator takes images "
            f"of shape {tuple(expected_shape[1:])} (height, width, channels) after the batch axis."
        )
    if images.ndim > 2:  # plain vectors are no images: their range is the user's
        check_values(images.astype(np.float32))


def check_floats(images: np.ndarray, what: str) -> None:
    """Raises ``TypeError`` unless ``images`` are floats; ``what`` is what the error calls them."""
    if images.dtype.kind != "f" and images.dtype.name != "bfloat16":
        raise TypeError(
            f"{what} must be floats in [-1, 1], got {images.dtype}. "
            "gankit.data.from_arrays scales uint8 images, or do it yourself: images / 127.5 - 1."
        )


def check_condition(
    condition: Structure, network: keras.Model, roles: tuple[str, ...], role: str
) -> None:
    """Raises unless ``condition`` can go into the condition inputs of a network."""
    if condition is None and find_inputs(network, roles, "condition"):
        raise ValueError(
            f"The {role} takes a condition, but the data holds images only. Give fit pairs of "
            "(images, condition): the adapters of gankit.data make them with labels."
        )
    for network_input, part in pair_inputs(network, roles, "condition", condition):
        check_part(np.asarray(part), network_input, count_classes(network, network_input), role)


def check_part(part: np.ndarray, network_input: Tensor, num_classes: int | None, role: str) -> None:
    """Raises unless a part of a condition has the shape, type and range that an input needs."""
    expected = tuple(network_input.shape[1:])
    # Keras adds or takes away a last axis of 1.
    shapes = [part.shape[1:], (*part.shape[1:], 1)] + [part.shape[1:-1]] * (part.shape[-1] == 1)
    takes_labels = num_classes is not None or "int" in network_input.dtype
    if not any(shapes_fit(shape, expected) for shape in shapes):
        raise ValueError(
            f"The condition comes in batches of shape {part.shape}, but the {role} takes "
            f"{expected} after the batch axis."
            + " If they are one-hot, take the argmax."
            * (takes_labels and part.ndim == 2)
        )
    if takes_labels:
        check_classes_known(part, num_classes)
    elif len(expected) >= 3:
        check_floats(part, "Images in a condition")
        check_values(part.astype(np.float32))


def check_classes_known(labels: np.ndarray, num_classes: int | None) -> None:
    """Raises unless ``labels`` are integers in 0..num_classes - 1."""
    if labels.dtype.kind not in "iu":
        raise TypeError(f"Class labels must be integers of shape (batch,), got {labels.dtype}.")
    if labels.min() < 0:
        raise ValueError(f"Class labels must be 0 or more, got {labels.min()}.")
    if num_classes is not None and labels.max() >= num_classes:
        raise ValueError(
            f"Class labels must be below {num_classes}, the number of classes that the network "
            f"was built for, got {labels.max()}."
        )


def check_latents(latents: ArrayLike, inputs: list[Tensor]) -> np.ndarray:
    """Returns ``latents`` as float32, or says which shape the generator takes."""
    latents = np.asarray(latents, np.float32)
    if not inputs:
        raise ValueError("This generator takes no latents.")
    expected = tuple(inputs[0].shape[1:])
    if not shapes_fit(latents.shape[1:], expected):
        raise ValueError(
            f"latents must have the shape {('num_images', *expected)} that the generator was "
            f"built for, got {latents.shape}."
        )
    return latents


def as_rows(condition: Structure) -> Structure:
    """Returns a condition as arrays: dicts and tuples hold several, anything else is one."""
    if isinstance(condition, dict):
        return {name: as_rows(part) for name, part in condition.items()}
    if isinstance(condition, tuple) and any(np.ndim(part) for part in condition):
        return tuple(as_rows(part) for part in condition)
    array = np.asarray(condition)
    if array.ndim == 0:
        raise ValueError(
            f"condition needs a row for each image, e.g. [7, 7, 7], got {condition!r}."
        )
    return array


def check_told(condition: Structure, generator: keras.Model) -> Structure:
    """Returns a condition as rows, or None, or says why the generator can't be told it."""
    if condition is None:
        return None
    condition = as_rows(condition)
    if not find_inputs(generator, GENERATOR_ROLES, "condition"):
        raise ValueError("This generator takes no condition: leave it out.")
    check_condition(condition, generator, GENERATOR_ROLES, "generator")
    return condition


def count_images(num_images: int | None, **given: Structure) -> int:
    """Returns how many images are asked for, by a number or by the rows of what is given."""
    counts = {"num_images": num_images} if num_images is not None else {}
    for name, structure in given.items():
        if structure is not None:
            counts[name] = len(keras.tree.flatten(structure)[0])
    if not counts:
        raise ValueError("Say how many images: num_images=..., or give latents or a condition.")
    if len(set(counts.values())) > 1:
        raise ValueError(f"The numbers of images don't agree: {counts}.")
    name, count = counts.popitem()
    check_at_least_one(name, count)
    return int(count)
