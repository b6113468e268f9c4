"""The data of a run, found by a word or a path."""

import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gankit import data
from gankit.data.directory import dataset_of_files
from gankit.data.files import check_options
from gankit.data.folders import EXTENSIONS, UNREADABLE, find_images, leave_out_damaged
from gankit.data.tables import ENDINGS
from gankit.runs.classes import find_classes
from gankit.runs.settings import FOLDERS, Settings
from gankit.typing import ColorMode, Dataset, Flip, Size

USUAL_SIZE = 64  # pixels of the longer side, of photos
LEAST_SIZE = 8
MOST_IN_MEMORY = 2**30  # bytes of decoded images; larger data are decoded again in each epoch
COLOURS = {1: "grey", 3: "colour", 4: "colour with transparency"}
MODES: dict[int, ColorMode] = {1: "grayscale", 3: "rgb", 4: "rgba"}
UNPACKED = (*EXTENSIONS, *UNREADABLE, *ENDINGS)  # images in an archive, and tables of classes
IMAGE_KEYS = ("images", "x_train", "x", "arr_0")
LABEL_KEYS = ("labels", "y_train", "y")


@dataclass
class Found:
    """Data of a run.

    Args:
        what: where they come from, in words.
        num_images: how many there are.
        image_shape: ``(height, width, channels)`` of what the GAN draws.
        make: returns a dataset, given ``batch_size`` and ``seed``.
        class_names: of a conditional GAN's classes; None without.
        sizes: of the files, in words.
        flip: whether mirrored images are as good.
        are_digits: whether they are MNIST's, of which there is a judge inside the package.
    """

    what: str
    num_images: int
    image_shape: tuple[int, int, int]
    make: Callable[..., Dataset]
    class_names: list[str] | None = None
    sizes: str = ""
    flip: bool = False
    are_digits: bool = False


def find_data(settings: Settings, folder: Path) -> Found:
    """Returns the data that ``settings.source`` means.

    Args:
        settings: of the run.
        folder: of the run, where archives are unpacked.

    Raises:
        ValueError: there is nothing of that name, or nothing in it that can be trained on.
    """
    source = settings.source
    if source == "digits":
        return find_digits(*data.sample_digits(), settings, "MNIST digits inside the package")
    if source == "mnist":
        return find_digits(*data.load_mnist(), settings, "MNIST's digits")
    if source.startswith("tfds:"):
        return find_tfds(source.removeprefix("tfds:"), settings)
    path = Path(source)
    if path.is_dir():
        return find_folder(path, settings)
    if not path.exists():
        raise ValueError(
            f"There is no {source!r}. Give a folder of images, a zip or tar of one, an .npz or "
            ".npy of arrays, 'digits', 'mnist' or 'tfds:NAME'."
        )
    if path.suffix in (".npz", ".npy"):
        return find_arrays(path, settings)
    return find_folder(unpack(path, folder / "images"), settings, name=path.name)


def find_digits(images: np.ndarray, labels: np.ndarray, settings: Settings, what: str) -> Found:
    """Returns MNIST's digits as data."""
    names = [str(digit) for digit in range(10)]
    found = of_arrays(images, labels, settings, what, names)
    found.are_digits = found.image_shape == (28, 28, 1)
    return found


def find_arrays(path: Path, settings: Settings) -> Found:
    """Returns the images in a file of NumPy's as data."""
    if path.suffix == ".npy":
        arrays = {"images": np.load(path, allow_pickle=False)}
    else:
        with np.load(path, allow_pickle=False) as loaded:
            arrays = dict(loaded)
    key = next((name for name in IMAGE_KEYS if name in arrays), None)
    if key is None and len(arrays) == 1:
        key = next(iter(arrays))
    if key is None:
        raise ValueError(
            f"{path} holds {sorted(arrays)}: name the images one of {', '.join(IMAGE_KEYS)}."
        )
    images = arrays[key]
    images = images[..., None] if images.ndim == 3 else images
    label_key = next((name for name in LABEL_KEYS if name in arrays), None)
    labels = None if label_key is None else np.ravel(arrays[label_key])
    return of_arrays(images, labels, settings, path.name)


def of_arrays(
    images: np.ndarray,
    labels: np.ndarray | None,
    settings: Settings,
    what: str,
    names: list[str] | None = None,
) -> Found:
    """Returns images in memory as data."""
    refuse_table(settings, what)
    height, width, channels = images.shape[1:]
    size = settings.size or fit_size((height, width))
    if settings.classes is None:
        labels = names = None
    elif labels is None:
        raise ValueError(f"{what} has no labels, so there are no classes to train by.")
    elif names is None:
        names = [str(number) for number in range(int(labels.max()) + 1)]

    def make(batch_size: int, seed: int, flip: Flip | None) -> Dataset:
        return data.from_arrays(
            images,
            labels,
            batch_size=batch_size,
            image_size=None if size == (height, width) else size,
            flip=flip,
            seed=seed,
        )

    sizes = f"{height}x{width}"
    return Found(what, len(images), (*size, channels), make, names, sizes, flip=channels > 1)


def refuse_table(settings: Settings, what: str) -> None:
    """Raises ``ValueError`` if a table is to tell the classes of what are no files."""
    if settings.classes not in (None, FOLDERS):
        raise ValueError(
            f"A table tells the classes of files in a folder or an archive. {what} is neither: "
            f"--classes {FOLDERS} takes the labels that it has."
        )


def find_tfds(name: str, settings: Settings) -> Found:
    """Returns a data set of TensorFlow Datasets as data."""
    refuse_table(settings, name)
    label_key = "label" if settings.classes else None

    def make(batch_size: int, seed: int, flip: Flip | None) -> Dataset:
        size = settings.size or (USUAL_SIZE, USUAL_SIZE)
        options: dict[str, Any] = {"image_size": size, "flip": flip, "seed": seed}
        return data.from_tfds(
            name, batch_size=batch_size, label_key=label_key, cache=True, **options
        )

    dataset = make(1, 0, None)
    batch = next(iter(dataset))
    images = np.asarray(batch[0] if label_key else batch)
    names = None
    if label_key:
        labels = np.concatenate([np.ravel(np.asarray(label)) for _, label in dataset])
        names = [str(number) for number in range(int(labels.max()) + 1)]
    return Found(
        f"TensorFlow Datasets' {name}", len(dataset), images.shape[1:], make, names, flip=True
    )


def find_folder(path: Path, settings: Settings, name: str | None = None) -> Found:
    """Returns a folder of image files as data, each of which is opened once to look at it."""
    seen = Seen()
    usual = (USUAL_SIZE, USUAL_SIZE)
    files = leave_out_damaged(
        find_images(path, "skip"), path, "skip", settings.size or usual, note=seen.note
    )
    paths, labels, class_names = find_classes(files, path, settings)
    sizes = np.array(seen.sizes)
    size = settings.size or fit_size(np.median(sizes, axis=0))
    channels = find_channels(seen.modes)
    num_bytes = len(paths) * size[0] * size[1] * channels

    def make(batch_size: int, seed: int, flip: Flip | None) -> Dataset:
        options = check_options(size, None, flip, MODES[channels], (-1, 1), "skip", seed)
        options |= {"fit": settings.fit, "cache": num_bytes <= MOST_IN_MEMORY, "shuffle": True}
        options |= {"batch_size": batch_size}
        return dataset_of_files(paths, labels, class_names, options)

    return Found(
        name or str(path),
        len(paths),
        (*size, channels),
        make,
        class_names,
        tell_sizes(sizes),
        flip=True,
    )


class Seen:
    """What was seen of images: their sizes ``(height, width)``, and the modes that they need."""

    def __init__(self) -> None:
        self.sizes: list[Size] = []
        self.modes: list[str] = []

    def note(self, image: Image.Image) -> None:
        """Adds what the head of a file says; threads may call it."""
        grey = image.mode in ("1", "L", "LA", "I", "I;16", "I;16B", "F")
        self.modes.append("RGBA" if image.has_transparency_data else "L" if grey else "RGB")
        self.sizes.append((image.height, image.width))


def find_channels(modes: list[str]) -> int:
    """Returns how many channels suit images of these modes: what is transparent must be usual."""
    if 2 * modes.count("RGBA") > len(modes):
        return 4
    return 1 if set(modes) == {"L"} else 3


def tell_sizes(sizes: np.ndarray) -> str:
    """Returns in words how large images ``(n, 2)`` are."""
    low, high = ("x".join(map(str, side)) for side in (sizes.min(axis=0), sizes.max(axis=0)))
    return low if low == high else f"{low} to {high}"


def fit_size(size: np.ndarray | Size) -> tuple[int, int]:
    """Returns a size of the same aspect ratio, whose longer side is 64 pixels at most."""
    height, width = (float(side) for side in size)
    scale = min(1.0, USUAL_SIZE / max(height, width))
    return max(LEAST_SIZE, round(height * scale)), max(LEAST_SIZE, round(width * scale))


def unpack(path: Path, folder: Path) -> Path:
    """Unpacks images and tables of a zip or tar into a folder, unless that was done before.

    Raises:
        ValueError: it is neither, or leads out of the folder.
    """
    done = folder / ".unpacked"
    if done.exists():
        return folder
    is_zip = zipfile.is_zipfile(path)
    if not is_zip and not tarfile.is_tarfile(path):
        raise ValueError(
            f"{path} is no zip, tar, .npz or .npy. Put images into a folder, and give its name."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if is_zip:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.lower().endswith(UNPACKED):
                    archive.extract(name, folder)
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.lower().endswith(UNPACKED):
                    archive.extract(member, folder, filter="data")
    done.touch()
    return folder
