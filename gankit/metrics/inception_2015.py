"""TensorFlow's Inception of December 2015, by which published FIDs were measured.

Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567,
with what is peculiar to the graph of 2015: averages that leave the border out, a largest value in
place of the last block's average, and 1,008 classes. Layers are called as in PyTorch's copies, with
a dash for each dot, which not all backends take.
"""

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from gankit.checks import check_choice
from gankit.metrics.field_resizing import RESIZERS, Resize
from gankit.metrics.weight_files import read_weights
from gankit.typing import PathLike, Tensor

NUM_CLASSES = 1008
EPSILON = 1e-3  # of batch normalization

PYTORCH_FID = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights"
TORCH_FIDELITY = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0"

#: Files that hold the published weights, where each is from, and how their SHA-256 begins.
PUBLISHED = {
    "pt_inception-2015-12-05-6726825d.pth": (PYTORCH_FID, "6726825d"),
    "weights-inception-2015-12-05-6726825d.pth": (TORCH_FIDELITY, "6726825d"),
}


class Inception2015(keras.Model):
    """The network with its way to prepare images: from any size to what it takes.

    Args:
        resize: ``"clean"``, ``"legacy_pytorch"`` or ``"legacy_tensorflow"``.
    """

    def __init__(self, resize: Resize):
        images = keras.Input((299, 299, 3), name="images")
        super().__init__(images, build(images), name=f"inception_2015_{resize}")
        self.resize = resize

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {"resize": self.resize}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Inception2015":
        """Returns the network without its weights."""
        return cls(**config)

    def prepare(self, images: np.ndarray) -> np.ndarray:
        """Returns images in [-1, 1] as the network takes them: ``(n, 299, 299, 3)``.

        They are rounded to 256 levels first, as an image file would hold them.
        """
        return RESIZERS[self.resize](np.rint((images + 1) * np.float32(127.5)))


def inception_2015(weights: PathLike, resize: Resize = "clean") -> Inception2015:
    """Returns the Inception network by which papers measure FID: 2,048 features, 1,008 classes.

    Its weights are not part of gankit, and nothing is downloaded. Fetch
    ``pt_inception-2015-12-05-6726825d.pth`` (91 MB) once, from the releases of
    https://github.com/mseitzer/pytorch-fid, and give its path.

    Args:
        weights: that file; or ``weights-inception-2015-12-05-6726825d.pth`` of torch-fidelity,
            TensorFlow's ``classify_image_graph_def.pb``, or any of them as ``.safetensors``.
        resize: how images come to 299x299, which changes FIDs by up to several points:
            ``"clean"`` as clean-fid does, by cubics without aliasing (Parmar et al. 2021,
            arXiv:2104.11222); ``"legacy_pytorch"`` as pytorch-fid; ``"legacy_tensorflow"`` as
            torch-fidelity, and as FID's first code.

    Raises:
        OSError: there is no such file.
        ValueError: a file of other arrays than the network's.
    """
    check_choice("resize", resize, tuple(RESIZERS))
    path = Path(weights)
    if not path.is_file():
        name, (address, digest) = next(iter(PUBLISHED.items()))
        raise OSError(
            f"There is no file {str(path)!r}. Download {address}/{name} (91 MB, its SHA-256 begins "
            f"with {digest}) and give its path."
        )
    network = Inception2015(resize)
    arrays = read_weights(path)
    if path.suffix == ".pb":
        convolutions = [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]
        names = [torch_name(layer).removesuffix(".conv") for layer in convolutions]
        arrays = from_graph(arrays, names)
    place(network, arrays, path)
    if path.name in PUBLISHED:
        check_digest(path, PUBLISHED[path.name][1])
    return network


def check_digest(path: Path, begins: str) -> None:
    """Warns if a file isn't the one that its name says."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(begins):
        warnings.warn(
            f"{path} has the SHA-256 {found}, but the published file's begins with {begins}: "
            "values that it gives can't be compared with published ones. Download it again.",
            stacklevel=3,
        )


def place(network: keras.Model, arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Sets the network's weights to arrays that are named and laid out as in PyTorch."""
    for layer in network.layers:
        if not layer.weights:
            continue
        names = [f"{torch_name(layer)}.{part}" for part in PARTS[type(layer)]]
        missing = [name for name in names if name not in arrays]
        if missing:
            raise ValueError(
                f"{path} has no {missing[0]!r}: it holds {len(arrays)} arrays of another network "
                f"than Inception of 2015, such as {sorted(arrays)[:3]}."
            )
        values = [as_keras(arrays[name]) for name in names]
        shapes = [tuple(value.shape) for value in values]
        if shapes != [tuple(weight.shape) for weight in layer.weights]:
            raise ValueError(
                f"{path}: {layer.name!r} needs arrays of the shapes "
                f"{[tuple(weight.shape) for weight in layer.weights]}, got {shapes}."
            )
        layer.set_weights(values)


def torch_name(layer: keras.Layer) -> str:
    """Returns what a layer is called in PyTorch's copies."""
    return layer.name.replace("-", ".")


def as_keras(array: np.ndarray) -> np.ndarray:
    """Returns ``(out, in, height, width)`` or ``(out, in)`` in Keras's order; vectors as given."""
    return np.moveaxis(array, (0, 1), (-1, -2)) if array.ndim > 1 else array


PARTS = {
    layers.Conv2D: ("weight",),
    layers.BatchNormalization: ("weight", "bias", "running_mean", "running_var"),
    layers.Dense: ("weight",),
}


def from_graph(constants: Mapping[str, np.ndarray], names: Iterable[str]) -> dict[str, np.ndarray]:
    """Returns constants of TensorFlow's graph as in PyTorch, for convolutions of these names."""
    arrays = {"fc.weight": constants["softmax/weights"].T}
    for name in names:
        node = graph_name(name)
        kernel = constants[f"{node}/conv2d_params"]
        arrays[f"{name}.conv.weight"] = np.moveaxis(kernel, (-1, -2), (0, 1))
        for part, constant in GRAPH_PARTS.items():
            arrays[f"{name}.bn.{part}"] = constants[f"{node}/batchnorm/{constant}"]
    return arrays


GRAPH_PARTS = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def graph_name(name: str) -> str:
    """Returns what a convolution is called in TensorFlow's graph.

    There, ``Mixed_6b.branch7x7dbl_2`` is ``mixed_4/tower_1/conv_1``.
    """
    block, _, branch = name.partition(".")
    if not branch:
        return number("conv", FIRST.index(block))
    scope = number("mixed", MIXED.index(block))
    branch, _, place = branch.removeprefix("branch").partition("_")
    if branch == "1x1" or (block, branch) == ("Mixed_6a", "3x3"):
        return f"{scope}/conv"
    if not branch:  # branch_pool
        return f"{scope}/tower_2/conv"
    second = branch in ("3x3dbl", "7x7dbl", "7x7x3") and block != "Mixed_6a"
    inner = f"mixed/{number('conv', 'ab'.index(place[-1]))}" if place[-1] in "ab" else None
    return f"{scope}/{number('tower', int(second))}/{inner or number('conv', int(place) - 1)}"


def number(name: str, index: int) -> str:
    """Returns a name as TensorFlow numbers equal ones: ``conv``, ``conv_1``, ``conv_2``."""
    return f"{name}_{index}" if index else name


FIRST = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
MIXED = (
    *("Mixed_5b", "Mixed_5c", "Mixed_5d"),
    *("Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    *("Mixed_7a", "Mixed_7b", "Mixed_7c"),
)


def build(images: Tensor) -> list[Tensor]:
    """Returns features ``(batch, 2048)`` and the probabilities of classes ``(batch, 1008)``."""
    x = convolve(images, "Conv2d_1a_3x3", 32, 3, 2, padding="valid")
    x = convolve(x, "Conv2d_2a_3x3", 32, 3, padding="valid")
    x = convolve(x, "Conv2d_2b_3x3", 64, 3)
    x = layers.MaxPooling2D(3, 2)(x)
    x = convolve(x, "Conv2d_3b_1x1", 80, 1)
    x = convolve(x, "Conv2d_4a_3x3", 192, 3, padding="valid")
    x = layers.MaxPooling2D(3, 2)(x)
    x = block_a(x, "Mixed_5b", 32)
    x = block_a(x, "Mixed_5c", 64)
    x = block_a(x, "Mixed_5d", 64)
    x = block_b(x, "Mixed_6a")
    x = block_c(x, "Mixed_6b", 128)
    x = block_c(x, "Mixed_6c", 160)
    x = block_c(x, "Mixed_6d", 160)
    x = block_c(x, "Mixed_6e", 192)
    x = block_d(x, "Mixed_7a")
    x = block_e(x, "Mixed_7b", average)
    x = block_e(x, "Mixed_7c", layers.MaxPooling2D(3, 1, padding="same"))
    features = layers.GlobalAveragePooling2D(name="features")(x)
    # Without its bias, as Inception scores have always been computed.
    logits = layers.Dense(NUM_CLASSES, use_bias=False, name="fc")(features)
    return [features, layers.Softmax(name="probabilities")(logits)]


def convolve(
    x: Tensor,
    name: str,
    filters: int,
    kernel: int | tuple[int, int],
    strides: int = 1,
    padding: str = "same",
) -> Tensor:
    """Returns ``x`` after a convolution, batch normalization and a rectifier."""
    x = layers.Conv2D(filters, kernel, strides, padding, use_bias=False, name=f"{name}-conv")(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}-bn")(x)
    return layers.ReLU(name=f"{name}-relu")(x)


def chain(x: Tensor, block: str, *convolutions: tuple[Any, ...]) -> Tensor:
    """Returns ``x`` after some convolutions, each given by its name and what ``convolve`` takes."""
    for name, *arguments in convolutions:
        x = convolve(x, f"{block}-{name}", *arguments)
    return x


def average(x: Tensor) -> Tensor:
    """Returns the mean around each place, of those pixels that there are."""
    return layers.AveragePooling2D(3, 1, padding="same")(x)


def block_a(x: Tensor, name: str, pooled: int) -> Tensor:
    """Returns 224 + ``pooled`` maps of the same size."""
    return layers.Concatenate(name=name)(
        [
            chain(x, name, ("branch1x1", 64, 1)),
            chain(x, name, ("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)),
            chain(
                x,
                name,
                ("branch3x3dbl_1", 64, 1),
                ("branch3x3dbl_2", 96, 3),
                ("branch3x3dbl_3", 96, 3),
            ),
            chain(average(x), name, ("branch_pool", pooled, 1)),
        ]
    )


def block_b(x: Tensor, name: str) -> Tensor:
    """Returns 480 maps more, of half the size."""
    return layers.Concatenate(name=name)(
        [
            chain(x, name, ("branch3x3", 384, 3, 2, "valid")),
            chain(
                x,
                name,
                ("branch3x3dbl_1", 64, 1),
                ("branch3x3dbl_2", 96, 3),
                ("branch3x3dbl_3", 96, 3, 2, "valid"),
            ),
            layers.MaxPooling2D(3, 2)(x),
        ]
    )


def block_c(x: Tensor, name: str, inner: int) -> Tensor:
    """Returns 768 maps of the same size, by convolutions along rows and columns in turn."""
    row, column = (1, 7), (7, 1)
    return layers.Concatenate(name=name)(
        [
            chain(x, name, ("branch1x1", 192, 1)),
            chain(
                x,
                name,
                ("branch7x7_1", inner, 1),
                ("branch7x7_2", inner, row),
                ("branch7x7_3", 192, column),
            ),
            chain(
                x,
                name,
                ("branch7x7dbl_1", inner, 1),
                ("branch7x7dbl_2", inner, column),
                ("branch7x7dbl_3", inner, row),
                ("branch7x7dbl_4", inner, column),
                ("branch7x7dbl_5", 192, row),
            ),
            chain(average(x), name, ("branch_pool", 192, 1)),
        ]
    )


def block_d(x: Tensor, name: str) -> Tensor:
    """Returns 512 maps more, of half the size."""
    return layers.Concatenate(name=name)(
        [
            chain(x, name, ("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3, 2, "valid")),
            chain(
                x,
                name,
                ("branch7x7x3_1", 192, 1),
                ("branch7x7x3_2", 192, (1, 7)),
                ("branch7x7x3_3", 192, (7, 1)),
                ("branch7x7x3_4", 192, 3, 2, "valid"),
            ),
            layers.MaxPooling2D(3, 2)(x),
        ]
    )


def block_e(x: Tensor, name: str, pool: Any) -> Tensor:
    """Returns 2,048 maps of the same size."""
    wide = chain(x, name, ("branch3x3_1", 384, 1))
    wider = chain(x, name, ("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3))
    return layers.Concatenate(name=name)(
        [
            chain(x, name, ("branch1x1", 320, 1)),
            chain(wide, name, ("branch3x3_2a", 384, (1, 3))),
            chain(wide, name, ("branch3x3_2b", 384, (3, 1))),
            chain(wider, name, ("branch3x3dbl_3a", 384, (1, 3))),
            chain(wider, name, ("branch3x3dbl_3b", 384, (3, 1))),
            chain(pool(x), name, ("branch_pool", 192, 1)),
        ]
    )
