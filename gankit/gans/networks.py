"""How tensors find the inputs of a network, and what a GAN asks of its networks."""

import keras

GENERATOR_ROLES = ("latents", "condition")
DISCRIMINATOR_ROLES = ("images", "condition")


def find_inputs(network: keras.Model, roles: tuple[str, str], role: str) -> list:
    """Returns the inputs of ``network`` that play ``role``, as Keras tensors.

    An input named like a role plays it. The others take the roles that no name claims, in order,
    and those that are left over are further parts of the last role, the condition.
    """
    inputs = network.inputs
    unclaimed = [name for name in roles if name not in {tensor.name for tensor in inputs}]
    found = []
    for tensor in inputs:
        if tensor.name in roles:
            played = tensor.name
        else:
            played = unclaimed.pop(0) if unclaimed else roles[-1]
        if played == role:
            found.append(tensor)
    return found


def match_inputs(network: keras.Model, **offered):
    """Returns what ``network`` takes of the tensors that are offered, in the structure it takes.

    Args:
        network: a functional or sequential model.
        **offered: the roles in their order, each with a tensor, a nested structure of tensors, or
            None. A dict goes to the inputs of that role by their names, other structures by order.
    """
    roles = tuple(offered)
    chosen = {}
    for role, value in offered.items():
        tensors = find_inputs(network, roles, role)
        if isinstance(value, dict) and all(tensor.name in value for tensor in tensors):
            parts = [value[tensor.name] for tensor in tensors]
        else:
            parts = [] if value is None else keras.tree.flatten(value)
        if len(parts) < len(tensors):
            raise ValueError(
                f"The network {network.name!r} has {len(tensors)} inputs for {role}, "
                f"{[tensor.name for tensor in tensors]}, but {len(parts)} are there."
            )
        chosen |= {id(tensor): part for tensor, part in zip(tensors, parts, strict=False)}
    one = isinstance(network, keras.Sequential)
    structure = network.inputs[0] if one else network.input
    return keras.tree.map_structure(lambda tensor: chosen[id(tensor)], structure)


def count_classes(network: keras.Model, network_input) -> int | None:
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


def shapes_fit(given, expected) -> bool:
    """Returns whether two shapes agree where both are known."""
    return len(given) == len(expected) and all(
        None in (a, b) or a == b for a, b in zip(given, expected, strict=True)
    )


def clone(network: keras.Model) -> keras.Model:
    """Returns a network of the same layers and weights that shares none of them."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def trainable_variables(networks) -> list:
    """Returns the variables that the phase of these networks trains."""
    return [variable for network in networks for variable in network.trainable_variables]


def regularization(networks) -> dict:
    """Returns the networks' own losses, such as weight decay, as a named term, if there are any."""
    own = [loss for network in networks for loss in network.losses]
    return {"regularization": sum(own)} if own else {}


def computes_in_float16(networks) -> bool:
    """Returns whether any layer of ``networks`` computes in float16, whose gradients underflow."""
    layers = (layer for network in networks for layer in network._flatten_layers())
    return any(layer.compute_dtype == "float16" for layer in layers)
