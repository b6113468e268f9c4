"""Metrics of classes: mode coverage, balance, and accuracy for the class asked for."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class ModeCoverage(NamedTuple):
    """How many classes appear at all, and how far their shares are from those of real images.

    Attributes:
        modes: number of classes that appear.
        divergence: Kullback-Leibler divergence of the generated shares from the real ones, in nats,
            from 0 on; infinite where a class appears that real images never show.

    Examples:
        >>> modes, divergence = metrics.ModeCoverage(modes=10, divergence=0.0)
        >>> modes
        10
    """

    modes: int
    divergence: float


class Matching(NamedTuple):
    """Which class each code of an unsupervised GAN stands for.

    Attributes:
        accuracy: share of images whose class is the one that their code stands for, in [0, 1].
        classes: the class of each code, integers ``(codes,)``, no class twice.

    Examples:
        >>> accuracy, classes = metrics.Matching(accuracy=0.8, classes=np.array([2, 0, 1]))
        >>> int(classes[0])  # code 0 draws class 2
        2
    """

    accuracy: float
    classes: np.ndarray


def check_probabilities(probabilities: ArrayLike) -> np.ndarray:
    """Returns a classifier's softmax as float64 ``(n, classes)``, or says what is wrong with it."""
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.ndim != 2 or not len(probabilities):
        raise ValueError(
            f"Probabilities must have the shape (images, classes), got {probabilities.shape}."
        )
    if not np.isfinite(probabilities).all():
        raise ValueError("Probabilities hold NaN or infinity.")
    if probabilities.min() < 0 or np.abs(probabilities.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError(
            "Each row of probabilities must add up to 1. If they are logits, take their softmax."
        )
    return probabilities


def mode_coverage(
    classes: ArrayLike, num_classes: int, *, real_shares: ArrayLike | None = None
) -> ModeCoverage:
    """Returns how many classes generated images cover, and how evenly.

    For stacked MNIST's 1,000 modes, take the classes of ``extractors.stacked_digits()``.

    Args:
        classes: what a classifier finds in each image, integers ``(n,)`` in 0..num_classes - 1:
            ``extract(images, extractor).classes``.
        num_classes: how many there are.
        real_shares: share of each class among real images, ``(num_classes,)``; by default all have
            the same.

    Raises:
        ValueError: no images, classes out of range, shares that don't fit.

    Examples:
        >>> coverage = metrics.mode_coverage([0, 0, 1, 1], num_classes=4)
        >>> coverage.modes, round(coverage.divergence, 3)  # ln 2: half of the classes
        (2, 0.693)

    References:
        Srivastava et al. 2017, "VEEGAN", arXiv:1705.07761; Lin et al. 2017, "PacGAN",
        arXiv:1712.04086.
    """
    classes = np.asarray(classes)
    if classes.ndim != 1 or not len(classes) or classes.dtype.kind not in "iu":
        raise ValueError(
            f"classes must be integers of shape (images,), got {classes.dtype} of shape "
            f"{classes.shape}."
        )
    if classes.min() < 0 or classes.max() >= num_classes:
        raise ValueError(
            f"classes must lie in 0..{num_classes - 1}, got {classes.min()}..{classes.max()}."
        )
    if real_shares is None:
        real_shares = np.full(num_classes, 1 / num_classes)
    real_shares = np.asarray(real_shares, np.float64)
    if real_shares.shape != (num_classes,) or abs(real_shares.sum() - 1) > 1e-6:
        raise ValueError(f"real_shares must be {num_classes} numbers that add up to 1.")
    counts = np.bincount(classes, minlength=num_classes)
    found = counts > 0
    shares = counts[found] / len(classes)
    with np.errstate(divide="ignore"):
        divergence = (shares * np.log(shares / real_shares[found])).sum()
    return ModeCoverage(int(found.sum()), float(max(divergence, 0.0)))


def class_accuracy(classes: ArrayLike, asked: ArrayLike) -> float:
    """Returns the share of generated images in which a classifier finds the class asked for.

    Args:
        classes: what a classifier finds in each image, integers ``(n,)``:
            ``extract(images, extractor).classes``.
        asked: what the generator was told, integers ``(n,)``.

    Raises:
        ValueError: shapes that don't fit.

    Examples:
        >>> extractor = metrics.extractors.digits()
        >>> drawn = gan.generate(condition=labels[:100], seed=0)
        >>> found = metrics.extract(drawn, extractor, verbose=0).classes
        >>> metrics.class_accuracy(found, labels[:100]) > 0.9
        True

    References:
        Odena et al. 2016, "Conditional Image Synthesis with Auxiliary Classifier GANs",
        arXiv:1610.09585.
    """
    classes, asked = np.asarray(classes), np.asarray(asked)
    if classes.ndim != 1 or classes.shape != asked.shape or not len(classes):
        raise ValueError(
            f"classes and asked must have the same shape (images,), got {classes.shape} and "
            f"{asked.shape}."
        )
    return float(np.mean(classes == asked))


def match_codes(classes: ArrayLike, codes: ArrayLike, num_classes: int) -> Matching:
    """Returns which class each code stands for: the best one-to-one assignment.

    For GANs that invent categories, as ``InfoGAN``: either of generated images, whose codes are
    what the generator was told, or of real ones, whose codes are what the discriminator reads.

    Args:
        classes: what images show, integers ``(n,)`` in 0..num_classes - 1.
        codes: their codes, integers ``(n,)`` in 0..num_classes - 1.
        num_classes: how many of both there are, at most 16: all assignments are looked at.

    Raises:
        ValueError: shapes that don't fit, or numbers out of range.

    Examples:
        >>> matching = metrics.match_codes(
        ...     classes=[2, 2, 0, 1, 1], codes=[0, 0, 1, 2, 1], num_classes=3
        ... )
        >>> matching.accuracy, matching.classes
        (0.8, array([2, 0, 1]))

    References:
        Chen et al. 2016, "InfoGAN", arXiv:1606.03657, section 7.2.
    """
    classes, codes = np.asarray(classes), np.asarray(codes)
    class_accuracy(classes, codes)  # for its check of shapes
    if not 1 <= num_classes <= 16:
        raise ValueError(f"num_classes must lie in 1..16, got {num_classes}.")
    for name, values in (("classes", classes), ("codes", codes)):
        if values.min() < 0 or values.max() >= num_classes:
            raise ValueError(
                f"{name} must lie in 0..{num_classes - 1}, got {values.min()}..{values.max()}."
            )
    counts = np.zeros((num_classes, num_classes), int)
    np.add.at(counts, (codes, classes), 1)
    # The best assignment of the first codes to each set of classes, one code after the other.
    best: dict[frozenset[int], tuple[int, tuple[int, ...]]] = {frozenset(): (0, ())}
    for row in counts:
        longer: dict[frozenset[int], tuple[int, tuple[int, ...]]] = {}
        for taken, (hits, assigned) in best.items():
            for one in set(range(num_classes)) - taken:
                offer = (hits + int(row[one]), (*assigned, one))
                longer[taken | {one}] = max(longer.get(taken | {one}, offer), offer)
        best = longer
    ((hits, assigned),) = best.values()
    return Matching(hits / len(classes), np.array(assigned))
