"""CelebA as its authors distribute it: a folder of faces and a table of their attributes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gankit.checks import printable
from gankit.data.batches import make_dataset
from gankit.data.files import check_options, source_of_files
from gankit.data.folders import find_images, leave_out_damaged
from gankit.typing import Dataset, Flip, OnError, PathLike, Size, ValueRange

TABLE = "list_attr_celeba.txt"


def from_celeba(
    path: PathLike,
    *,
    image_size: Size,
    batch_size: int,
    table: PathLike | None = None,
    attributes: Sequence[str] | None = None,
    keep: Sequence[str] | None = None,
    center_crop: Size | None = None,
    flip: Flip | None = None,
    value_range: ValueRange = (-1, 1),
    on_error: OnError = "raise",
    cache: bool = False,
    shuffle: bool = True,
    seed: int = 0,
) -> Dataset:
    r"""Returns a dataset of batches of CelebA's faces, with attributes as their condition.

    Args:
        path: the folder of aligned faces, ``img_align_celeba``; part of the images will do.
        image_size: ``(height, width)`` in pixels to resize to, with antialiasing. The largest
            centred box of that aspect ratio is kept.
        batch_size: images per batch, see ``from_directory``.
        table: the path of ``list_attr_celeba.txt``; by default it is looked for in the folder and
            beside it.
        attributes: names of attributes, e.g. ``["Smiling", "Male"]``; with them the dataset holds
            ``(images, attributes)``.
        keep: keeps only the faces that have all of these attributes, or with a minus don't have
            them, e.g. ``["Smiling", "-Eyeglasses"]``.
        center_crop: ``(height, width)`` of another centred box to keep, before resizing. The faces
            are 218 pixels high and 178 wide.
        flip: ``"horizontal"`` mirrors half of the images at random, see ``from_directory``.
        value_range: ``(low, high)`` within [-1, 1]: where black and white go.
        on_error: ``"raise"`` or ``"skip"``, see ``from_directory``.
        cache: whether to keep all images in memory, see ``from_directory``.
        shuffle: whether each epoch has a new order, see ``from_directory``.
        seed: integer.

    Returns:
        A dataset of float32 images ``(batch_size, height, width, 3)`` in
        ``value_range``, or of pairs of them with float32 attributes ``(batch_size,
        len(attributes))``, 1 where a face has the attribute and 0 where not. Its attributes
        ``file_paths`` and ``attribute_names`` say what was found.

    Raises:
        ValueError: no images or no table, a table that is damaged or misses an image, an attribute
            that is not in it, no face to keep, and what ``from_directory`` raises.
        TypeError: ``attributes`` or ``keep`` is no list.

    Examples:
        >>> _ = gankit.save_images(images[:2], "img_align_celeba")  # two of its 202,599
        >>> with open("list_attr_celeba.txt", "w") as table:
        ...     print(
        ...         "2", "Smiling Male", "000000.png 1 -1", "000001.png -1 1", sep="\n", file=table
        ...     )
        ...
        >>> faces = data.from_celeba(
        ...     "img_align_celeba",
        ...     image_size=(28, 28),
        ...     batch_size=1,
        ...     attributes=["Male"],
        ...     keep=["Smiling"],
        ... )
        >>> [ops.shape(part) for part in next(iter(faces))]
        [(1, 28, 28, 3), (1, 1)]

    References:
        Liu et al. 2015, "Deep Learning Face Attributes in the Wild", arXiv:1411.7766.
    """
    options = check_options(image_size, center_crop, flip, "rgb", value_range, on_error, seed)
    check_names("attributes", attributes)
    check_names("keep", keep)
    paths = find_images(path, on_error)
    rows: dict[str, np.ndarray] = {}
    if attributes or keep or table is not None:
        table = find_table(path) if table is None else Path(table)
        names, rows = read_table(table)
        columns = [find_attribute(name, names, table) for name in attributes or []]
        paths = select_files(paths, names, rows, keep or [], table)
    paths = leave_out_damaged(paths, path, on_error, image_size, options["center_crop"])
    values = None
    if attributes:
        values = np.array([rows[Path(path).name][columns] for path in paths], np.float32)
    source = source_of_files(
        paths, values, batch_size=batch_size, cache=cache, shuffle=shuffle, **options
    )
    dataset = make_dataset(source)
    dataset.file_paths, dataset.attribute_names = paths, list(attributes or [])
    return dataset


def check_names(argument: str, names: Sequence[str] | None) -> None:
    """Raises ``TypeError`` unless ``names`` is None or a list, which has an order."""
    if names is not None and not isinstance(names, list | tuple):
        raise TypeError(f"{argument} must be a list of names, got {names!r}: pass [{names!r}].")


def find_table(path: PathLike) -> Path:
    """Returns where the table of attributes is: in the folder of the images or beside it."""
    places = [Path(path) / TABLE, Path(path).resolve().parent / TABLE]
    for place in places:
        if place.is_file():
            return place
    raise ValueError(
        f"There is no {TABLE} in {str(path)!r} or beside it. It is part of CelebA: pass its path "
        "as table=..."
    )


def read_table(table: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """Returns the attributes' names, and for each image's name its booleans.

    The first line is the number of images, the second the names; each further one is an image's
    name and its values, 1 or -1.
    """
    if not table.is_file():
        raise ValueError(f"There is no file {str(table)!r}.")
    rows = {}
    with table.open(encoding="utf-8", errors="replace") as file:
        count, names = file.readline().strip(), file.readline().split()
        for number, line in enumerate(file, start=3):
            if not line.strip():
                continue
            image, *values = line.split()
            if len(values) != len(names) or not set(values) <= {"1", "-1"}:
                raise ValueError(
                    f"{table} is damaged: line {number} must be an image's name and {len(names)} "
                    f"values of 1 or -1, got {line.strip()[:80]!r}."
                )
            rows[image] = np.array([value == "1" for value in values])
    if count != str(len(rows)):
        raise ValueError(
            f"{table} is damaged: its first line must be the number of images that follow the line "
            f"of names, {len(rows)}, got {count[:40]!r}."
        )
    return names, rows


def select_files(
    files: list[str],
    names: list[str],
    rows: dict[str, np.ndarray],
    keep: Sequence[str],
    table: Path,
) -> list[str]:
    """Returns the files whose faces have the attributes in ``keep``."""
    missing = [file for file in files if Path(file).name not in rows]
    if missing:
        raise ValueError(
            f"{table} has no attributes of {len(missing)} of {len(files)} images, the first is "
            f"{printable(missing[0])}."
        )
    values = np.stack([rows[Path(file).name] for file in files])
    kept = np.ones(len(files), bool)
    for wish in keep:
        has = values[:, find_attribute(wish.removeprefix("-"), names, table)]
        kept &= ~has if wish.startswith("-") else has
    if not kept.any():
        raise ValueError(f"keep={list(keep)}: not one of {len(files)} faces is like that.")
    return [file for file, stays in zip(files, kept, strict=True) if stays]


def find_attribute(name: str, names: list[str], table: Path) -> int:
    """Returns the place of an attribute, or says which there are."""
    if name not in names:
        raise ValueError(f"{table} has no attribute {name!r}, it has {names}.")
    return names.index(name)
