"""Wider networks that begin with what narrower ones have learned.

Chen et al. 2015, "Net2Net: Accelerating Learning via Knowledge Transfer", arXiv:1511.05641: some
channels are repeated, and what reads a channel shares its weight out among the copies, so that the
network as a whole computes what it did.
"""

from itertools import chain, pairwise, zip_longest
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from gankit.gans import GAN

TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D, *TRANSPOSED)


class Repeats(NamedTuple):
    """Which channels are repeated: ``sources[i]`` of ``width`` narrow channels is channel i now."""

    width: int
    sources: np.ndarray

    def along(self, length: int) -> np.ndarray:
        """Returns the sources along an axis of ``length`` that holds positions times channels."""
        starts = np.arange(0, length, self.width)
        return (starts[:, None] + self.sources).ravel()


def widen_weights(source: GAN, gan: GAN, *, noise: float = 0.2, seed: int = 0) -> None:
    """Gives a compiled GAN the weights of one with fewer filters, so that it continues from there.

    Training is several times as fast with narrow networks, which learn the outlines, and wide ones
    see more details: begin with the first, and continue with the second. Channels are repeated
    until there are enough, and a layer's weights are shared out among the copies of its inputs. The
    generator begins with the other one's average, and its own average begins there. Optimizers and
    augmentation start from scratch.

    Args:
        source: what to take weights from; it stays as it is.
        gan: of the same layers, with as many channels or more.
        noise: standard deviation of what is added to a copy's weights, relative to that of all
            weights of its layer. Without it, the copies would stay equal forever.
        seed: of the choice of channels, and of the noise.

    Raises:
        ValueError: networks that differ in more than their widths, layers that aren't one after the
            other, or a layer with weights that is neither dense, a convolution nor batch
            normalization.

    Examples:
        >>> narrow = recipes.small((28, 28, 1), filters=4)
        >>> wide = recipes.small((28, 28, 1), filters=6)
        >>> gankit.widen_weights(narrow, wide, noise=0)
        >>> bool(np.allclose(wide.generate(2, seed=0), narrow.generate(2, seed=0), atol=1e-5))
        True

    References:
        Chen et al. 2015, "Net2Net: Accelerating Learning via Knowledge Transfer", arXiv:1511.05641.
    """
    random = np.random.default_rng(seed)
    narrow, wide = source.all_networks(), gan.all_networks()
    if len(narrow) != len(wide):
        raise ValueError(f"One GAN has {len(narrow)} networks, and the other {len(wide)}.")
    pairs = list(zip(wide, narrow, strict=True))
    widened = [widen(network, source.averaged(other), noise, random) for network, other in pairs]
    for layer, weights in chain(*widened):
        layer.set_weights(weights)
    for network in wide:
        gan.restart_average(network)


def widen(
    network: keras.Model, narrow: keras.Model, noise: float, random: np.random.Generator
) -> list[tuple[keras.Layer, list[np.ndarray]]]:
    """Returns the layers of a network with the weights that they get of a narrower one's."""
    check_chain(network)
    check_same_layers(network, narrow)
    ours, theirs = network.layers, narrow.layers
    widened: list[tuple[keras.Layer, list[np.ndarray]]] = []
    repeats: Repeats | None = None
    widths = zip(count_channels(narrow), count_channels(network), strict=True)
    for layer, other, (width, wider) in zip(ours, theirs, widths, strict=True):
        if isinstance(layer, layers.BatchNormalization):
            values = other.get_weights()
            if repeats is not None:
                values = [value[repeats.sources] for value in values]
            widened.append((layer, values))
        elif isinstance(layer, (layers.Dense, *CONVOLUTIONS)):
            if wider < width:
                raise ValueError(f"{layer.name} has {wider} channels, the narrow one {width}.")
            sources = np.resize(np.arange(width), wider)
            sources[width:] = np.resize(random.permutation(width), wider - width)
            outputs = Repeats(width, sources)
            widened.append((layer, widen_layer(layer, other, repeats, outputs, noise, random)))
            repeats = outputs
        elif layer.weights:
            raise ValueError(
                f"{layer.name} of {network.name} is a {type(layer).__name__}: only dense layers, "
                "convolutions and batch normalization can be widened."
            )
    return widened


def widen_layer(
    layer: keras.Layer,
    narrow: keras.Layer,
    inputs: Repeats | None,
    outputs: Repeats,
    noise: float,
    random: np.random.Generator,
) -> list[np.ndarray]:
    """Returns a narrower layer's weights, with its inputs and outputs repeated."""
    kernel, *bias = narrow.get_weights()
    reads, makes = (-1, -2) if isinstance(layer, TRANSPOSED) else (-2, -1)
    if inputs is not None:
        copies = np.bincount(inputs.sources, minlength=inputs.width)
        kernel = kernel / spread(copies, kernel, reads)
        kernel = np.take(kernel, inputs.along(kernel.shape[reads]), axis=reads)
    repeated = outputs.along(kernel.shape[makes])
    kernel = np.take(kernel, repeated, axis=makes)
    added = np.arange(len(outputs.sources)) >= outputs.width
    scale = noise * kernel.std() * spread(added, kernel, makes)
    kernel = kernel + scale * random.normal(size=kernel.shape)
    if kernel.shape != tuple(layer.kernel.shape):
        raise ValueError(
            f"{layer.name} has weights of {tuple(layer.kernel.shape)}, and widened ones would be "
            f"of {kernel.shape}: build both GANs for images, latents and kernels of the same size."
        )
    return [kernel, *(values[repeated] for values in bias)]


def spread(values: np.ndarray, kernel: np.ndarray, axis: int) -> np.ndarray:
    """Returns a value for each channel as a factor along an axis of positions times channels."""
    shape = [1] * kernel.ndim
    shape[axis] = -1
    return np.tile(values, kernel.shape[axis] // len(values)).reshape(shape)


def count_channels(network: keras.Model) -> list[int]:
    """Returns how many channels each layer makes; a dense one, those that it is reshaped to."""
    made = [layer.output.shape[-1] for layer in network.layers]
    for before, layer in enumerate(network.layers[1:]):
        if isinstance(layer, layers.Reshape):
            made[before] = layer.target_shape[-1]
    return made


def check_same_layers(network: keras.Model, narrow: keras.Model) -> None:
    """Raises unless both networks have layers of the same kinds, in the same order."""
    for layer, other in zip_longest(network.layers, narrow.layers):
        if type(layer) is not type(other):
            found = [f"{x.name}, a {type(x).__name__}" if x else "nothing" for x in (layer, other)]
            raise ValueError(
                f"{network.name} and the narrower network must differ in nothing but their "
                f"channels, got {found[0]} where the narrow one has {found[1]}."
            )


def check_chain(network: keras.Model) -> None:
    """Raises unless each operation reads from the one before it, and none outside layers mixes."""
    if isinstance(network, keras.Sequential):
        return
    for before, operation in pairwise(network.operations):
        layer = isinstance(operation, keras.Layer)
        if operation.input is not before.output or not (layer or keeps_channels(operation)):
            raise ValueError(
                f"{operation.name} of {network.name} doesn't read from {before.name} alone, or "
                "changes its channels: only networks whose layers are one after the other can be "
                "widened, such as dcgan's without classes."
            )


def keeps_channels(operation: keras.Operation) -> bool:
    """Returns whether an operation outside layers leaves the number of channels: a crop does."""
    return operation.input.shape[-1] == operation.output.shape[-1]
