"""Fine-tuning: a GAN that begins with another one's weights."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

import keras

from gankit.gans import GAN


class Transferred(NamedTuple):
    """The layers, by name, that got weights of another GAN, and those that start from scratch.

    Attributes:
        taken: names of layers that got weights, such as ``"generator/conv2d_2"``.
        left: names of those that start from scratch.

    Examples:
        >>> mine = recipes.small((28, 28, 1), filters=4, latent_dim=32)
        >>> taken, left = gankit.transfer_weights(recipes.small((28, 28, 1), filters=4), mine)
        >>> len(left)  # latents of another length
        1
    """

    taken: list[str]
    left: list[str]


def transfer_weights(source: GAN, gan: GAN, *, freeze: int = 0) -> Transferred:
    """Gives a compiled GAN the weights of another one, wherever layers fit.

    So that it learns from few images what the other one has learned from many. Layers are compared
    in their order: those of the same kind and shapes fit, so GANs of other sizes or with classes
    share what they have in common. The generator begins with the other one's average, which draws
    better, and its own average begins there. Optimizers and augmentation start from scratch.

    Args:
        source: what to take weights from; it stays as it is.
        gan: what to give them to.
        freeze: how many of the discriminator's first layers with weights to keep as they are, which
            helps where images are very few (Mo et al. 2020, "Freeze the Discriminator",
            arXiv:2002.10964).

    Returns:
        Names of layers, such as ``"generator/conv2d_2"``.

    Raises:
        ValueError: not one layer fits, or there are not as many to freeze.

    Examples:
        >>> digits_by_class = recipes.small((28, 28, 1), num_classes=10, filters=4)
        >>> mine = recipes.small((28, 28, 1), filters=4)
        >>> taken, left = gankit.transfer_weights(digits_by_class, mine, freeze=1)
        >>> len(taken), len(left)  # all but the layer that a class goes into
        (10, 1)
    """
    pairs = list(zip(gan.all_networks(), source.all_networks(), strict=False))
    found = [match_layers(network, source.averaged(other)) for network, other in pairs]
    if not any(found):
        raise ValueError(
            "Not one layer of the other GAN fits. Build this one of the same kind of networks, "
            "with as many filters."
        )
    first = first_layers(gan, freeze)
    taken, left = [], []
    for (network, _), fitting in zip(pairs, found, strict=True):
        for layer in layers_with_weights(network):
            name = f"{network.name}/{layer.name}"
            if id(layer) in fitting:
                layer.set_weights(fitting[id(layer)].get_weights())
                taken.append(name)
            else:
                left.append(name)
    for network, _ in pairs:
        gan.restart_average(network)
    if first:
        for layer in first:
            layer.trainable = False
        gan.compile_from_config(gan.get_compile_config())  # optimizers of what is left to train
    return Transferred(taken, left)


def match_layers(network: keras.Model, other: keras.Model) -> dict[int, keras.Layer]:
    """Returns by the id of a network's layer the one of the other network that fits it."""
    ours, theirs = (list(layers_with_weights(one)) for one in (network, other))
    matcher = SequenceMatcher(
        None, list(map(describe, ours)), list(map(describe, theirs)), autojunk=False
    )
    return {
        id(ours[block.a + index]): theirs[block.b + index]
        for block in matcher.get_matching_blocks()
        for index in range(block.size)
    }


def describe(layer: keras.Layer) -> tuple[object, ...]:
    """Returns what two layers have in common that can share weights."""
    return type(layer).__name__, *(tuple(weight.shape) for weight in layer.weights)


def layers_with_weights(network: keras.Model) -> Iterator[keras.Layer]:
    """Yields the layers that have weights, those of networks within it one by one."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from layers_with_weights(layer)
        elif layer.weights:
            yield layer


def first_layers(gan: GAN, number: int) -> list[keras.Layer]:
    """Returns the discriminator's first layers with weights."""
    layers = list(layers_with_weights(gan.discriminator))
    if not 0 <= number < len(layers):
        raise ValueError(
            f"freeze must be below {len(layers)}, the discriminator's number of layers with "
            f"weights, got {number}."
        )
    return layers[:number]
