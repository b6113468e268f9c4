"""The real images nearest to each generated one, to see whether a generator copies."""

from typing import NamedTuple

import keras
import numpy as np

from gankit.checks import check_at_least_one
from gankit.metrics.checks import check_rows
from gankit.metrics.features import Features, ImagesOrFeatures, as_features, check_images, is_array
from gankit.metrics.neighbours import distance_blocks

BLOCK = 1024  # images of either side in memory as floats
SPARE = 8  # candidates beyond k, whose order float32 may have got wrong


class NearestNeighbours(NamedTuple):
    """The ``k`` real images nearest to each of ``n`` generated ones, the nearest first.

    Attributes:
        indices: which real images they are, int64 ``(n, k)``; ``real[indices]`` shows them.
        distances: Euclidean distances to them, float64 ``(n, k)``; 0 for an exact copy.

    Examples:
        >>> found = metrics.nearest_neighbours(gan.generate(condition=[7], seed=0), digits[:500])
        >>> digits[found.indices[0]].shape
        (1, 28, 28, 1)
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest_neighbours(
    generated: ImagesOrFeatures,
    real: ImagesOrFeatures,
    extractor: keras.Model | None = None,
    k: int = 1,
) -> NearestNeighbours:
    """Returns the real images that lie nearest to each generated one.

    Look at both side by side to see whether the generator copies its training images. Pixels find
    exact copies; features also find copies that are shifted or differ in colour. To find mirrored
    copies too, pass ``np.concatenate([photos, photos[:, :, ::-1]])`` as ``real``.

    All pairs are compared, a block at a time: beyond what you pass, and the features of an
    extractor, memory holds some 3,000 images as floats, whatever their number.

    Args:
        generated: images, an array ``(n, height, width, channels)``, uint8 or floats in [-1, 1]; or
            their features, ``Features`` or an array ``(n, features)``.
        real: likewise, ``m`` images of the same size, usually those that the GAN was trained on.
        extractor: the Keras model in whose features images are compared, see
            ``gankit.metrics.extractors``. None compares pixels in [-1, 1], where the distance is at
            most ``2 * sqrt(height * width * channels)``.
        k: how many neighbours to find.

    Raises:
        ValueError: images of different shapes, features of different lengths, values that are not
            finite or out of range, or fewer than ``k`` real images.
        TypeError: a dataset, whose images have no indices.

    Examples:
        >>> found = metrics.nearest_neighbours(digits[:2], digits[:100], k=2)
        >>> found.indices[:, 0], found.distances[:, 0]  # exact copies
        (array([0, 1]), array([0., 0.]))

    See Also:
        ``data_copying``, a test of many images at once.
    """
    check_at_least_one("k", k)
    generated = as_array(generated, extractor, "generated")
    real = as_array(real, extractor, "real")
    if generated.shape[1:] != real.shape[1:]:
        raise ValueError(
            f"Generated images have the shape {generated.shape[1:]} and real ones "
            f"{real.shape[1:]}. Compare images of one size, features of one extractor, or give "
            "both as images with extractor=..., which resizes them."
        )
    if k > len(real):
        raise ValueError(f"k={k} neighbours need as many real images, got {len(real)}.")
    starts = range(0, len(generated), BLOCK)
    found = [search(as_rows(generated[start : start + BLOCK]), real, k) for start in starts]
    return NearestNeighbours(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def as_array(images: ImagesOrFeatures, extractor: keras.Model | None, name: str) -> np.ndarray:
    """Returns images, where pixels are to be compared, or else features ``(n, features)``."""
    if not isinstance(images, Features) and not is_array(images):
        raise TypeError(
            f"The {name} images must be an array, so that an index says which one is meant, got "
            f"{type(images).__name__}. np.concatenate(list(dataset)) makes an array of a dataset "
            "with shuffle=False."
        )
    if not isinstance(images, Features) and np.ndim(images) == 4 and extractor is None:
        array = np.asarray(images)
    else:
        array = check_rows(as_features(images, extractor).values, name)
    if not len(array):
        raise ValueError(f"There are no {name} images, at least one is needed.")
    return array


def as_rows(images: np.ndarray) -> np.ndarray:
    """Returns the pixels of images as vectors in [-1, 1]; features stay as they are."""
    return images if images.ndim == 2 else check_images(images).reshape(len(images), -1)


def search(rows: np.ndarray, real: np.ndarray, k: int) -> NearestNeighbours:
    """Returns the nearest of all real images to each row.

    Products of matrices, which are fast, find some more candidates than k. Differences then tell
    their exact distances: products would give a copy a distance above 0.
    """
    number = min(k + SPARE, len(real))
    indices, rough = np.empty((len(rows), 0), np.int64), np.empty((len(rows), 0))
    for start in range(0, len(real), BLOCK):
        near = find_candidates(rows, as_rows(real[start : start + BLOCK]), number)
        indices = np.concatenate([indices, start + near.indices], axis=1)
        rough = np.concatenate([rough, near.distances], axis=1)
        indices, rough = keep_nearest(indices, rough, number)
    squares = [
        np.square(rows - as_rows(real[column]), dtype=np.float64).sum(axis=1)
        for column in indices.T
    ]
    return keep_nearest(indices, np.sqrt(np.stack(squares, axis=1)), k)


def find_candidates(rows: np.ndarray, real: np.ndarray, number: int) -> NearestNeighbours:
    """Returns the nearest of a block of real rows in any order, by rough distances."""
    number, found = min(number, len(real)), []
    for _, rough in distance_blocks(rows, real):
        indices = np.argpartition(rough, number - 1, axis=1)[:, :number]
        found.append((indices, np.take_along_axis(rough, indices, axis=1)))
    return NearestNeighbours(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def keep_nearest(indices: np.ndarray, distances: np.ndarray, k: int) -> NearestNeighbours:
    """Returns the k nearest of each row's candidates, the nearest first."""
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return NearestNeighbours(
        np.take_along_axis(indices, order, axis=1), np.take_along_axis(distances, order, axis=1)
    )
