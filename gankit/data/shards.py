"""Datasets from image files in tar files (shards), read during training."""

import glob
import itertools
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from gankit.checks import check_choice
from gankit.data import checks
from gankit.data.batches import make_dataset
from gankit.data.files import check_options, source_of_reader
from gankit.data.folders import EXTENSIONS
from gankit.data.packed import PLACE, PackedImages, PackedReader
from gankit.data.runs import Runs
from gankit.data.source import make_order
from gankit.data.tars import Member, read_at, read_members
from gankit.typing import ColorMode, Dataset, Flip, OnError, PathLike, Size, ValueRange

LARGEST_LABEL = np.iinfo(np.int32).max

#: An image, and the number of its class.
Labelled = tuple[Member, int]


def from_shards(
    path: PathLike | Sequence[PathLike],
    *,
    image_size: Size,
    batch_size: int,
    labels: Literal["inferred", "cls"] | None = None,
    color_mode: ColorMode = "rgb",
    center_crop: Size | None = None,
    flip: Flip | None = None,
    value_range: ValueRange = (-1, 1),
    on_error: OnError = "raise",
    shuffle: bool = True,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of batches that are read from the image files inside tars.

    Use it instead of ``from_directory`` for more images than a folder handles well. The tars must
    be uncompressed, in the layout of WebDataset or with a folder inside for each class. Their
    headers are read at the start, which takes a few seconds for a million images. It keeps 28 bytes
    per image in memory, and 8 more for each of the last three epochs' orders.

    Args:
        path: a tar, a folder of files that end in .tar, a pattern such as ``"photos/*.tar"``, or a
            list of these.
        image_size: ``(height, width)`` in pixels, to which images are resized, with antialiasing,
            after cropping to the largest centred box of that aspect ratio.
        batch_size: images per batch. All batches have this size; leftover images at the end of an
            epoch are not used in that epoch.
        labels: None, or where to find each image's class; the dataset then contains
            ``(images, labels)``. ``"inferred"`` takes the first folder of the image's path inside
            the tar, as in ``cat/000123.jpg``; classes are numbered in the order of these names.
            ``"cls"`` takes the number in the text file next to the image, as in
            ``000123.jpg, 000123.cls``.
        color_mode: ``"rgb"`` or ``"grayscale"``.
        center_crop: ``(height, width)`` of a different centred box to crop to, before resizing.
        flip: ``"horizontal"`` mirrors each image, left to right, with probability 1/2. Which images
            are mirrored depends only on ``seed``, the epoch's number and the image's index. None
            leaves all unchanged.
        value_range: ``(low, high)`` within [-1, 1], the values of black and white.
        on_error: what to do with an image that can't be read, which is found out only during
            training. ``"raise"`` raises an error that names it. ``"skip"`` warns, and the next
            readable image takes its place.
        shuffle: whether each epoch has a new order, which depends only on ``seed`` and the epoch's
            number. To spare the disk a seek for each image, stretches of about 4 MB are read at
            once: the images of 256 random stretches are shuffled together, then those of the next
            256. False keeps the files' order.
        seed: integer.

    Returns:
        A dataset of float32 images ``(batch_size, height, width, channels)`` in ``value_range``, or
        of pairs of them with int32 labels ``(batch_size,)``. Its attributes ``file_paths`` (the
        tars) and ``class_names`` (the folders that are classes, sorted, or None if there are none)
        say what was found.

    Raises:
        ValueError: no such tar, a compressed or truncated tar, no images, missing labels, an image
            that can't be read, a batch larger than the data, an unknown ``flip``.

    Examples:
        >>> import tarfile
        >>> _ = gankit.save_images(images[:8], "shard/digits")
        >>> with tarfile.open("shard.tar", "w") as tar:
        ...     tar.add("shard", ".")
        ...
        >>> dataset = data.from_shards(
        ...     "shard.tar", image_size=(28, 28), batch_size=4, labels="inferred"
        ... )
        >>> dataset.class_names, len(dataset)
        (['digits'], 2)
    """
    check_choice("labels", labels, (None, "inferred", "cls"))
    options = check_options(image_size, center_crop, flip, color_mode, value_range, on_error, seed)
    shards = find_shards(path)
    images, class_names = scan(shards, labels)
    checks.check_batch_size(batch_size, len(images))
    runs = Runs(images, seed)
    source = source_of_reader(
        PackedReader(images, color_mode, options["image_size"], options["center_crop"], on_error),
        images.places["label"] if labels else None,
        runs.order if shuffle else make_order(len(images), seed, shuffle),
        batch_size=batch_size,
        flip=flip,
        value_range=options["value_range"],
        seed=seed,
    )
    dataset = make_dataset(runs.read_ahead(source, batch_size) if shuffle else source)
    dataset.file_paths, dataset.class_names = shards, class_names
    return dataset


def find_shards(path: PathLike | Sequence[PathLike]) -> list[str]:
    """Returns the paths of tars, given as files, folders or patterns."""
    given = [path] if isinstance(path, str | os.PathLike) else list(path)
    shards = [shard for one in given for shard in find_tars(Path(one))]
    if not shards:
        raise ValueError("path is an empty list: at least one tar is needed.")
    return shards


def find_tars(path: Path) -> list[str]:
    """Returns the tars that one path stands for, sorted."""
    if path.is_file():
        return [str(path)]
    # Path's own glob takes no absolute patterns.
    tars = path.glob("*.tar") if path.is_dir() else glob.glob(str(path))  # noqa: PTH207
    if found := sorted(map(str, tars)):
        return found
    compressed = sorted(map(str, [*path.glob("*.tar.*"), *path.glob("*.tgz")]))
    hint = f" {compressed[0]} is compressed: unpack it to a plain .tar." if compressed else ""
    raise ValueError(
        f"There is no tar at {str(path)!r}. Pass one, a folder of files that end in .tar, a "
        f"pattern such as 'photos/*.tar', or a list of these.{hint}"
    )


def scan(shards: list[str], labels: str | None) -> tuple[PackedImages, list[str] | None]:
    """Returns the images in tars, and the names of their classes if these are folders."""
    with ThreadPoolExecutor() as pool:  # for disks that are slow to answer
        scanned = list(pool.map(lambda shard: scan_shard(shard, labels), shards))
    class_names = sorted({name for _, names in scanned for name in names})
    for places, names in scanned:
        if names:
            places["label"] = np.searchsorted(class_names, names)[places["label"]]
    images = PackedImages(shards, [places for places, _ in scanned])
    if not len(images):
        more = f" and {len(shards) - 1} more" if len(shards) > 1 else ""
        raise ValueError(
            f"There are no images in {shards[0]}{more}: no file inside ends in one of "
            f"{', '.join(EXTENSIONS)}."
        )
    return images, class_names if labels == "inferred" else None


def scan_shard(shard: str, labels: str | None) -> tuple[np.ndarray, list[str]]:
    """Returns the places of the images in a tar, and the folders that are their classes."""
    folders: dict[str, int] = {}
    with Path(shard).open("rb") as file:
        try:
            images = label_images(file, labels, folders)
            rows = ((*image[1:], label) for image, label in images)
            return np.fromiter(rows, PLACE), list(folders)
        except ValueError as error:
            raise ValueError(f"{shard} can't be read: {error}.") from error


def label_images(file: BinaryIO, labels: str | None, folders: dict[str, int]) -> Iterator[Labelled]:
    """Returns the images in a tar with their labels, which are all 0 if none are requested."""
    if labels == "cls":
        return label_by_texts(file)
    if labels == "inferred":
        return label_by_folders(file, folders)
    return ((image, 0) for image in filter(is_image, read_members(file)))


def is_image(member: Member) -> bool:
    """Returns whether a file name is an image's, and not that of a hidden file of macOS."""
    name = member.name.lower()
    return name.endswith(EXTENSIONS) and not name.rpartition("/")[2].startswith(".")


def label_by_folders(file: BinaryIO, folders: dict[str, int]) -> Iterator[Labelled]:
    """Yields the images in a tar with the numbers of their folders, and numbers new ones."""
    for image in filter(is_image, read_members(file)):
        folder, _, inside = image.name.removeprefix("./").partition("/")
        if not inside:
            raise ValueError(
                "labels='inferred' takes the classes from the folders inside a tar, but "
                f"{image.name} is not in a folder"
            )
        yield image, folders.setdefault(folder, len(folders))


def label_by_texts(file: BinaryIO) -> Iterator[Labelled]:
    """Yields the images in a tar with the numbers in the .cls files next to them."""
    for key, sample in itertools.groupby(read_members(file), find_key):
        members = list(sample)
        images = list(filter(is_image, members))
        texts = [member for member in members if member.name == f"{key}.cls"]
        if images and not texts:
            raise ValueError(
                f"labels='cls' needs the class of {images[0].name} in {key}.cls next to it. "
                "The files of one image must be next to each other: pack the tar with --sort=name"
            )
        for image in images:
            yield image, read_label(file, texts[0])


def find_key(member: Member) -> str:
    """Returns the name that all files of one image share: everything up to the first dot."""
    folder, slash, name = member.name.rpartition("/")
    return folder + slash + name.partition(".")[0]


def read_label(file: BinaryIO, text: Member) -> int:
    """Returns the number in a .cls file."""
    contents = read_at(file, text.offset, min(text.size, 20)).strip()
    if not contents.isdigit() or int(contents) > LARGEST_LABEL:
        raise ValueError(f"{text.name} must hold an integer of 0 or more, but holds {contents!r}")
    return int(contents)
