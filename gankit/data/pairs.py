"""Pairs of images, for image-to-image translation."""

import unicodedata
import warnings
from collections.abc import Set
from pathlib import Path
from typing import Literal

import numpy as np

from gankit.checks import check_choice, printable
from gankit.data import checks
from gankit.data.batches import make_dataset
from gankit.data.crops import random_crop
from gankit.data.draws import PLACES, draw
from gankit.data.files import check_options
from gankit.data.flips import make_flip
from gankit.data.folders import find_images, leave_out_damaged
from gankit.data.images import CHANNELS, scale
from gankit.data.reader import Reader
from gankit.data.source import make_order, make_source
from gankit.typing import ColorMode, Dataset, Flip, OnError, PathLike, Size, ValueRange

SIDES = ("left", "right")


def from_pairs(
    path: PathLike,
    inputs: PathLike | None = None,
    *,
    image_size: Size,
    batch_size: int,
    input_side: Literal["left", "right"] = "right",
    load_size: Size | None = None,
    flip: Flip | None = None,
    color_mode: ColorMode = "rgb",
    value_range: ValueRange = (-1, 1),
    on_error: OnError = "raise",
    shuffle: bool = True,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of pairs: images to learn to make, and what they are made from.

    A pair is either one file that shows both side by side, or two files of the same name in two
    folders. Whatever happens to one of a pair, a crop or a mirror image, happens to the other.

    Args:
        path: a folder, of pairs or of the images to make.
        inputs: a folder of what they are made from, None where each file holds a pair.
        image_size: ``(height, width)`` in pixels of one image.
        batch_size: pairs a batch.
        input_side: ``"left"`` or ``"right"``, where the input stands in a file that holds a pair.
        load_size: ``(height, width)`` to resize to first; a random part of ``image_size`` is then
            cut out. None for no crops. Isola et al. 2017 load (286, 286) for (256, 256).
        flip: ``"horizontal"`` mirrors half of the pairs at random, both images of a pair together,
            see ``from_directory``; None leaves all as they are.
        color_mode: ``"rgb"``, ``"grayscale"``, or ``"rgba"``, which keeps transparency.
        value_range: ``(low, high)`` within [-1, 1]: where black and white go.
        on_error: as in ``from_directory``; with two folders, ``"skip"`` leaves a pair out if either
            of its files is damaged or missing, or if two files of a folder, such as ``a.jpg`` and
            ``a.png``, have its name.
        shuffle: whether each epoch has a new order.
        seed: integer; with the epoch's number it settles order, crops and mirror images.

    Returns:
        A dataset of pairs ``(images, inputs)``, each float32 ``(batch_size, height,
        width, channels)`` in ``value_range``: what a conditional GAN takes.

    Raises:
        ValueError: no such folder, no images, names that are in one folder only, an image that
            can't be read, two images of one name in a folder, a ``load_size`` below
            ``image_size``, a batch larger than the data, another ``flip``.

    Examples:
        >>> _ = gankit.save_images(images[:4], "photos")
        >>> _ = gankit.save_images(-images[:4], "negatives")
        >>> dataset = data.from_pairs("photos", "negatives", image_size=(28, 28), batch_size=2)
        >>> [ops.shape(part) for part in next(iter(dataset))]
        [(2, 28, 28, 3), (2, 28, 28, 3)]
    """
    options = check_options(image_size, None, flip, color_mode, value_range, on_error, seed)
    check_choice("input_side", input_side, SIDES)
    image_size, value_range = options["image_size"], options["value_range"]
    load_size = checks.check_size(load_size, "load_size") or image_size
    if any(load < size for load, size in zip(load_size, image_size, strict=True)):
        raise ValueError(f"load_size={load_size} must be at least image_size={image_size}.")
    pairs: SideBySide | TwoFolders
    if inputs is None:
        pairs = SideBySide(path, input_side, color_mode, load_size, on_error)
    else:
        pairs = TwoFolders(path, inputs, color_mode, load_size, on_error)
    checks.check_batch_size(batch_size, len(pairs))

    mirror = make_flip(flip, len(pairs), seed)
    places = draw((len(pairs), 2), seed, PLACES)

    def read(indices, epoch):
        together, used = pairs.read(indices)
        if load_size != image_size:
            numbers = zip(together, places(epoch)[used], strict=True)
            together = np.stack([random_crop(pair, image_size, two) for pair, two in numbers])
        together = scale(mirror(together, used, epoch), value_range)
        return tuple(np.split(together, 2, axis=-1))

    order = make_order(len(pairs), seed, shuffle)
    parts = [((*image_size, CHANNELS[color_mode]), "float32")] * 2
    return make_dataset(make_source(read, order, len(pairs), batch_size, parts))


class SideBySide:
    """Pairs of which each is one file."""

    def __init__(
        self,
        path: PathLike,
        input_side: Literal["left", "right"],
        color_mode: ColorMode,
        size: Size,
        on_error: OnError,
    ):
        file_size = (size[0], 2 * size[1])
        paths = leave_out_damaged(find_images(path, on_error), path, on_error, file_size)
        self.reader = Reader(paths, color_mode, size, None, on_error, columns=2)
        self.input_first = input_side == "left"

    def __len__(self) -> int:
        return len(self.reader.paths)

    def read(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns pairs on the channel axis, inputs last, and their indices."""
        pairs, used = self.reader.read(indices)
        if self.input_first:
            pairs = np.roll(pairs, pairs.shape[-1] // 2, axis=-1)
        return pairs, used


class TwoFolders:
    """Pairs of which each is a file of the same name in two folders."""

    def __init__(
        self, path: PathLike, inputs: PathLike, color_mode: ColorMode, size: Size, on_error: OnError
    ):
        folders = (path, inputs)
        found = [
            leave_out_damaged(find_images(folder, on_error), folder, on_error, size)
            for folder in folders
        ]
        files = [name_images(*both, on_error) for both in zip(found, folders, strict=True)]
        names = sorted(files[0].keys() & files[1].keys())
        report_lonely(files[0].keys() ^ files[1].keys(), folders, on_error)
        self.readers = [
            Reader([part[name] for name in names], color_mode, size, None, on_error)
            for part in files
        ]

    def __len__(self) -> int:
        return len(self.readers[0].paths)

    def read(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns pairs on the channel axis, inputs last, and their indices."""
        (images, used), (inputs, theirs) = (reader.read(indices) for reader in self.readers)
        if not np.array_equal(used, theirs):
            raise ValueError(
                "A file of a pair can't be read any more: start again to leave it out."
            )
        return np.concatenate([images, inputs], axis=-1), used


def name_images(paths: list[str], folder: PathLike, on_error: OnError) -> dict[str, str]:
    """Returns the image files of a folder by their names in it, without endings.

    Names that several files share, such as ``a.jpg`` and ``a.png``, are told in an error or a
    warning and left out: nobody knows which file is meant.
    """
    alike: dict[str, list[str]] = {}
    for path in paths:
        alike.setdefault(str(Path(path).relative_to(folder).with_suffix("")), []).append(path)
    shared = [files for files in alike.values() if len(files) > 1]
    if shared:
        first = " and ".join(printable(Path(file).name) for file in shared[0])
        report(
            f"{sum(map(len, shared))} images in {str(folder)!r} share {len(shared)} names, the "
            f"first are {first}, so that it can't be told which one belongs to a pair.",
            on_error,
        )
    return {name: files[0] for name, files in alike.items() if len(files) == 1}


def report_lonely(names: Set[str], folders: tuple[PathLike, PathLike], on_error: OnError) -> None:
    """Names images without a partner, if there are any, in an error or a warning."""
    if not names:
        return
    lonely = sorted(names)
    by_look: dict[str, list[str]] = {}
    for name in lonely:
        by_look.setdefault(unicodedata.normalize("NFC", name).casefold(), []).append(name)
    similar = next((" and ".join(map(ascii, two)) for two in by_look.values() if len(two) > 1), "")
    hint = f" Names must be equal in case and accents, too: {similar} are not." if similar else ""
    report(
        f"Each image in {str(folders[0])!r} needs one of the same name in {str(folders[1])!r}, but "
        f"{len(lonely)} names are in one of them only, or have no partner that can be read, the "
        f"first is {lonely[0]!r}.{hint}",
        on_error,
    )


def report(message: str, on_error: OnError) -> None:
    """Raises ``ValueError``, or warns of images that are left out."""
    if on_error == "raise":
        raise ValueError(f"{message} Pass on_error='skip' to leave them out.")
    warnings.warn(f"{message} They are left out.", stacklevel=5)
