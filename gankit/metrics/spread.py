"""The diversity of generated images, relative to that of real ones."""

import keras
import numpy as np

from gankit.metrics.checks import check_pair
from gankit.metrics.features import ImagesOrFeatures


def relative_spread(
    real: ImagesOrFeatures, fake: ImagesOrFeatures, *, extractor: keras.Model | None = None
) -> float:
    """Returns how far generated images lie from each other, where real ones give 1.

    The root of the features' total variance, generated over real: near 0 where the generator makes
    one image again and again, and lower than 1 where it leaves out modes. A quick sign of collapse,
    which needs few images; it does not say whether they are good.

    Args:
        real: images or their features, see ``gankit.metrics.extract``: ``Features``, or an array
            ``(n, features)``.
        fake: likewise, of ``m`` generated images.
        extractor: extracts the features of images; None for ``extractors.inception()``.

    Raises:
        ValueError: real images that are all the same, features that don't fit or are not finite.

    Examples:
        >>> real = np.float32([[-2.0], [2.0]])
        >>> round(metrics.relative_spread(real, real / 4), 3)
        0.25
    """
    real, fake = check_pair(real, fake, extractor)
    real_variance, fake_variance = (x.var(axis=0, dtype=np.float64).sum() for x in (real, fake))
    if real_variance == 0:
        raise ValueError(f"The {len(real)} real images are all the same: they have no spread.")
    return float(np.sqrt(fake_variance / real_variance))
