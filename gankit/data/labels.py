"""Labels of images: classes, real numbers or vectors."""

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one
from gankit.data import checks


def number_texts(labels: ArrayLike | None) -> tuple[ArrayLike | None, list[str] | None]:
    """Returns a text for each image as a class, by the alphabet, and these; all else as it is."""
    array = np.asarray(labels)
    if array.ndim != 1 or not holds_texts(array):
        return labels, None
    names, numbers = np.unique(array.astype(str), return_inverse=True)
    return numbers, names.tolist()


def holds_texts(array: np.ndarray) -> bool:
    """Returns whether all values of an array are texts."""
    texts = array.dtype.kind == "O" and all(isinstance(value, str) for value in array.flat)
    return texts or array.dtype.kind in "US"


def check_condition(
    labels: ArrayLike | None, num_images: int, num_classes: int | None = None
) -> np.ndarray | None:
    """Returns classes as int32 ``(n,)``, other numbers as float32 ``(n,)`` or ``(n, numbers)``.

    Integers ``(n,)`` are classes, or -1 for an image without a label. Floats, and several
    numbers for each image, are not: real values such as an age, or a vector, such as one that has a
    1 for each label that fits.

    Raises:
        ValueError: labels of another shape, that are not finite, or of no class that there is.
        TypeError: neither integers nor floats; no integers, though ``num_classes`` is given.
    """
    if labels is None:
        return check_labels(None, num_images, num_classes)
    array = np.asarray(labels)
    if holds_texts(array):
        raise TypeError(
            f"labels must be numbers, got texts such as {array.flat[0]!r}. Number them: "
            "class_names, labels = np.unique(labels, return_inverse=True)"
        )
    one_each = array.shape in ((num_images,), (num_images, 1))
    if num_classes is not None or (one_each and array.dtype.kind != "f"):
        return check_labels(array, num_images, num_classes)
    if array.ndim not in (1, 2) or len(array) != num_images:
        raise ValueError(
            f"labels must have the shape ({num_images},) or ({num_images}, numbers), a row for "
            f"each image, got {array.shape}."
        )
    if array.dtype.kind not in "iufb":
        raise TypeError(f"labels must be integers or floats, got {array.dtype}.")
    bad = np.flatnonzero(~np.isfinite(array).reshape(num_images, -1).all(axis=1))
    if len(bad):
        raise ValueError(
            f"labels must be finite, but {len(bad)} of {num_images} hold NaN or infinity, the "
            f"first at index {bad[0]}. Remove these images, or say what their labels are."
        )
    return array.astype(np.float32)


def check_labels(
    labels: ArrayLike | None, num_images: int, num_classes: int | None
) -> np.ndarray | None:
    """Returns ``labels``, if there are any, as int32 ``(n,)``, or says what is wrong with them."""
    if num_classes is not None:
        check_at_least_one("num_classes", num_classes)
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape == (num_images, 1):
        labels = labels[:, 0]
    if labels.shape != (num_images,):
        hint = " If they are one-hot, pass labels.argmax(-1)." if labels.ndim == 2 else ""
        raise ValueError(
            f"labels must have the shape ({num_images},), one for each image, got "
            f"{labels.shape}.{hint}"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"labels must be integers, got {labels.dtype}. If they are classes, pass "
            "labels.astype('int32')."
        )
    allowed = "0 or more, or -1" if num_classes is None else f"in 0..{num_classes - 1}"
    bad = labels < -1 if num_classes is None else (labels < 0) | (labels >= num_classes)
    if bad.any():
        first = np.flatnonzero(bad)[0]
        raise ValueError(
            f"labels must be {allowed}, but {bad.sum()} of {num_images} are not: the first is "
            f"{labels[first]} at index {first}."
        )
    return labels.astype(np.int32)


def select_classes(
    images: np.ndarray, labels: np.ndarray | None, classes: Collection[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the images and labels whose label is one of ``classes``."""
    checks.check_classes(classes)
    if labels is None:
        raise ValueError(f"classes={classes!r} needs labels, which tell each image's class.")
    if labels.dtype.kind != "i":
        raise TypeError(
            f"classes={classes!r} needs labels that are classes, integers of shape "
            f"({len(images)},), got {labels.dtype} of shape {labels.shape}."
        )
    missing = set(classes) - set(labels.tolist())
    if missing:
        raise ValueError(
            f"classes={classes!r}: there is no image of {sorted(missing)}. "
            f"The labels hold {np.unique(labels).tolist()}."
        )
    keep = np.isin(labels, list(classes))
    return images[keep], labels[keep]
