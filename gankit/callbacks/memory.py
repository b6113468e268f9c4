"""The state of callbacks, which Keras would reset at each ``fit``."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from gankit.archives import read_json
from gankit.typing import PathLike

MEMORY = "callbacks.json"  # members of a checkpoint
WEIGHTS = "best_weights.npz"

#: The public attributes of Keras callbacks that hold their state.
REMEMBERED: dict[type, tuple[str, ...]] = {
    keras.callbacks.EarlyStopping: ("wait", "best", "best_epoch", "stopped_epoch", "best_weights"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.ModelCheckpoint: ("best",),
}

#: The values of attributes by name.
Memory = dict[str, Any]


def attributes(callback: keras.callbacks.Callback) -> tuple[str, ...]:
    """Returns the names of the attributes with a callback's state, as in ``remembers``."""
    for kind, names in REMEMBERED.items():
        if isinstance(callback, kind):
            return names
    return tuple(getattr(callback, "remembers", ()))


def name_callbacks(
    callbacks: Sequence[keras.callbacks.Callback],
) -> Iterator[tuple[str, keras.callbacks.Callback]]:
    """Yields each callback that has state, with a name that is the same in every process.

    A callback that now monitors a different value gets a different name, and starts from scratch.
    """
    seen: dict[str, int] = {}
    for callback in filter(attributes, callbacks):
        monitor = getattr(callback, "monitor", None)
        kind = type(callback).__name__ + (f" of {monitor}" if monitor else "")
        seen[kind] = seen.get(kind, 0) + 1
        yield f"{kind}, {seen[kind]}", callback


def write_memory(archive: zipfile.ZipFile, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Writes the state of callbacks: numbers as JSON, weights as arrays."""
    memories: dict[str, Memory] = {}
    arrays: dict[str, Any] = {}
    for name, callback in name_callbacks(callbacks):
        names = [key for key in attributes(callback) if hasattr(callback, key)]
        memory = {key: getattr(callback, key) for key in names}
        for number, weight in enumerate(memory.pop("best_weights", None) or []):
            arrays[f"{name}/{number}"] = np.asarray(weight)
        memories[name] = memory
    archive.writestr(MEMORY, json.dumps(memories, default=float))  # NumPy numbers aren't JSON
    if arrays:
        file = io.BytesIO()
        np.savez(file, **arrays)
        archive.writestr(WEIGHTS, file.getvalue())


def read_memory(
    path: PathLike, callbacks: Sequence[keras.callbacks.Callback], model: keras.Model
) -> list[tuple[keras.callbacks.Callback, Memory]]:
    """Returns the state that each callback had when a checkpoint was written."""
    arrays: Any = {}
    memories = read_json(path, MEMORY)
    with zipfile.ZipFile(path) as archive:
        if WEIGHTS in archive.namelist():
            arrays = np.load(io.BytesIO(archive.read(WEIGHTS)), allow_pickle=False)
    found = [(callback, name) for name, callback in name_callbacks(callbacks) if name in memories]
    for callback, name in found:
        if f"{name}/0" in arrays and "best_weights" in attributes(callback):
            memories[name]["best_weights"] = [
                arrays[f"{name}/{number}"].view(weight.dtype)  # NumPy's files forget bfloat16
                for number, weight in enumerate(model.get_weights())
            ]
    return [(callback, memories[name]) for callback, name in found]


def recall(memories: Sequence[tuple[keras.callbacks.Callback, Memory]]) -> None:
    """Restores the state of callbacks; those of Keras reset it when training begins."""
    for callback, memory in memories:
        for name, value in memory.items():
            setattr(callback, name, value)


def find_stop(memories: Sequence[tuple[keras.callbacks.Callback, Memory]]) -> bool:
    """Returns whether an ``EarlyStopping`` has ended the run.

    If its patience is longer now, the run continues.
    """
    for callback, memory in memories:
        if isinstance(callback, keras.callbacks.EarlyStopping) and memory["stopped_epoch"]:
            if memory["wait"] >= callback.patience:
                return True
            memory["stopped_epoch"] = 0
    return False
