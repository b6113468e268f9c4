"""Features of images: extracting them, and keeping them in files."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeGuard

import keras
import numpy as np

from gankit.archives import check_expansion
from gankit.checks import check_at_least_one, printable
from gankit.data.checks import check_values
from gankit.metrics import extractors
from gankit.training.by_products import ByProduct
from gankit.typing import ImageData, PathLike

MOST_PIXELS = 3_000_000  # per batch: 33 images of 299x299
INFINITE = -1  # tf.data.INFINITE_CARDINALITY


class Features(NamedTuple):
    """The features of images, from an extractor.

    Attributes:
        values: float32 ``(n, features)``.
        probabilities: of each class, float32 ``(n, classes)``; None if the extractor gives none.
        labels: the classes that the generator was given, integers ``(n,)``; None if there are none.

    Examples:
        >>> features = metrics.extract(images, metrics.extractors.digits(), verbose=0)
        >>> features.values.shape, features.probabilities.shape
        ((64, 576), (64, 10))
        >>> features.classes[:5], labels[:5]
        (array([5, 0, 4, 1, 9]), array([5, 0, 4, 1, 9], dtype=int32))
    """

    values: np.ndarray
    probabilities: np.ndarray | None = None
    labels: np.ndarray | None = None

    @property
    def classes(self) -> np.ndarray:
        """The class that the extractor finds in each image, integers ``(n,)``."""
        return self.known_probabilities().argmax(axis=1)

    def known_probabilities(self) -> np.ndarray:
        """Returns the probabilities, or raises ``ValueError`` if the extractor gives none."""
        if self.probabilities is None:
            raise ValueError(
                "These features have no probabilities: take an extractor whose second output is "
                "the probability of each class, such as gankit.metrics.extractors.digits()."
            )
        return self.probabilities


#: Images, or their features: ``Features``, or an array ``(n, features)``.
ImagesOrFeatures: TypeAlias = Features | ImageData


def as_features(images: ImagesOrFeatures, extractor: keras.Model | None = None) -> Features:
    """Returns ``Features``: those given, an array ``(n, features)``, or those of images."""
    if isinstance(images, Features):
        return images
    if is_array(images) and np.ndim(images) != 4:
        return Features(np.asarray(images))
    return extract(images, extractor)


def as_probabilities(images: ImagesOrFeatures, extractor: keras.Model | None = None) -> np.ndarray:
    """Returns given probabilities, an array ``(n, classes)``, or those of images."""
    if is_array(images) and np.ndim(images) != 4:
        return np.asarray(images)
    return as_features(images, extractor).known_probabilities()


def extract(
    images: ImageData,
    extractor: keras.Model | None = None,
    *,
    num_images: int | None = None,
    batch_size: int | None = None,
    file: PathLike | None = None,
    verbose: int = 1,
) -> Features:
    """Returns the features of images.

    Images are resized to the extractor's size, bilinearly and with antialiasing, and grey images
    are repeated over three channels if it takes colour.

    Args:
        images: an array ``(n, height, width, channels)``, uint8 or floats in [-1, 1]; or a dataset
            or another iterable of batches, with or without a condition, as ``fit`` takes them.
        extractor: a Keras model from images in [-1, 1] to features, see
            ``gankit.metrics.extractors``; None for ``extractors.inception()``.
        num_images: how many to use; by default all. Required for an infinite dataset.
        batch_size: images per pass; affects only memory and speed. None for 100, or fewer for an
            extractor of large images, whose feature maps would take gigabytes.
        file: path of an ``.npz``. If it exists, the features in it are returned and the images are
            ignored, so use a separate file for each set of images. Otherwise it is written; if that
            fails, there is only a warning.
        verbose: 1 for a progress bar, 0 for none.

    Returns:
        ``Features``, at 4 bytes per number: 50,000 images with 2,048 features take 410 MB.

    Raises:
        ValueError: fewer images than asked for, values that are not finite or out of range, shapes
            that the extractor can't take, a file of another extractor or number of images.
        TypeError: ``extractor`` is not a Keras model with one input.

    Examples:
        >>> features = metrics.extract(digits[:100], metrics.extractors.digits(), verbose=0)
        >>> features.values.shape
        (100, 576)
    """
    extractor = extractors.inception() if extractor is None else extractor
    check_extractor(extractor)
    total = count_images(images, num_images)
    if file is not None and Path(file).exists():
        return read_features(file, extractor, total)
    if file is not None:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    parts, done = [], 0
    progress = keras.utils.Progbar(total, unit_name="image", verbose=verbose)
    batch_size = choose_batch_size(extractor) if batch_size is None else batch_size
    for batch in batches_of_images(images, batch_size):
        batch = batch[: None if total is None else total - done]
        for start in range(0, len(batch), batch_size):
            parts.append(apply_extractor(extractor, batch[start : start + batch_size]))
        done += len(batch)
        progress.update(done, finalize=False)
        if done == total:
            break
    if num_images is not None and done < num_images:
        raise ValueError(f"Only {done} images were given, but {num_images} are needed.")
    if not done:
        raise ValueError("No images were given: the array or dataset is empty.")
    progress.update(done, finalize=True)
    features = Features(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    if file is not None:
        with ByProduct().writing(str(file)):
            write_features(file, extractor, features)
    return features


def choose_batch_size(extractor: keras.Model) -> int:
    """Returns how many images to process together."""
    sides = [side or 0 for side in extractor.inputs[0].shape[1:3]]
    return int(np.clip(MOST_PIXELS // max(1, sides[0] * sides[1]), 1, 100))


def check_extractor(extractor: keras.Model) -> None:
    """Raises ``TypeError`` unless ``extractor`` is a Keras model that takes images."""
    inputs = getattr(extractor, "inputs", None) or []
    if not isinstance(extractor, keras.Model) or [len(x.shape) for x in inputs] != [4]:
        raise TypeError(
            "An extractor is a keras.Model with one input, images of shape (height, width, "
            f"channels), got {extractor!r} with inputs of the shapes {[x.shape for x in inputs]}."
        )


def count_images(images: ImageData, num_images: int | None) -> int | None:
    """Returns how many images there will be, or None if that is unknown."""
    if num_images is not None:
        check_at_least_one("num_images", num_images)
        return num_images
    if has_no_end(images):
        raise ValueError(
            "The dataset has no end: say how many images, extract(..., num_images=...)."
        )
    return len(images) if is_array(images) else None


def has_no_end(images: ImageData) -> bool:
    """Returns whether images are a dataset that is known to be infinite."""
    if isinstance(images, keras.utils.PyDataset):
        return images.num_batches is None
    return hasattr(images, "cardinality") and images.cardinality() == INFINITE  # a tf.data.Dataset


def is_array(images: ImageData) -> TypeGuard[np.ndarray]:
    """Returns whether the images are an array."""
    return hasattr(images, "__array__")


def batches_of_images(images: ImageData, batch_size: int) -> Iterator[np.ndarray]:
    """Yields float32 images in [-1, 1], in batches."""
    if is_array(images):
        whole = np.asarray(images)
        images = (whole[start : start + batch_size] for start in range(0, len(whole), batch_size))
    for element in images:
        yield check_images(np.asarray(keras.utils.unpack_x_y_sample_weight(element)[0]))


def check_images(images: np.ndarray) -> np.ndarray:
    """Returns a batch as float32 in [-1, 1], or says what is wrong with it."""
    if images.ndim != 4:
        raise ValueError(
            "Images must come in batches of shape (n, height, width, channels), got "
            f"{images.shape}."
        )
    if images.dtype == np.uint8:
        return images / np.float32(127.5) - 1
    if images.dtype.kind != "f":
        raise ValueError(f"Images must be uint8 or floats in [-1, 1], got {images.dtype}.")
    check_values(images)
    return images.astype(np.float32)


def apply_extractor(extractor: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    """Returns an extractor's outputs for one batch, as float32 arrays ``(n, ...)``."""
    *size, channels = extractor.inputs[0].shape[1:]
    if channels == 3 and images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    if channels not in (None, images.shape[-1]):
        raise ValueError(
            f"The extractor {extractor.name!r} takes images of {channels} channels, got "
            f"{images.shape[-1]}."
        )
    prepare = getattr(extractor, "prepare", None)
    if prepare is not None:
        images = prepare(images)
    elif None not in size and images.shape[1:3] != tuple(size):
        images = keras.ops.image.resize(images, size, antialias=True, data_format="channels_last")
    outputs = keras.tree.flatten(extractor.predict_on_batch(images))
    return [np.asarray(x, np.float32).reshape(len(x), -1) for x in outputs[:2]]


def fingerprint(extractor: keras.Model) -> str:
    """Returns a short text that differs for other extractors, or other weights."""
    digest = hashlib.sha256()
    for weight in extractor.get_weights():
        digest.update(weight.tobytes())
    return f"{extractor.name} {digest.hexdigest()[:16]}"


def read_features(file: PathLike, extractor: keras.Model, total: int | None) -> Features:
    """Returns the features in a file, after checking that they are the requested ones."""
    try:
        with zipfile.ZipFile(file) as archive:
            check_expansion(archive, Path(file).stat().st_size)
        with np.load(file) as content:
            made_by = str(content["extractor"])
            features = Features(content["values"], content.get("probabilities"))
        for rows in (part for part in features if part is not None):
            if rows.ndim != 2 or rows.dtype != np.float32 or len(rows) != len(features.values):
                raise ValueError(f"rows of float32 are expected, got {rows.dtype} of {rows.shape}")
    except Exception as error:  # NumPy raises whatever the damaged part's reader raises
        raise ValueError(
            f"{printable(file)} can't be read as features: {error}. Delete it and it will be "
            "computed again."
        ) from error
    number = len(features.values)
    if made_by != fingerprint(extractor) or total not in (None, number):
        raise ValueError(
            f"{file} holds features of {number} images by the extractor {made_by!r}, but those of "
            f"{total or 'all'} images by {fingerprint(extractor)!r} are needed. Give "
            "another file, or delete this one."
        )
    return features


def write_features(file: PathLike, extractor: keras.Model, features: Features) -> None:
    """Writes features to a file, atomically."""
    arrays = {name: part for name, part in features._asdict().items() if part is not None}
    with tempfile.TemporaryDirectory(dir=Path(file).parent) as folder:
        unfinished = Path(folder) / "features.npz"
        np.savez(unfinished, extractor=fingerprint(extractor), **arrays)
        unfinished.replace(file)
