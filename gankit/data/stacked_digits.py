"""Three digits in one colour image: a data set whose modes can be counted."""

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one, check_seed
from gankit.data.labels import check_labels

NUM_CLASSES = 10  # digits; stacked images have as many to the power of three


def stack_digits(
    images: ArrayLike, labels: ArrayLike, num_images: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Returns stacked MNIST: images whose red, green and blue are a random digit each.

    They have 1,000 modes, equally frequent but for chance and the digits' own shares. How many of
    them a generator finds, ``metrics.mode_coverage`` counts, in what
    ``metrics.extractors.stacked_digits()`` reads.

    Args:
        images: grey digits ``(n, height, width, 1)``, e.g. of ``sample_digits`` or ``load_mnist``.
        labels: their classes, integers ``(n,)`` in 0..9.
        num_images: how many to make. Papers train on 25,600 or 128,000.
        seed: integer; the same seed stacks the same digits.

    Returns:
        ``(images, labels)``: ``(num_images, height, width, 3)`` of the type of ``images``, and
        int32 ``(num_images,)``, ``100 * red + 10 * green + blue``.

    Raises:
        ValueError: images that aren't grey, labels that don't fit, a number below 1.

    Examples:
        >>> stacked, classes = data.stack_digits(digits, labels, num_images=100)
        >>> stacked.shape, int(classes.max()) < 1000
        ((100, 28, 28, 3), True)

    References:
        Metz et al. 2016, "Unrolled Generative Adversarial Networks", arXiv:1611.02163; Lin et al.
        2017, "PacGAN", arXiv:1712.04086.
    """
    check_at_least_one("num_images", num_images)
    check_seed(seed)
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 1 or not len(images):
        raise ValueError(
            f"images must be grey digits of shape (n, height, width, 1), got {images.shape}."
        )
    known = np.asarray(check_labels(labels, len(images), NUM_CLASSES))
    chosen = np.random.default_rng(seed).integers(len(images), size=(num_images, 3))
    stacked = np.concatenate([images[column] for column in chosen.T], axis=-1)
    return stacked, known[chosen] @ np.array([100, 10, 1], np.int32)
