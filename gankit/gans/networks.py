"""How tensors find the inputs of a network, and what a GAN asks of its networks."""

from collections.abc import Sequence

import keras

from gankit.typing import Scalars, Structure, Tensor

GENERATOR_ROLES = ("latents", "condition")
DISCRIMINATOR_ROLES = ("images", "condition")


def find_inputs(network: keras.Model, roles: tuple[str, ...], role: str) -> list[Tensor]:
    """Returns the inputs of ``network`` that play ``role``, as Keras tensors.

    An input named like a role, or like a role with more behind it (``condition_image``), plays it.
    The others take the roles that no name claims, in order, and those that are left over are
    further parts of the last role, the condition.
    """
    inputs = network.inputs
    named = {tensor.name: tensor.name.split("_")[0] for tensor in inputs}
    unclaimed = [name for name in roles if name not in named.values()]
    found = []
    for tensor in inputs:
        played = named[tensor.name]
        if played not in roles:
            played = unclaimed.pop(0) if unclaimed else roles[-1]
        if played == role:
            found.append(tensor)
    return found


def pair_inputs(
    network: keras.Model, roles: tuple[str, ...], role: str, value: Structure
) -> list[tuple[Tensor, Structure]]:
    """Returns ``(input, part)`` for each input that plays ``role``.

    A dict gives its parts by the inputs' names, any other structure by order; where there is only
    one input, a dict of one part will do under any name. Parts that are left over go nowhere.
    """
    tensors = find_inputs(network, roles, role)
    parts = [] if value is None else keras.tree.flatten(value)
    if isinstance(value, dict) and tensors and not (len(tensors) == len(parts) == 1):
        missing = [tensor.name for tensor in tensors if tensor.name not in value]
        if missing:
            raise ValueError(
                f"The network {network.name!r} has inputs for {role} that are not in the dict: "
                f"{missing}. It holds {sorted(value)}."
            )
        parts = [value[tensor.name] for tensor in tensors]
    if len(parts) < len(tensors):
        raise ValueError(
            f"The network {network.name!r} has {len(tensors)} inputs for {role}, "
            f"{[tensor.name for tensor in tensors]}, but {len(parts)} are there."
        )
    return list(zip(tensors, parts, strict=False))


def match_inputs(network: keras.Model, **offered: Structure) -> Structure:
    """Returns what ``network`` takes of the tensors that are offered, in the structure it takes.

    Args:
        network: a functional or sequential model.
        **offered: the roles in their order, each with a tensor, a nested structure of tensors, or
            None.
    """
    roles = tuple(offered)
    chosen = {
        id(tensor): part
        for role, value in offered.items()
        for tensor, part in pair_inputs(network, roles, role, value)
    }
    one = isinstance(network, keras.Sequential)
    structure = network.inputs[0] if one else network.input
    return keras.tree.map_structure(lambda tensor: chosen[id(tensor)], structure)


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


def count_classes(network: keras.Model, network_input: Tensor) -> int | None:
    """Returns how many classes a network tells apart at an input, where a layer there says so."""
    for layer in network.layers:
        for node in layer._inbound_nodes:
            if any(tensor is network_input for tensor in node.input_tensors):
                limit = getattr(layer, "input_dim", None) or getattr(layer, "num_tokens", None)
                if isinstance(limit, int):
                    return limit
    return None


def check_networks(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises unless both are Keras models and the one's output fits into the other's input."""
    for role, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, keras.Model) or not getattr(network, "inputs", None):
            raise TypeError(
                f"The {role} must be a functional or sequential keras.Model whose input shape is "
                f"known, got {network!r}. Wrap other layers: "
                "keras.Model(inputs, layer(inputs)) with inputs = keras.Input(shape)."
            )
    taken = find_inputs(discriminator, DISCRIMINATOR_ROLES, "images")
    if not taken:
        raise ValueError(
            f"The discriminator has no input for images: {[t.name for t in discriminator.inputs]}."
        )
    for output, images in zip(generator.outputs, taken, strict=False):
        if not shapes_fit(output.shape[1:], images.shape[1:]):
            raise ValueError(
                f"The generator makes images of shape {output.shape[1:]}, but the discriminator "
                f"takes images of shape {images.shape[1:]} (height, width, channels). Build both "
                "with the same image_shape."
            )


def shapes_fit(given: Sequence[int | None], expected: Sequence[int | None]) -> bool:
    """Returns whether two shapes agree where both are known."""
    return len(given) == len(expected) and all(
        None in (a, b) or a == b for a, b in zip(given, expected, strict=True)
    )


def check_variables(
    generator_variables: list[keras.Variable], discriminator_variables: list[keras.Variable]
) -> None:
    """Raises ``ValueError`` unless each phase has variables to train, and of its own."""
    for role, variables in (
        ("generator", generator_variables),
        ("discriminator", discriminator_variables),
    ):
        if not variables:
            raise ValueError(
                f"The {role} has no trainable variables. gankit keeps the two phases apart by "
                f"itself: leave {role}.trainable = True."
            )
    ids = {id(variable) for variable in generator_variables}
    shared = [variable.path for variable in discriminator_variables if id(variable) in ids]
    if shared:
        raise ValueError(
            f"Both phases would train {shared}: the networks share a layer. Give each its own."
        )


def clone(network: keras.Model) -> keras.Model:
    """Returns a network of the same layers and weights that shares none of them."""
    copy = keras.models.clone_model(network, clone_function=clone_layer)
    if type(copy) is not type(network):  # a subclass of a functional model, with its own call
        copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def clone_layer(layer: keras.Layer) -> keras.Layer:
    """Returns a layer of the same configuration, with weights of its own.

    A ``Lambda`` has none, and Keras doesn't make a Python function out of a configuration: it is
    shared.
    """
    if isinstance(layer, keras.layers.Lambda):
        return layer
    return type(layer).from_config(layer.get_config())


def trainable_variables(networks: Sequence[keras.Model]) -> list[keras.Variable]:
    """Returns the trainable variables of all ``networks``."""
    return [variable for network in networks for variable in network.trainable_variables]


def regularization(networks: Sequence[keras.Model]) -> Scalars:
    """Returns the networks' weight decay as a named term, if there is any."""
    decay = [
        variable.regularizer(variable)
        for variable in trainable_variables(networks)
        if variable.regularizer is not None
    ]
    if sum(len(network.losses) for network in networks) > len(decay):
        raise ValueError(
            "A network has losses of its own other than weight decay, from add_loss or an activity "
            "regularizer. Keras keeps those of a network's last call only, and a GAN calls it "
            "several times: return them as a term of discriminator_losses or generator_losses."
        )
    return {"regularization": sum(decay)} if decay else {}


def computes_in_float16(networks: Sequence[keras.Model]) -> bool:
    """Returns whether any layer of ``networks`` computes in float16, whose gradients underflow."""
    layers = (layer for network in networks for layer in network._flatten_layers())
    return any(layer.compute_dtype == "float16" for layer in layers)
