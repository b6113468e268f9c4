"""The data of a run: what stands behind a word or a path, and how to read it."""

import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gankit import data
from gankit.data.folders import EXTENSIONS, find_images
from gankit.data.opening import UnreadableImageError, open_image
from gankit.runs.settings import Settings
from gankit.typing import Dataset, Flip, Size

LOOKED_AT = 500  # files of a folder, whose sizes and colours are taken for all of them
USUAL_SIZE = 64  # pixels of the longer side, of photos
LEAST_SIZE = 8
MOST_IN_MEMORY = 2**30  # bytes of decoded images; more are decoded anew in each epoch
COLOURS = {1: "grey", 3: "colour", 4: "colour with transparency"}
MODES = {1: "grayscale", 3: "rgb", 4: "rgba"}
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


def find_tfds(name: str, settings: Settings) -> Found:
    """Returns a data set of TensorFlow Datasets as data."""
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
    """Returns a folder of image files as data."""
    sizes, channels = look_at(find_images(path, "skip"))
    size = settings.size or fit_size(np.median(sizes, axis=0))
    options: dict[str, Any] = {
        "image_size": size,
        "labels": "inferred" if settings.classes else None,
        "color_mode": MODES[channels],
        "fit": settings.fit,
        "on_error": "skip",
    }

    def make(batch_size: int, seed: int, flip: Flip | None) -> Dataset:
        num_bytes = len(first.file_paths) * size[0] * size[1] * channels
        return data.from_directory(
            path,
            batch_size=batch_size,
            seed=seed,
            flip=flip,
            cache=num_bytes <= MOST_IN_MEMORY,
            **options,
        )

    first = data.from_directory(path, batch_size=1, **options)
    low, high = sizes.min(axis=0), sizes.max(axis=0)
    words = (
        "x".join(map(str, low))
        if (low == high).all()
        else (f"{low[0]}x{low[1]} to {high[0]}x{high[1]}")
    )
    return Found(
        name or str(path),
        len(first.file_paths),
        (*size, channels),
        make,
        first.class_names,
        words,
        flip=True,
    )


def look_at(paths: list[str]) -> tuple[np.ndarray, int]:
    """Returns the sizes ``(height, width)`` of some files, evenly chosen, and their channels."""
    sizes, modes = [], []
    for path in paths[:: max(1, len(paths) // LOOKED_AT)]:
        try:
            with open_image(path) as image:
                sizes.append(image.size[::-1])
                has_alpha = image.has_transparency_data
                grey = image.mode in ("1", "L", "LA", "I", "I;16", "I;16B", "F")
                modes.append("RGBA" if has_alpha else "L" if grey else "RGB")
        except UnreadableImageError:
            continue  # reading all of them will name it
    if not sizes:
        raise ValueError(f"Not one of {len(paths)} files can be read, such as {paths[0]!r}.")
    return np.array(sizes), find_channels(modes)


def find_channels(modes: list[str]) -> int:
    """Returns how many channels suit images of these modes: what is transparent must be usual."""
    if 2 * modes.count("RGBA") > len(modes):
        return 4
    return 1 if set(modes) == {"L"} else 3


def fit_size(size: np.ndarray | Size) -> tuple[int, int]:
    """Returns a size of the same aspect ratio, whose longer side is 64 pixels at most."""
    height, width = (float(side) for side in size)
    scale = min(1.0, USUAL_SIZE / max(height, width))
    return max(LEAST_SIZE, round(height * scale)), max(LEAST_SIZE, round(width * scale))


def unpack(path: Path, folder: Path) -> Path:
    """Unpacks the images of a zip or tar into a folder, unless that was done before.

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
                if name.lower().endswith(EXTENSIONS):
                    archive.extract(name, folder)
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.lower().endswith(EXTENSIONS):
                    archive.extract(member, folder, filter="data")
    done.touch()
    return folder
