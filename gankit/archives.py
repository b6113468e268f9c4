"""Checks of ``.keras`` files, before Keras builds anything out of them."""

import contextlib
import copy
import functools
import io
import json
import math
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from gankit.checks import printable
from gankit.typing import Config, PathLike

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

#: What an archive may unfold to: so many bytes, or so many times its own size if that is more.
MOST_BYTES, MOST_TIMES = 64_000_000, 20

#: Bytes of JSON, which take some 25 times as much in memory, and how deeply they may be nested.
MOST_JSON, MOST_LEVELS = 10_000_000, 100

#: Values that networks may have beyond one for each byte of their weights' file.
MORE_VALUES = 1_000_000

LOCK = threading.RLock()  # of what ``bounded_weights`` changes in Keras


def check_file(path: PathLike) -> None:
    """Raises ``ValueError`` unless ``path`` is a ``.keras`` file whose every byte is in order."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {str(path)!r}.")
    if path.stat().st_size == 0:
        raise ValueError(f"{printable(path)} is empty.")
    try:
        with zipfile.ZipFile(path) as archive:
            check_expansion(archive, path.stat().st_size)
            damaged = archive.testzip()
            missing = {CONFIG, METADATA, WEIGHTS} - set(archive.namelist())
    except Exception as error:  # a damaged archive raises whatever its bytes lead to
        with path.open("rb") as file:
            begins_as_archive = file.read(2) == b"PK"
        what = "is cut short or damaged" if begins_as_archive else "is no .keras file"
        raise ValueError(f"{printable(path)} {what}: {error}.") from error
    if damaged:
        raise ValueError(
            f"{printable(path)} is damaged: {damaged!r} in it is not what was written."
        )
    if missing:
        raise ValueError(
            f"{printable(path)} is an archive, but no .keras file: it lacks {sorted(missing)}."
        )
    read_json(path, METADATA)
    lacks = {"class_name", "config"} - read_json(path, CONFIG).keys()
    if lacks:
        raise ValueError(f"{printable(path)} is damaged: its {CONFIG} lacks {sorted(lacks)}.")
    check_weights(path)


def check_expansion(archive: zipfile.ZipFile, size: int) -> None:
    """Raises ``ValueError`` if an archive of so many bytes would unfold to far more."""
    unfolded = sum(member.file_size for member in archive.infolist())
    if unfolded > max(MOST_BYTES, MOST_TIMES * size):
        raise ValueError(
            f"its {size:,} bytes would unfold to {unfolded:,}, more than {MOST_TIMES} times as many"
        )


def check_weights(path: PathLike) -> None:
    """Raises ``ValueError`` if the weights in a ``.keras`` file can't be read, or would unfold."""
    claimed = 0

    def add(name: str, part: Any) -> None:
        nonlocal claimed
        claimed += part.size * part.dtype.itemsize if isinstance(part, h5py.Dataset) else 0

    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(WEIGHTS)
        with h5py.File(io.BytesIO(content)) as file:
            file.visititems(add)
        if claimed > max(MOST_BYTES, MOST_TIMES * len(content)):
            raise ValueError(f"its {len(content):,} bytes would unfold to {claimed:,}")
    except Exception as error:  # damaged weights raise whatever their bytes lead to
        raise ValueError(
            f"{printable(path)} is damaged: its {WEIGHTS} can't be read: {error}."
        ) from error


def read_json(path: PathLike, member: str) -> Config:
    """Returns the JSON object in a member of a ``.keras`` file.

    Raises:
        ValueError: anything else; the file and the member are named.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(member).file_size
            if size > MOST_JSON:
                raise ValueError(f"it has {size:,} bytes, at most {MOST_JSON:,} are read")
            content = json.loads(archive.read(member))
        check_levels(content)
        if not isinstance(content, dict):
            raise ValueError(f"it must be an object of JSON, got {type(content).__name__}")
    except Exception as error:  # JSON and archives raise many things
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise ValueError(
            f"{printable(path)} is damaged: its {member} can't be read: {reason}."
        ) from error
    return content


def check_levels(content: Any) -> None:
    """Raises ``ValueError`` if JSON is nested more deeply than any network's configuration."""
    parts = [content]
    for _ in range(MOST_LEVELS):
        lists = [part for part in parts if isinstance(part, dict | list)]
        parts = [one for p in lists for one in (p.values() if isinstance(p, dict) else p)]
        if not parts:
            return
    raise ValueError(f"it is nested more than {MOST_LEVELS} levels deep")


@contextlib.contextmanager
def bounded_weights(path: PathLike) -> Iterator[None]:
    """Within it, layers make about as many weights as are in a ``.keras`` file, and no more.

    A configuration of a few bytes may ask for a layer of any size, which would be made and filled
    with random numbers before Keras saw that the file holds no such weights.
    """
    with zipfile.ZipFile(path) as archive:
        most = archive.getinfo(WEIGHTS).file_size + MORE_VALUES
    made, add_weight = 0, keras.Layer.add_weight

    @functools.wraps(add_weight)
    def add_bounded(layer: keras.Layer, shape: Any = None, *arguments: Any, **options: Any) -> Any:
        nonlocal made
        made += count_values(shape)
        if made > most:
            raise ValueError(
                f"the layer {layer.name!r} has weights of the shape {shape}, which are not in the "
                "file"
            )
        return add_weight(layer, shape, *arguments, **options)

    with LOCK:
        keras.Layer.add_weight = add_bounded
        try:
            yield
        finally:
            keras.Layer.add_weight = add_weight


def count_values(shape: Any) -> int:
    """Returns how many values a weight has; what is no shape is left for Keras to refuse."""
    sizes = shape if isinstance(shape, tuple | list) else (shape,)
    return math.prod(size for size in sizes if isinstance(size, int) and size > 0)


def find_fault(
    config: Any, error: Exception, custom_objects: dict[str, Any] | None, place: str = ""
) -> tuple[str, Exception]:
    """Returns where the smallest part of a configuration is that fails by itself, and its error.

    If no part does, the place is empty, and the error is the given one.
    """
    for name, part in find_objects(config):
        if "config" not in part:
            return f"{place}{name}", ValueError("it lacks 'config'.")
        try:
            whole = copy.deepcopy(part)  # Keras takes things out of it
            keras.saving.deserialize_keras_object(whole, custom_objects)
        except Exception as inner:
            return find_fault(part, inner, custom_objects, f"{place}{name}")
    return place, error


def find_objects(config: Any, name: str = "") -> Iterator[tuple[str, Config]]:
    """Yields what is written as an object of Keras inside another one, with its place there."""
    is_object = isinstance(config, dict)
    for key, part in config.items() if is_object else enumerate(config):
        place = f"{name}.{key}" if is_object else f"{name}[{key}]"
        if isinstance(part, dict) and "class_name" in part:
            yield place, part
        elif isinstance(part, dict | list):
            yield from find_objects(part, place)
