"""MNIST as its authors distribute it, and the data sets that have taken over its format."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from gankit.checks import check_choice, printable
from gankit.typing import PathLike

MOST_VALUES = 2**30  # 1 GB, twice the largest set in this format, EMNIST's 700,000 images

PREFIXES = {"train": "train", "test": "t10k"}


def load_mnist(
    folder: PathLike | None = None, split: Literal["train", "test"] = "train"
) -> tuple[np.ndarray, np.ndarray]:
    """Returns MNIST's images and labels, from files on disk or downloaded by Keras.

    Fashion-MNIST, KMNIST and others come in the same files, so that ``folder`` may hold them too.

    Args:
        folder: where the four files are, ``train-images-idx3-ubyte`` and so on, with ``.gz`` at the
            end or without. None lets Keras download MNIST, once, into its own folder.
        split: ``"train"`` or ``"test"``.

    Returns:
        ``(images, labels)``: uint8 of shape ``(n, 28, 28, 1)`` in 0..255 and int32 of shape
        ``(n,)``, in the files' order.

    Raises:
        ValueError: a file that is missing or damaged.

    Examples:
        >>> data.load_mnist("fashion")  # a folder that lacks the files
        Traceback (most recent call last):
            ...
        ValueError: There is no train-images-idx3-ubyte.gz and no train-images-idx3-ubyte ...

    References:
        LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition",
        doi:10.1109/5.726791.
    """
    check_choice("split", split, tuple(PREFIXES))
    if folder is None:
        of_split = dict(zip(("train", "test"), keras.datasets.mnist.load_data(), strict=True))
        images, labels = of_split[split]
    else:
        images = read_idx(find_file(folder, f"{PREFIXES[split]}-images-idx3-ubyte"), 3)
        labels = read_idx(find_file(folder, f"{PREFIXES[split]}-labels-idx1-ubyte"), 1)
    if len(images) != len(labels):
        raise ValueError(f"{folder} holds {len(images)} images beside {len(labels)} labels.")
    return images[..., None], labels.astype(np.int32)


def find_file(folder: PathLike, name: str) -> Path:
    """Returns the path of a file that may be compressed."""
    for path in (Path(folder) / f"{name}.gz", Path(folder) / name):
        if path.is_file():
            return path
    raise ValueError(f"There is no {name}.gz and no {name} in {str(folder)!r}.")


def read_idx(path: Path, rank: int) -> np.ndarray:
    """Returns the uint8 array in a file of MNIST's format.

    The format: two zeros, 8 for uint8, the rank, each size as a big-endian int32, the values.
    """
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            begins = file.read(4)
            sizes = file.read(4 * rank)
            if begins != bytes([0, 0, 8, rank]) or len(sizes) < 4 * rank:
                raise ValueError(f"it does not begin as an idx file of uint8 with {rank} axes does")
            shape = np.frombuffer(sizes, ">u4").tolist()
            if math.prod(shape) > MOST_VALUES:
                raise ValueError(f"it is of an array of {shape}, more than {MOST_VALUES:,} values")
            # What comes after the values is looked for, but not read: it may be without end.
            values = np.frombuffer(file.read(math.prod(shape) + 1), np.uint8)
            if len(values) != math.prod(shape):
                amount = "too many" if len(values) > math.prod(shape) else f"{len(values)}"
                raise ValueError(f"it holds {amount} values for an array of {shape}")
    except (OSError, EOFError, ValueError, MemoryError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ValueError(f"{printable(path)} can't be read: {reason}. Fetch it again.") from error
    return values.reshape(shape).copy()  # one that can be written to
