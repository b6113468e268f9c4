"""Instance selection: real images from dense regions of the data, to train on."""

import keras
import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_fraction
from gankit.metrics.features import ImagesOrFeatures, as_features


def select_instances(
    images: ImagesOrFeatures,
    share: float = 0.5,
    *,
    extractor: keras.Model | None = None,
    labels: ArrayLike | None = None,
) -> np.ndarray:
    """Returns the indices of the images that lie in dense regions of the data.

    Instance selection: a normal distribution is fitted to the features of all images, and those of
    the highest likelihood are kept. Trained on these, a small GAN spends no capacity on rare
    images, and draws clearer images that differ less.

    Args:
        images: an array ``(n, height, width, channels)``, or their features, see ``extract``.
        share: of the images that are kept, in (0, 1].
        extractor: extracts the features of images; None for ``extractors.inception()``.
        labels: integers ``(n,)``: the share is then kept of each class by itself.

    Returns:
        Indices of the images to keep, int64, in ascending order: ``images[kept]``.

    Raises:
        ValueError: a share out of its range, labels of another number, or no more images, in all or
            of a class, than features, which say nothing of each other then.

    Examples:
        >>> features = np.float32([[0.0], [0.1], [-0.1], [5.0]])
        >>> metrics.select_instances(features, share=0.75)
        array([0, 1, 2])

    References:
        DeVries et al. 2020, "Instance Selection for GANs", arXiv:2007.15255.
    """
    check_fraction("share", share, "(0, 1]")
    values = as_features(images, extractor).values.astype(np.float64)
    labels = np.zeros(len(values)) if labels is None else np.asarray(labels)
    if labels.shape != (len(values),):
        raise ValueError(
            f"labels must have one row for each of the {len(values)} images, got {labels.shape}."
        )
    kept = []
    for label in np.unique(labels):
        (places,) = np.nonzero(labels == label)
        if len(places) <= values.shape[1]:
            raise ValueError(
                f"A normal distribution needs more images than features, got {len(places)} images "
                f"of {values.shape[1]} features: take more of them, all classes at once, or an "
                "extractor of fewer features."
            )
        order = np.argsort(squared_distances(values[places]), kind="stable")
        kept.append(places[order[: max(1, round(share * len(places)))]])
    return np.sort(np.concatenate(kept))


def squared_distances(values: np.ndarray) -> np.ndarray:
    """Returns the squared Mahalanobis distance of each row from the mean, ``(n,)``.

    The lower, the higher the likelihood. Directions in which rows hardly differ count as if they
    differed by a thousandth of what they do in the widest one.
    """
    centred = values - values.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(values))
    least = max(1e-6 * variances[-1], np.finfo(np.float64).tiny)
    return np.sum(np.square(centred @ directions) / np.maximum(variances, least), axis=1)
