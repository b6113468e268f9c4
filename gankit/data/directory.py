"""Datasets from a folder of image files, read during training."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_choice, printable
from gankit.data import checks
from gankit.data.batches import make_dataset
from gankit.data.files import check_options, source_of_files
from gankit.data.folders import find_images, find_subfolders, leave_out_damaged
from gankit.data.labels import check_condition, number_texts
from gankit.typing import ColorMode, Dataset, Fit, Flip, OnError, PathLike, Size, ValueRange


def from_directory(
    path: PathLike,
    *,
    image_size: Size,
    batch_size: int,
    labels: Literal["inferred"] | Mapping[str, ArrayLike] | None = None,
    classes: Collection[str] | None = None,
    color_mode: ColorMode = "rgb",
    center_crop: Size | None = None,
    fit: Fit = "crop",
    flip: Flip | None = None,
    value_range: ValueRange = (-1, 1),
    on_error: OnError = "raise",
    cache: bool = False,
    shuffle: bool = True,
    seed: int = 0,
) -> Dataset:
    """Returns a dataset of batches that are read from the image files below a folder.

    Files are found in all subfolders, by their endings, and sorted by name; hidden files and
    folders, whose names begin with a dot, are left out, and links to folders aren't followed. The
    format is recognized by a file's content: JPEG, PNG, GIF (only the first frame), WebP, BMP, TIFF
    or AVIF; transparent areas become white. Files are decoded during training, so memory does not
    grow with the folder.

    Args:
        path: the folder.
        image_size: ``(height, width)`` in pixels, to which images are resized, with antialiasing.
        batch_size: images per batch. All batches have this size; leftover images at the end of an
            epoch are not used in that epoch.
        labels: None, or ``"inferred"``: each image's class is the subfolder of ``path`` that it is
            in, numbered in the order of the names. Or a dict from each file's path relative to
            ``path``, such as ``"beach/1.jpg"``, to its label: a class or its name, a number or a
            vector, see ``from_arrays``. With labels, the dataset contains ``(images, labels)``.
        classes: keeps only the images in these subfolders of ``path``, e.g. ``["frog"]``; the
            numbers of classes don't change.
        color_mode: ``"rgb"``, ``"grayscale"``, or ``"rgba"``, which keeps transparency.
        center_crop: ``(height, width)`` of a different centred box to crop to, before resizing.
        fit: what to do with an image of another aspect ratio: ``"crop"`` keeps the largest centred
            box of the right one, ``"pad"`` keeps the whole image and adds black borders
            (transparent ones in RGBA), and ``"stretch"`` keeps the whole image but distorts it.
        flip: ``"horizontal"`` mirrors each image, left to right, with probability 1/2. Which images
            are mirrored depends only on ``seed``, the epoch's number and the image's index. None
            leaves all unchanged.
        value_range: ``(low, high)`` within [-1, 1], the values of black and white.
        on_error: what to do with an image that can't be read. ``"raise"`` raises an error that
            names it. ``"skip"`` leaves it out, with a warning; if the damage shows only during
            training, the next readable image takes its place.
        cache: whether to decode all images once and keep them in memory, at
            ``height * width * channels`` bytes each.
        shuffle: whether each epoch has a new order, which depends only on ``seed`` and the epoch's
            number; False keeps the files' order.
        seed: integer.

    Returns:
        A dataset of float32 images ``(batch_size, height, width, channels)`` in ``value_range``, or
        of pairs of them with labels, see ``from_arrays``. Its attributes ``file_paths`` and
        ``class_names`` (the names of the classes in the order of their numbers, or None if there
        are none) say what was found.

    Raises:
        ValueError: no such folder, no images, an image that can't be read or that is missing from
            ``labels``, a batch larger than the data, an unknown ``flip``.
        TypeError: labels that are not numbers.

    Examples:
        >>> for name in ("cats", "dogs"):
        ...     _ = gankit.save_images(images[:8], f"photos/{name}")
        ...
        >>> dataset = data.from_directory(
        ...     "photos", image_size=(16, 16), batch_size=4, labels="inferred", flip="horizontal"
        ... )
        >>> dataset.class_names
        ['cats', 'dogs']
        >>> [ops.shape(part) for part in next(iter(dataset))]
        [(4, 16, 16, 3), (4,)]

    See Also:
        ``from_shards``, for more images than a folder handles well; [images of your
        own](../own_data.md).
    """
    if not isinstance(labels, Mapping):
        check_choice("labels, unless it is a dict by file,", labels, (None, "inferred"))
    check_choice("fit", fit, ("crop", "pad", "stretch"))
    options = check_options(image_size, center_crop, flip, color_mode, value_range, on_error, seed)
    checks.check_classes(classes)
    paths = find_images(path, on_error, classes)
    paths = leave_out_damaged(paths, path, on_error, image_size, options["center_crop"])
    class_names, label_array = None, None
    if isinstance(labels, Mapping):
        label_array, class_names = look_up_labels(paths, path, labels)
    elif labels == "inferred":
        class_names = find_subfolders(path)
        label_array = infer_labels(paths, path, class_names)
    options |= {"batch_size": batch_size, "cache": cache, "shuffle": shuffle, "fit": fit}
    return dataset_of_files(paths, label_array, class_names, options)


def dataset_of_files(
    paths: list[str],
    labels: np.ndarray | None,
    class_names: list[str] | None,
    options: Mapping[str, Any],
) -> Dataset:
    """Returns the dataset of checked files, with attributes that say what was found.

    Args:
        paths: of the files.
        labels: a row for each of them.
        class_names: in the order of their numbers, None where there are no classes.
        options: see ``source_of_files``.
    """
    dataset = make_dataset(source_of_files(paths, labels, **options))
    dataset.file_paths, dataset.class_names = paths, class_names
    return dataset


def infer_labels(files: list[str], path: PathLike, class_names: list[str]) -> np.ndarray:
    """Returns for each file the index of its subfolder of ``path``, int32."""
    inside = [Path(file).relative_to(path).parts for file in files]
    loose = [file for file, parts in zip(files, inside, strict=True) if len(parts) == 1]
    if loose:
        raise ValueError(
            f"The classes are the subfolders of {str(path)!r}, but {len(loose)} images are in none "
            f"of them, such as {printable(loose[0])}. Move them into one."
        )
    index = {name: number for number, name in enumerate(class_names)}
    return np.array([index[parts[0]] for parts in inside], np.int32)


def look_up_labels(
    files: list[str], path: PathLike, labels: Mapping[str, ArrayLike]
) -> tuple[np.ndarray | None, list[str] | None]:
    """Returns each file's label, by its path relative to ``path``, and the names of classes."""
    inside = [Path(file).relative_to(path).as_posix() for file in files]
    missing = [name for name in inside if name not in labels]
    if missing:
        known = f" The keys look like {next(iter(labels))!r}." if labels else ""
        raise ValueError(
            f"labels lack {len(missing)} of the {len(files)} images in {str(path)!r}, the first is "
            f"{printable(missing[0])!r}.{known} Give a label for each image's path below the "
            "folder, or move the others away."
        )
    numbers, class_names = number_texts(np.array([labels[name] for name in inside]))
    return check_condition(numbers, len(files)), class_names
