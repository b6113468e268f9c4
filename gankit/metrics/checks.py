"""Checks of features."""

import keras
import numpy as np
from numpy.typing import ArrayLike

from gankit.metrics.features import ImagesOrFeatures, as_features


def check_features(features: ArrayLike, name: str) -> np.ndarray:
    """Returns the features of two or more images, or says what is wrong with them."""
    features = check_rows(features, name)
    if len(features) < 2:
        raise ValueError(f"A distance needs at least two {name} images, got {len(features)}.")
    return features


def check_rows(features: ArrayLike, name: str) -> np.ndarray:
    """Returns features as a float array ``(n, features)``, or says what is wrong with them."""
    features = np.asarray(features)
    if features.ndim != 2 or features.dtype.kind != "f":
        raise ValueError(
            f"The {name} features must be floats of shape (images, features), got "
            f"{features.dtype} of shape {features.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(bad):
        raise ValueError(
            f"The {name} features hold NaN or infinity in {len(bad)} of {len(features)} rows, the "
            f"first is {bad[0]}."
        )
    return features


def check_pair(
    real: ImagesOrFeatures, fake: ImagesOrFeatures, extractor: keras.Model | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns both sets of features, of images too, or says what is wrong with them."""
    real = check_features(as_features(real, extractor).values, "real")
    fake = check_features(as_features(fake, extractor).values, "fake")
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"Real images have {real.shape[1]} features and fake ones {fake.shape[1]}: take both "
            "from the same extractor."
        )
    return real, fake
