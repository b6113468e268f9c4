"""Readers for other libraries' files of weights: PyTorch's, safetensors, TensorFlow's.

Nothing in a file is run. PyTorch's files are pickles, of which only tensors are read; TensorFlow is
asked for its own graphs alone.
"""

import collections
import io
import json
import math
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from gankit.archives import check_expansion
from gankit.checks import printable
from gankit.typing import PathLike

#: NumPy's types by the names of PyTorch's storages and of safetensors.
STORAGE_TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
SAFE_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "<u1"}

OLD_MAGIC = 0x1950A86A20F9469CFC6C  # of files that torch.save wrote before PyTorch 1.6
OLD_HEADERS = 3  # pickles before the tensors': the magic number, the protocol, the system's sizes


def read_weights(path: PathLike) -> dict[str, np.ndarray]:
    """Returns all arrays in a file by their names.

    Args:
        path: a ``.safetensors``, a frozen TensorFlow graph, ``.pb``, or what ``torch.save`` wrote
            of a ``state_dict``, in either of its formats.

    Raises:
        ValueError: a file that is none of these, is damaged, or holds more than tensors.
        ImportError: a ``.pb``, without TensorFlow.
        OSError: a file that can't be opened.
    """
    path = Path(path)
    readers = {".safetensors": read_safetensors, ".pb": read_tensorflow_graph}
    try:
        return readers.get(path.suffix, read_torch)(path)
    except (OSError, ImportError):
        raise
    except Exception as error:  # whatever the damaged part's reader raises
        raise ValueError(
            f"{printable(path)} can't be read as weights: {error}. It should be a .safetensors, a "
            "frozen TensorFlow graph (.pb), or a state_dict that torch.save wrote."
        ) from error


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a ``.safetensors`` file: a header in JSON, and then their bytes."""
    content = path.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        flat = np.frombuffer(content[start + first : start + last], SAFE_TYPES[entry["dtype"]])
        arrays[name] = flat.reshape(entry["shape"])
    return arrays


def read_tensorflow_graph(path: Path) -> dict[str, np.ndarray]:
    """Returns the constants of a frozen graph by the names of their nodes."""
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    graph.ParseFromString(path.read_bytes())
    constants = (node for node in graph.node if node.op == "Const")
    return {node.name: tf.make_ndarray(node.attr["value"].tensor) for node in constants}


def read_torch(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a ``state_dict`` by their names."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_expansion(archive, path.stat().st_size)
            entry = next((name for name in archive.namelist() if name.endswith("data.pkl")), None)
            if entry is None:
                raise ValueError("this archive holds no data.pkl")
            folder = entry.removesuffix("data.pkl")
            content = TensorUnpickler(io.BytesIO(archive.read(entry))).load()
            return place_all(content, lambda key: archive.read(f"{folder}data/{key}"))
    with path.open("rb") as file:
        headers = [TensorUnpickler(file).load() for _ in range(OLD_HEADERS)]
        if headers[0] != OLD_MAGIC:
            raise ValueError("torch.save's number isn't at its beginning")
        unpickler = TensorUnpickler(file)
        content = unpickler.load()
        return place_all(content, read_old_storages(file, unpickler.storages).__getitem__)


class Storage(NamedTuple):
    """Where the numbers of one tensor or several are: in ``key``, of one type."""

    key: str
    dtype: np.dtype


class TensorUnpickler(pickle.Unpickler):
    """Reads what describes tensors, and refuses all else, as ``weights_only`` does in PyTorch."""

    def __init__(self, file: BinaryIO):
        super().__init__(file)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Returns what a name in the file stands for, if it is part of a tensor."""
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if module == "torch" and name in STORAGE_TYPES:
            return np.dtype(STORAGE_TYPES[name])
        raise ValueError(f"it holds {module}.{name}, which is no part of a tensor")

    def persistent_load(self, pid: Any) -> Storage:
        """Returns the storage that an entry names."""
        _, dtype, key = pid[:3]
        return self.storages.setdefault(str(key), Storage(str(key), dtype))


def read_old_storages(file: BinaryIO, storages: dict[str, Storage]) -> dict[str, bytes]:
    """Returns the bytes of each storage of an old file, from behind its pickles."""
    contents = {}
    for key in map(str, TensorUnpickler(file).load()):
        numbers = struct.unpack("<q", file.read(8))[0]
        size = numbers * storages[key].dtype.itemsize
        contents[key] = file.read(size) if size >= 0 else b""
        if len(contents[key]) != size:
            raise ValueError(f"it ends within the storage {key}")
    return contents


def place_all(content: Any, read: Any) -> dict[str, np.ndarray]:
    """Returns the arrays of a ``state_dict``, whose bytes ``read`` finds by a storage's key."""
    if not isinstance(content, dict):
        raise ValueError(f"it holds a {type(content).__name__}, and no dict of tensors")
    return {name: place(tensor, read) for name, tensor in content.items()}


def place(tensor: Any, read: Any) -> np.ndarray:
    """Returns a tensor's numbers: every ``strides``-th of a storage, from ``offset`` on."""
    if not (isinstance(tensor, tuple) and isinstance(tensor[0], Storage)):
        raise ValueError(f"it holds a {type(tensor).__name__} where a tensor should be")
    storage, offset, shape, strides = tensor
    numbers = np.frombuffer(read(storage.key), storage.dtype)[offset:]
    last = sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    if math.prod(shape) and not 0 <= last < len(numbers):
        raise ValueError(f"the storage {storage.key} is too short for a tensor of {shape}")
    if min(strides, default=0) < 0 or offset < 0:
        raise ValueError(f"a tensor of the storage {storage.key} begins or goes before it")
    steps = [step * storage.dtype.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(numbers, shape, steps, writeable=False).copy()
