"""A network's inputs, found once: role, shape, type and number of classes of each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit.data.checks import check_values, explain_scaling
from gankit.training.batch import map_tensors
from gankit.typing import Structure, Tensor, ValueRange

GENERATOR_ROLES = ("latents", "condition")
DISCRIMINATOR_ROLES = ("images", "condition")

RANGES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0)}
ShownShape: TypeAlias = Callable[[tuple[int | None, ...]], tuple[int | None, ...]]
MOVING = (  # layers that move values and don't change them
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Permute,
    keras.layers.Cropping1D,
    keras.layers.Cropping2D,
    keras.layers.Cropping3D,
    keras.layers.Identity,
    keras.layers.Dropout,
)
SQUASHING = ("sigmoid", "hard_sigmoid", "tanh", "softmax")


class Input(NamedTuple):
    """One input of a network.

    Attributes:
        name: the Keras tensor's.
        role: what goes in: ``"latents"``, ``"condition"`` or ``"images"``.
        shape: after the batch axis.
        dtype: e.g. ``"float32"``.
        num_classes: how many classes the layer behind it tells apart, None where none says so.

    Examples:
        >>> gan.generator_inputs.of("condition")[0].num_classes
        10
    """

    name: str
    role: str
    shape: tuple[int | None, ...]
    dtype: str
    num_classes: int | None

    @property
    def takes_classes(self) -> bool:
        """Whether integers go in."""
        return self.num_classes is not None or "int" in self.dtype


class Inputs:
    """The inputs of a network, by the roles that they play.

    An input named like a role, or like a role with more behind it (``condition_image``), plays it.
    The others take the roles that no name claims, in order, and those that are left over are
    further parts of the last role, the condition. Latents of a discriminator, as in a BiGAN, are
    found by their name alone.

    Args:
        network: a functional or sequential model.
        who: what errors call it: ``"generator"`` or ``"discriminator"``.

    Examples:
        >>> inputs = gankit.training.inputs.Inputs(gan.discriminator, "discriminator")
        >>> [one.role for one in inputs.of("images") + inputs.of("condition")]
        ['images', 'condition']
        >>> inputs.of("images")[0].shape
        (28, 28, 1)
    """

    def __init__(self, network: keras.Model, who: str):
        if not isinstance(network, keras.Model) or not getattr(network, "inputs", None):
            way = "Build it of keras.layers."
            if isinstance(network, keras.Layer):
                way = "Wrap it: keras.Model(inputs, network(inputs)), with keras.Input(shape)."
            raise TypeError(
                f"The {who} must be a functional or sequential keras.Model whose input shape is "
                f"known, got an instance of {type(network).__name__}. {way}"
            )
        self.who = who
        self.network_name = network.name
        self.roles = GENERATOR_ROLES if who == "generator" else DISCRIMINATOR_ROLES
        self.inputs = list(find_inputs(network, self.roles))
        places = {id(tensor): place for place, tensor in enumerate(network.inputs)}
        one = isinstance(network, keras.Sequential)
        structure = network.inputs[0] if one else network.input
        self.places = keras.tree.map_structure(lambda tensor: places[id(tensor)], structure)

    def of(self, role: str) -> list[Input]:
        """Returns the inputs that play a role, in order."""
        return [one for one in self.inputs if one.role == role]

    @property
    def latent_dim(self) -> int | None:
        """How many numbers a latent vector has, None where there are none, or several vectors."""
        latents = self.of("latents")
        return latents[0].shape[0] if len(latents) == 1 and len(latents[0].shape) == 1 else None

    def check_class_names(self, names: Sequence[str] | None) -> list[str] | None:
        """Returns names of the classes that go in, or raises unless there is one for each."""
        if names is None:
            return None
        numbers = [one.num_classes for one in self.of("condition") if one.takes_classes]
        if len(numbers) != 1 or numbers[0] not in (None, len(names)):
            taken = f"{numbers[0]} classes" if len(numbers) == 1 else "no classes"
            raise ValueError(f"{len(names)} class_names, but the {self.who} takes {taken}.")
        if len(set(names)) < len(names):
            raise ValueError(f"class_names must differ, got {list(names)}.")
        return list(names)

    def pair(self, role: str, value: Structure) -> list[tuple[Input, Any]]:
        """Returns ``(input, part of value)`` for each input that plays ``role``.

        A dict gives its parts by the inputs' names, any other structure by order; where there is
        only one input, a dict of one part will do under any name. Parts that are left over go
        nowhere.
        """
        inputs = self.of(role)
        parts = [] if value is None else keras.tree.flatten(value)
        if isinstance(value, dict) and inputs and not (len(inputs) == len(parts) == 1):
            missing = [one.name for one in inputs if one.name not in value]
            if missing:
                raise ValueError(
                    f"The network {self.network_name!r} has inputs for {role} that are not in the "
                    f"dict: {missing}. It holds {sorted(value)}."
                )
            parts = [value[one.name] for one in inputs]
        if len(parts) < len(inputs):
            raise ValueError(
                f"The network {self.network_name!r} has {count(len(inputs), 'input')} for {role} "
                f"({[one.name for one in inputs]}), but {len(parts)} "
                f"{'was' if len(parts) == 1 else 'were'} given."
            )
        return list(zip(inputs, parts, strict=False))

    def match(self, **offered: Structure) -> Structure:
        """Returns what the network takes of what is offered, in the structure that it takes.

        Args:
            **offered: by role, each a tensor, a nested structure of tensors, or None.
        """
        chosen = {
            one.name: part for role in offered for one, part in self.pair(role, offered[role])
        }
        return keras.tree.map_structure(lambda place: chosen[self.inputs[place].name], self.places)

    def check_images(
        self, images: Structure, value_range: ValueRange | None, shown_shape: ShownShape
    ) -> None:
        """Raises unless ``images`` have the shape, type and range that a discriminator needs."""
        parts, expected = keras.tree.flatten(images), self.of("images")
        if not expected:  # it sees latents alone
            return
        if len(parts) != len(expected) or (isinstance(images, dict) and len(parts) == 1):
            raise TypeError(
                "The data must give images, or pairs of (images, condition), got "
                f"{type(images).__name__} of {len(parts)} parts. Map it first, e.g. "
                "dataset.map(lambda item: (item['image'], item['label']))."
            )
        for one, part in zip(expected, parts, strict=True):
            part = np.asarray(part)
            # Where images are shown in another shape, the error shows theirs all the same.
            fits = shapes_fit(shown_shape(part.shape[1:]), one.shape)
            shape = part.shape[1:] if fits else one.shape
            check_images(part, shape, value_range, f"the {self.who} takes images")

    def as_rows(self, condition: Structure, num_images: int | None) -> Structure:
        """Returns a condition with a row for each image.

        Args:
            condition: arrays, each with a row for each image, or one row for all of them: with an
                axis of 1 for the batch, or without it.
            num_images: how many there are, None where the rows of some part say it.
        """
        without_axis = {
            id(part)
            for one, part in self.pair("condition", condition)
            if shapes_fit(part.shape, one.shape)
        }

        rows = map_tensors(
            lambda part: part[None] if part.ndim == 0 or id(part) in without_axis else part,
            condition,
        )
        number = num_images or max(map(len, keras.tree.flatten(rows)))
        return map_tensors(
            lambda part: np.repeat(part, number, axis=0) if len(part) == 1 else part, rows
        )

    def check_condition(self, condition: Structure, value_range: ValueRange | None) -> None:
        """Raises unless ``condition`` can go into the network's inputs for it."""
        if condition is None and self.of("condition"):
            raise ValueError(
                f"The {self.who} takes a condition, but the data holds images only. Give fit pairs "
                "of (images, condition): the adapters of gankit.data make them with labels."
            )
        for one, part in self.pair("condition", condition):
            self.check_part(one, np.asarray(part), value_range)

    def check_part(self, one: Input, part: np.ndarray, value_range: ValueRange | None) -> None:
        """Raises unless a part of a condition has the shape, type and range of an input."""
        # Keras adds or takes away a last axis of 1.
        shapes = [part.shape[1:], (*part.shape[1:], 1)] + [part.shape[1:-1]] * (part.shape[-1] == 1)
        if not any(shapes_fit(shape, one.shape) for shape in shapes):
            one_hot = one.takes_classes and part.ndim == 2
            raise ValueError(
                f"The condition comes in batches of shape {part.shape}, but the {self.who} takes "
                f"{one.shape} after the batch axis."
                + " If they are one-hot, pass labels.argmax(-1)."
                * one_hot
            )
        if one.takes_classes and part.dtype == np.uint8 and part.ndim > 2:
            raise TypeError(
                f"The {self.who} takes a class for each pixel, but uint8 of shape {part.shape} "
                "would be scaled as images are. Give classes as int32: labels.astype('int32')."
            )
        if one.takes_classes:
            check_classes(part, one.num_classes)
        elif len(one.shape) >= 3 and part.dtype != np.uint8:
            check_floats(part, "Images in a condition", value_range)
            check_values(part, value_range)

    def check_latents(self, latents: ArrayLike | Structure) -> Structure:
        """Returns ``latents`` as float32 arrays, or says which shape the generator takes."""
        if not self.of("latents"):
            raise ValueError(f"This {self.who} takes no latents.")
        if not isinstance(latents, dict | tuple):
            latents = np.asarray(latents)
        for one, part in self.pair("latents", latents):
            shape = np.shape(part)
            if not shapes_fit(shape[1:], one.shape):
                raise ValueError(
                    f"{one.name} must have the shape {('num_images', *one.shape)} that the "
                    f"{self.who} was built for, got {shape}."
                )
        return map_tensors(as_latents, latents)

    def require(self, **numbers: int) -> None:
        """Raises ``ValueError`` unless each role, by name, has that many inputs."""
        for role, number in numbers.items():
            if len(self.of(role)) != number:
                raise ValueError(
                    f"The {self.who} of this GAN needs {count(number, 'input')} for {role}, but "
                    f"has {[one.name for one in self.inputs]}."
                )


def find_inputs(network: keras.Model, roles: tuple[str, ...]) -> Iterator[Input]:
    """Yields what each input of a network is, in the network's order."""
    named = [tensor.name.split("_")[0] for tensor in network.inputs]
    unclaimed = [role for role in roles if role not in named]
    for tensor, role in zip(network.inputs, named, strict=True):
        if role not in (*roles, "latents"):
            role = unclaimed.pop(0) if unclaimed else roles[-1]
        shape = tuple(tensor.shape[1:])
        yield Input(tensor.name, role, shape, tensor.dtype, count_classes(network, tensor))


def count_classes(network: keras.Model, tensor: Tensor) -> int | None:
    """Returns how many classes a network tells apart at an input, where a layer there says so."""
    for layer in network.layers:
        try:
            # A model's own input is its own, not what it is given here.
            given = keras.tree.flatten(keras.Operation.input.fget(layer))
            if isinstance(layer, keras.Model):
                places = [place for place, one in enumerate(given) if one is tensor]
                found = [count_classes(layer, layer.inputs[place]) for place in places]
                if found:
                    return found[0]
            reads = layer.input is tensor
        except (AttributeError, ValueError):  # read by nothing, or from several places
            continue
        limit = getattr(layer, "input_dim", None) or getattr(layer, "num_tokens", None)
        if reads and isinstance(limit, int):
            return limit
    return None


def choose_range(value_range: object, generator: keras.Model) -> ValueRange | None:
    """Returns ``(low, high)`` as floats, or None for any finite values.

    Args:
        value_range: two numbers, None, or ``"auto"``, which follows from how the generator ends.
        generator: see ``find_range``.

    Raises:
        ValueError: anything else.
    """
    if value_range is None:
        return None
    if isinstance(value_range, str) and value_range == "auto":
        return find_range(generator)
    values = np.asarray(value_range)
    if values.shape != (2,) or values.dtype.kind not in "iuf" or not np.diff(values) > 0:
        raise ValueError(
            f"value_range must be 'auto', None, or (low, high), e.g. (-1, 1), got {value_range!r}."
        )
    return float(values[0]), float(values[1])


def find_range(network: keras.Model) -> ValueRange | None:
    """Returns the range of what a network makes, by how it ends: None for any finite value."""
    return RANGES.get(find_activation(network))


def find_activation(network: keras.Model) -> str:
    """Returns the name of the activation function that a network's first output comes from."""
    tensor, layers = network.outputs[0], list(network.layers)
    while layers:
        layer = layers.pop()
        try:
            # A model's own output is what it makes of its own inputs, not of those it has here.
            makes = keras.Operation.output.fget(layer) is tensor
        except (AttributeError, ValueError):  # makes nothing, or several things
            continue
        if makes and isinstance(layer, keras.Model):  # of a user's own class, it hides its end
            return find_activation(layer) if hasattr(layer, "outputs") else ""
        if makes and not isinstance(layer, MOVING):
            function = getattr(layer, "activation", None)
            return getattr(function, "__name__", type(layer).__name__.lower())
        if makes:  # the values come from further up
            tensor = layer.input
    return ""


def check_logits(discriminator: keras.Model) -> None:
    """Raises ``ValueError`` if a discriminator squashes its scores."""
    activation = find_activation(discriminator)
    if activation in SQUASHING:
        raise ValueError(
            f"The discriminator ends in a {activation}, but gankit's losses take raw scores "
            "(logits) and apply the sigmoid themselves. Leave it out: "
            f"activation={activation!r} of the last layer becomes activation=None."
        )


def check_networks(
    generator: keras.Model,
    discriminator: keras.Model,
    shown_shape: ShownShape = lambda shape: shape,
) -> tuple[Inputs, Inputs]:
    """Returns what both networks take, or raises unless the one's output fits the other's input."""
    takes = Inputs(generator, "generator"), Inputs(discriminator, "discriminator")
    taken = takes[1].of("images")
    if not taken and not takes[1].of("latents"):
        raise ValueError(
            f"The discriminator has no input for images: {[t.name for t in takes[1].inputs]}."
        )
    for output, images in zip(generator.outputs, taken, strict=False):
        if not shapes_fit(shown_shape(output.shape[1:]), images.shape):
            raise ValueError(
                f"The generator makes images of shape {output.shape[1:]}, but the discriminator "
                f"takes images of shape {images.shape} (height, width, channels). Build both "
                "with the same image_shape."
            )
    return takes


def standardize(tensor: Tensor, value_range: ValueRange | None = None) -> Tensor:
    """Returns a part of the data as float32 or int32.

    Images of uint8 are scaled from 0..255 to ``value_range``, by default [-1, 1]; class labels get
    the shape ``(batch,)``.
    """
    tensor = ops.convert_to_tensor(tensor)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype)):
        return ops.cast(tensor, "float32")
    if keras.backend.standardize_dtype(tensor.dtype) == "uint8" and len(tensor.shape) > 2:
        low, high = value_range or (-1.0, 1.0)
        return ops.cast(tensor, "float32") / (255 / (high - low)) + low
    if len(tensor.shape) == 2 and tensor.shape[1] == 1:
        tensor = tensor[:, 0]
    return ops.cast(tensor, "int32")


def as_latents(array: ArrayLike) -> np.ndarray:
    """Returns latents as float32, those that are classes as int32."""
    array = np.asarray(array)
    return array.astype("int32" if array.dtype.kind in "iu" and array.ndim == 1 else "float32")


def check_images(
    images: np.ndarray,
    expected_shape: Sequence[int | None],
    value_range: ValueRange | None,
    whose: str,
) -> None:
    """Raises unless ``images`` have the shape after the batch axis, type and range asked for."""
    if images.dtype != np.uint8 or images.ndim < 3:
        check_floats(images, "Images", value_range)
    if not shapes_fit(images.shape[1:], expected_shape):
        last = (*images.shape[2:], *images.shape[1:2])
        hint = " Move the channels to the end: np.moveaxis(images, 1, -1)."
        raise ValueError(
            f"Images come in batches of shape {images.shape}, but {whose} of shape "
            f"{tuple(expected_shape)} (height, width, channels) after the batch axis."
            f"{hint if shapes_fit(last, expected_shape) else ''}"
        )
    if images.dtype != np.uint8:
        check_values(images, value_range if images.ndim > 2 else None)


def check_floats(images: np.ndarray, what: str, value_range: ValueRange | None) -> None:
    """Raises ``TypeError`` unless ``images`` are floats; ``what`` is what the error calls them."""
    if images.dtype.kind != "f" and images.dtype.name != "bfloat16":
        meant = "" if value_range is None else f" in [{value_range[0]:g}, {value_range[1]:g}]"
        raise TypeError(
            f"{what} must be floats{meant}, or uint8, got {images.dtype}. "
            + (
                explain_scaling(images, value_range)
                if value_range
                else "Convert them first: images.astype('float32')."
            )
        )


def check_classes(labels: np.ndarray, num_classes: int | None) -> None:
    """Raises unless ``labels`` are integers in 0..num_classes - 1."""
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"Class labels must be integers of shape (batch,), got {labels.dtype}. If these are "
            "classes, pass labels.astype('int32')."
        )
    if labels.min() < 0:
        raise ValueError(f"Class labels must be 0 or more, got {labels.min()}.")
    if num_classes is not None and labels.max() >= num_classes:
        raise ValueError(
            f"Class labels must be below {num_classes}, the number of classes that the network "
            f"was built for, got {labels.max()}."
        )


def shapes_fit(given: Sequence[int | None], expected: Sequence[int | None]) -> bool:
    """Returns whether two shapes agree where both are known."""
    return len(given) == len(expected) and all(
        None in (a, b) or a == b for a, b in zip(given, expected, strict=True)
    )


def count(number: int, noun: str) -> str:
    """Returns e.g. "1 input" or "2 inputs"."""
    return f"{number} {noun}" + "s" * (number != 1)
