"""CelebA as its authors distribute it: a folder of faces and a table of their attributes."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from gankit.data.checks import check_classes
from gankit.data.directory import find_images
from gankit.data.files import batches_of_files, check_options, leave_out_damaged

TABLE = "list_attr_celeba.txt"


def from_celeba(
    path,
    *,
    image_size,
    batch_size,
    table=None,
    attributes=None,
    keep=None,
    center_crop=None,
    value_range=(-1, 1),
    on_error="raise",
    cache=False,
    shuffle=True,
    seed=0,
) -> tf.data.Dataset:
    """Returns a dataset of batches of CelebA's faces, with attributes as their condition.

    Args:
        path: the folder of aligned faces, ``img_align_celeba``; part of the images will do.
        image_size: ``(height, width)`` in pixels to resize to, with antialiasing. The largest
            centred box of that aspect ratio is kept.
        batch_size: images a batch, see ``from_directory``.
        table: the path of ``list_attr_celeba.txt``; by default it is looked for in the folder and
            beside it.
        attributes: names of attributes, e.g. ``["Smiling", "Male"]``; with them the dataset holds
            ``(images, attributes)``.
        keep: keeps only the faces that have all of these attributes, or with a minus don't have
            them, e.g. ``["Smiling", "-Eyeglasses"]``.
        center_crop: ``(height, width)`` of another centred box to keep, before resizing. The faces
            are 218 pixels high and 178 wide.
        value_range: ``(low, high)`` within [-1, 1]: where black and white go.
        on_error: ``"raise"`` or ``"skip"``, see ``from_directory``.
        cache: whether to keep all images in memory, see ``from_directory``.
        shuffle: whether each epoch has a new order, see ``from_directory``.
        seed: integer.

    Returns:
        A ``tf.data.Dataset`` of float32 images ``(batch_size, height, width, 3)`` in
        ``value_range``, or of pairs of them with float32 attributes ``(batch_size,
        len(attributes))``, 1 where a face has the attribute and 0 where not. Its attributes
        ``file_paths`` and ``attribute_names`` say what was found.

    Raises:
        ValueError: no images or no table, a table that is damaged or misses an image, an attribute
            that is not in it, no face to keep, and what ``from_directory`` raises.

    References:
        Liu et al. 2015, "Deep Learning Face Attributes in the Wild", arXiv:1411.7766.
    """
    options = check_options(image_size, center_crop, "rgb", value_range, on_error, seed)
    check_classes(attributes, "attributes")
    check_classes(keep, "keep")
    files = leave_out_damaged(find_images(path, None), path, on_error)
    values = None
    if attributes or keep or table is not None:
        table = find_table(path) if table is None else Path(table)
        names, rows = read_table(table)
        values = look_up(files, rows, table)
        kept = keeps(values, names, keep or [], table)
        files, values = [files[index] for index in np.flatnonzero(kept)], values[kept]
        values = values[:, [find_attribute(name, names, table) for name in attributes or []]]
    dataset = batches_of_files(
        files,
        values.astype(np.float32) if attributes else None,
        batch_size=batch_size,
        cache=cache,
        shuffle=shuffle,
        **options,
    )
    dataset.file_paths, dataset.attribute_names = files, list(attributes or [])
    return dataset


def find_table(path) -> Path:
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
    with table.open() as file:
        count, names = file.readline().strip(), file.readline().split()
        lines = [line.split() for line in file if line.strip()]
    if count != str(len(lines)):
        raise ValueError(
            f"{table} is damaged: its first line must be the number of images that follow the line "
            f"of names, {len(lines)}, got {count[:40]!r}."
        )
    rows = {}
    for number, (image, *values) in enumerate(lines, start=3):
        if len(values) != len(names) or not set(values) <= {"1", "-1"}:
            raise ValueError(
                f"{table} is damaged: line {number} must be an image's name and {len(names)} "
                f"values of 1 or -1, got {' '.join([image, *values])[:80]!r}."
            )
        rows[image] = np.array([value == "1" for value in values])
    return names, rows


def look_up(files: list[str], rows: dict, table: Path) -> np.ndarray:
    """Returns the attributes of each file, booleans of shape ``(n, attributes)``."""
    missing = [file for file in files if Path(file).name not in rows]
    if missing:
        raise ValueError(
            f"{table} has no attributes of {len(missing)} of {len(files)} images, the first is "
            f"{missing[0]}."
        )
    return np.stack([rows[Path(file).name] for file in files])


def keeps(values: np.ndarray, names: list[str], wishes: list[str], table: Path) -> np.ndarray:
    """Returns for each face whether it meets all ``wishes``."""
    kept = np.ones(len(values), bool)
    for wish in wishes:
        kept &= values[:, find_attribute(wish.removeprefix("-"), names, table)] != (wish[0] == "-")
    if not kept.any():
        raise ValueError(f"keep={wishes!r}: not one of {len(values)} faces is like that.")
    return kept


def find_attribute(name: str, names: list[str], table: Path) -> int:
    """Returns the place of an attribute, or says which there are."""
    if name not in names:
        raise ValueError(f"{table} has no attribute {name!r}, it has {names}.")
    return names.index(name)
