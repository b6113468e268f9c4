"""Export of networks, each run and compared before the file stays."""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import keras
import numpy as np
from keras import ops

from gankit.checks import check_choice, printable
from gankit.conversion import check_plain, for_tflite, in_float32, simplify
from gankit.training.inputs import count_classes
from gankit.training.policies import dtype_policy
from gankit.typing import PathLike, Structure

#: Arrays by the names of a network's inputs.
Rows: TypeAlias = dict[str, np.ndarray]

#: Returns a network's outputs, in order.
Run: TypeAlias = Callable[[Rows], list[np.ndarray]]

TOLERANCE = 1e-4  # of the largest output
BATCHES = (1, 3)  # images at once in the check: a file that holds one size fails
UNKNOWN_SIZE = 16  # pixels in the check, where a network takes images of any size
MOST_SIGNS = 600  # of what a converter says


class ExportError(Exception):
    """A network that a format can't hold, or a file that computes something else.

    Examples:
        >>> pixels = keras.Input((8, 8, 1))
        >>> gan = gankit.GAN(
        ...     architectures.dcgan.build_generator((8, 8, 1), filters=2),
        ...     keras.Model(
        ...         pixels, keras.layers.Dense(1)(layers.GumbelSoftmax()(pixels)), name="noisy"
        ...     ),
        ... )
        >>> gan.export("noise.keras", format="keras", network="discriminator")
        Traceback (most recent call last):
            ...
        gankit.training.exporting.ExportError: 'noisy' can't be written as keras, nothing is: ...
    """


class Format(NamedTuple):
    """One format of files.

    Attributes:
        ending: of the file's name; nothing for a folder.
        write: writes a network of Keras's layers.
        load: returns what runs such a file; ``ImportError`` if a package for that is missing.
        packages: what Keras on TensorFlow needs to write it, and what runs it.
    """

    ending: str
    write: Callable[[keras.Model, Path], object]
    load: Callable[[Path, keras.Model], Run]
    packages: str = ""


def export(network: keras.Model, path: PathLike, format: str) -> float | None:
    """Writes a network to a file, runs that on random inputs, and compares with the network.

    Args:
        network: a functional or sequential model.
        path: to write to; its ending is the format's.
        format: one of ``FORMATS``.

    Returns:
        The largest difference of an output, as a share of the largest output; None where a package
        that runs the file is missing.

    Raises:
        ValueError: another format, or a path that doesn't fit it.
        FileExistsError: a folder of that name.
        ImportError: a package that writes the format is missing.
        ExportError: see there. Nothing is left at ``path`` then that was not there before.
    """
    check_choice("format", format, FORMATS)
    path = check_path(Path(path), format)
    with dtype_policy("float32"):
        return write_checked(network, path, format)


def write_checked(network: keras.Model, path: Path, format: str) -> float | None:
    """Writes a network, if the file computes what it does; see ``export``."""
    network = in_float32(network)
    plain = simplify(network)
    rows = draw_rows(network, sum(BATCHES))
    expected = outputs_of(network, rows)
    outputs_of(plain, rows)  # Keras exports no network that was never called
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing_") as folder:
        written = Path(folder, path.name)
        write(plain, written, format)
        difference = check(written, format, plain, rows, expected)
        written.replace(path)
    return difference


def check_path(path: Path, format: str) -> Path:
    """Returns the path, or raises unless a file of that format can be written there."""
    ending, given = FORMATS[format].ending, path.suffix.lower()
    of_others = {one.ending for one in FORMATS.values()} - {ending}
    if given in of_others or (ending and given != ending):
        example = path.with_suffix(ending)
        raise ValueError(f"{format} needs a name such as {example}, got {printable(path)}.")
    if path.is_dir():
        raise FileExistsError(
            f"{printable(path)} is a folder that exists already: give another name, or delete it."
        )
    return path


def draw_rows(network: keras.Model, number: int) -> Rows:
    """Returns random inputs: classes where a network takes classes, else numbers in [-1, 1]."""
    generator, rows = np.random.default_rng(0), {}
    for tensor in network.inputs:
        shape = (number, *(UNKNOWN_SIZE if size is None else size for size in tensor.shape[1:]))
        drawn, num_classes = generator.uniform(-1, 1, shape), count_classes(network, tensor)
        if num_classes is not None or "int" in tensor.dtype:
            drawn = np.floor(np.abs(drawn) * (num_classes or 1))
        rows[tensor.name] = drawn.astype(tensor.dtype)
    return rows


def outputs_of(network: keras.Model, rows: Rows) -> list[np.ndarray]:
    """Returns a network's outputs in inference mode."""
    outputs = network(arrange(network, rows), training=False)
    return [ops.convert_to_numpy(output) for output in keras.tree.flatten(outputs)]


def arrange(network: keras.Model, rows: Rows) -> Structure:
    """Returns inputs in the structure in which a network takes them."""
    one = isinstance(network, keras.Sequential)
    structure = network.inputs[0] if one else network.input
    return keras.tree.map_structure(lambda tensor: rows[tensor.name], structure)


def write(network: keras.Model, path: Path, format: str) -> None:
    """Writes a network to a file that is not there yet."""
    one = FORMATS[format]
    try:
        one.write(network, path)
    except ImportError as error:
        raise ImportError(
            f"To write {format}, a package is missing ({error}): pip install {one.packages}"
        ) from error
    except OSError:
        raise
    except Exception as error:  # converters raise all sorts
        raise ExportError(
            f"{network.name!r} can't be written as {format}, nothing is: {shortened(error)}"
        ) from error


def check(
    path: Path, format: str, network: keras.Model, rows: Rows, expected: list[np.ndarray]
) -> float | None:
    """Returns by how much what a file computes differs, None if nothing here runs the file."""
    batches = np.split(np.arange(sum(BATCHES)), np.cumsum(BATCHES)[:-1])
    try:
        run = FORMATS[format].load(path, network)
        parts = [run({name: row[batch] for name, row in rows.items()}) for batch in batches]
        got = [np.concatenate(part) for part in zip(*parts, strict=True)]
    except ImportError:
        return None
    except Exception as error:  # runtimes raise all sorts, too
        raise ExportError(
            f"The {format} file of {network.name!r} does not run, and is removed: "
            f"{shortened(error)}"
        ) from error
    difference = largest_difference(got, expected)
    if not difference <= TOLERANCE:  # nor NaN
        raise ExportError(
            f"The {format} file of {network.name!r} computes something else, and is removed: its "
            f"outputs differ by {difference:.2g} of the largest one, at most {TOLERANCE:g} is "
            "rounding (infinity: of another shape)."
        )
    return difference


def largest_difference(got: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """Returns the largest difference of any output, as a share of the largest one expected.

    Infinity where shapes are others.
    """
    if [one.shape for one in got] != [one.shape for one in expected]:
        return float("inf")
    shares = [
        np.abs(one - other).max() / (np.abs(other).max() or 1.0)
        for one, other in zip(got, expected, strict=True)
    ]
    return float(np.max(shares))


def shortened(error: Exception) -> str:
    """Returns what an error says, in a line; it may hold a whole graph."""
    said = " ".join(str(error).split())
    return said if len(said) <= MOST_SIGNS else f"{said[:MOST_SIGNS]} ..."


# Keras's own file


def write_keras(network: keras.Model, path: Path) -> None:
    """Writes architecture and weights, for Keras without gankit."""
    check_plain(network)
    network.save(path)


def load_keras(path: Path, network: keras.Model) -> Run:
    """Loads the file as a script would."""
    loaded = keras.models.load_model(path, compile=False)
    return lambda rows: outputs_of(loaded, rows)


# SavedModel


def write_savedmodel(network: keras.Model, path: Path) -> None:
    """Writes a folder for TensorFlow Serving."""
    network.export(path, format="tf_saved_model", verbose=False)


def load_savedmodel(path: Path, network: keras.Model) -> Run:
    """Loads the folder with TensorFlow."""
    import tensorflow as tf

    loaded = tf.saved_model.load(path)

    def run(rows: Rows) -> list[np.ndarray]:
        outputs = loaded.serve(arrange(network, rows))
        return [np.asarray(output) for output in keras.tree.flatten(outputs)]

    return run


# ONNX


def write_onnx(network: keras.Model, path: Path) -> None:
    """Writes a graph of ONNX's operations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Keras asks NumPy for a name of old
        network.export(path, format="onnx", verbose=False)


def load_onnx(path: Path, network: keras.Model) -> Run:
    """Loads the file with onnxruntime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda rows: session.run(None, rows)


# TFLite


def write_tflite(network: keras.Model, path: Path) -> None:
    """Writes operations that every TFLite runtime has; TensorFlow's own ones are errors."""
    import tensorflow as tf

    network = for_tflite(network)
    outputs_of(network, draw_rows(network, 1))
    everywhere = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    network.export(path, format="litert", verbose=False, target_spec=everywhere)


def load_tflite(path: Path, network: keras.Model) -> Run:
    """Loads the file with the interpreter that TensorFlow brings."""
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # ai-edge-litert has the same one
        runner = tf.lite.Interpreter(str(path)).get_signature_runner()

    def run(rows: Rows) -> list[np.ndarray]:
        outputs: dict[str, Any] = runner(**rows)
        # output_0, output_1, ... output_10
        return [outputs[name] for name in sorted(outputs, key=lambda name: (len(name), name))]

    return run


# NumPy


def write_npz(network: keras.Model, path: Path) -> None:
    """Writes the weights by name, such as ``dense/kernel``, for other frameworks."""
    named: dict[str, Any] = named_weights(network)
    np.savez(path, **named)


def load_npz(path: Path, network: keras.Model) -> Run:
    """Puts the weights into another network of the same layers."""
    copy = keras.models.clone_model(network)
    with np.load(path) as file:
        copy.set_weights([file[name] for name in named_weights(network)])
    return lambda rows: outputs_of(copy, rows)


def named_weights(network: keras.Model) -> dict[str, np.ndarray]:
    """Returns a network's weights, in its order; of a name that is taken, one with a number."""
    named: dict[str, np.ndarray] = {}
    for weight in network.weights:
        name = f"{weight.path}_{len(named)}" if weight.path in named else weight.path
        named[name] = ops.convert_to_numpy(weight)
    return named


FORMATS = {
    "keras": Format(".keras", write_keras, load_keras),
    "savedmodel": Format("", write_savedmodel, load_savedmodel, "tensorflow"),
    "onnx": Format(".onnx", write_onnx, load_onnx, "onnx tf2onnx onnxruntime"),
    "tflite": Format(".tflite", write_tflite, load_tflite, "tensorflow"),
    "npz": Format(".npz", write_npz, load_npz),
}
