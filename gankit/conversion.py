"""Equivalent networks of other layers: of Keras's own, in float32, or for TFLite."""

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import ops

from gankit.typing import Tensor

#: A layer to put in the place of another, not built yet, and the weights that it is to have.
Remade: TypeAlias = tuple[keras.Layer, list[np.ndarray]]

SHORT = ("mixed_bfloat16", "mixed_float16", "bfloat16", "float16")


def to_keras(network: keras.Model) -> keras.Model:
    """Returns a copy of a network that Keras alone can load, without gankit.

    ``gankit.to_keras(gan.generator).save("generator.keras")``. Layers of gankit become those of
    Keras that compute the same, up to rounding; for use, not for going on with training.

    Args:
        network: a functional or sequential model.

    Raises:
        ValueError: Keras has no layers that compute the same.

    Examples:
        >>> generator = gankit.to_keras(gan.generator)
        >>> generator.save("generator.keras")
        >>> keras.models.load_model("generator.keras").name
        'generator'
    """
    plain = simplify(network)
    check_plain(plain)
    return plain


def check_plain(network: keras.Model) -> None:
    """Raises ``ValueError`` if there are layers of gankit in a network."""
    left, layers = set(), list(network.layers)
    while layers:
        layer = layers.pop()
        layers += getattr(layer, "layers", [])
        if type(layer).__module__.startswith("gankit."):
            left.add(type(layer).__name__)
    if left:
        raise ValueError(
            f"Keras alone has no layers that compute what these do: {', '.join(sorted(left))}. For "
            "programs without gankit, gan.export writes a SavedModel, ONNX or TFLite."
        )


def simplify(network: keras.Model) -> keras.Model:
    """Returns a copy of a network in layers of Keras, wherever Keras has some for it."""

    def remake(layer: keras.Layer) -> Remade:
        if hasattr(layer, "as_keras_layer"):
            return layer.as_keras_layer(), layer.keras_weights()
        return remade(layer, layer.get_config())

    return rebuild(network, remake)


def in_float32(network: keras.Model) -> keras.Model:
    """Returns a copy of a network whose layers all compute in float32, as other runtimes do."""

    def remake(layer: keras.Layer) -> Remade:
        return remade(layer, lengthened(layer.get_config()))

    # A network within this one is remade as a whole: its inputs have types, too.
    return rebuild(network, remake, recursive=False)


def for_tflite(network: keras.Model) -> keras.Model:
    """Returns a copy of a network in operations that TFLite has, where it lacks those of Keras."""

    def remake(layer: keras.Layer) -> Remade:
        kind = type(layer)
        if ResizeNearest.fits(layer):
            kind = ResizeNearest
        elif MultiplyAndSum.fits(layer):
            kind = MultiplyAndSum
        return remade(layer, layer.get_config(), kind)

    return rebuild(network, remake)


def rebuild(
    network: keras.Model, remake: Callable[[keras.Layer], Remade], recursive: bool = True
) -> keras.Model:
    """Returns a network of the layers that ``remake`` puts in the place of the network's own.

    Args:
        network: a functional or sequential model.
        remake: returns what comes in a layer's place.
        recursive: whether it is asked for the layers of networks within this one, or for these.
    """
    copies: list[Remade] = []

    def copy(layer: Any) -> Any:
        # An operation between layers, such as a sum, has no weights; nor has a Lambda, of which
        # Keras doesn't make a Python function again.
        if not isinstance(layer, keras.Layer) or isinstance(layer, keras.layers.Lambda):
            return layer
        copies.append(remake(layer))
        return copies[-1][0]

    rebuilt = keras.models.clone_model(network, clone_function=copy, recursive=recursive)
    for layer, weights in copies:
        layer.set_weights(weights)
    return rebuilt


def remade(layer: keras.Layer, config: Any, kind: type[keras.Layer] | None = None) -> Remade:
    """Returns a layer of that configuration, and of another class where ``kind`` is one."""
    return (kind or type(layer)).from_config(config), layer.get_weights()


def lengthened(config: Any) -> Any:
    """Returns a configuration with float32 for each type or policy that computes in 16 bits."""
    if isinstance(config, dict):
        return {name: lengthened(part) for name, part in config.items()}
    if isinstance(config, list):
        return [lengthened(part) for part in config]
    return "float32" if isinstance(config, str) and config in SHORT else config


class ResizeNearest(keras.layers.UpSampling2D):
    """``UpSampling2D`` by a resize: TensorFlow's ``repeat`` hides the shape from TFLite."""

    @staticmethod
    def fits(layer: keras.Layer) -> bool:
        """Returns whether this computes what the layer computes."""
        return (
            isinstance(layer, keras.layers.UpSampling2D)
            and layer.interpolation == "nearest"
            and layer.data_format == "channels_last"
        )

    def call(self, inputs: Tensor) -> Tensor:
        """Returns ``(batch, scale * height, scale * width, channels)``."""
        _, height, width, _ = ops.shape(inputs)
        size = (height * self.size[0], width * self.size[1])
        return ops.image.resize(inputs, size, interpolation="nearest", data_format=self.data_format)


class MultiplyAndSum(keras.layers.EinsumDense):
    """``EinsumDense`` whose kernel has axes of the inputs alone, such as ``bhwc,hwc->bc``.

    It is a product and a sum; TFLite takes only those equations that are products of matrices.
    """

    @staticmethod
    def fits(layer: keras.Layer) -> bool:
        """Returns whether this computes what the layer computes."""
        if not isinstance(layer, keras.layers.EinsumDense) or "." in layer.equation:
            return False
        taken, kernel, made = axes_of(layer.equation)
        # The axes of both are some of the inputs', in the same order.
        return all(axes == "".join(a for a in taken if a in axes) for axes in (kernel, made))

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Returns what ``EinsumDense`` returns."""
        taken, kernel, made = axes_of(self.equation)
        sizes = dict(zip(kernel, self.kernel.shape, strict=True))
        product = inputs * ops.reshape(self.kernel, [sizes.get(axis, 1) for axis in taken])
        outputs = ops.sum(product, axis=[i for i, axis in enumerate(taken) if axis not in made])
        if self.bias is not None:
            outputs += self.bias
        return outputs if self.activation is None else self.activation(outputs)


def axes_of(equation: str) -> list[str]:
    """Returns the axes of inputs, kernel and outputs in an equation of ``einsum``."""
    return equation.replace("->", ",").split(",")
