"""Losses of the discriminator's scores.

A loss is a small stateless object with two methods, one for each phase. Both take raw scores
(logits) of any shape, such as ``(batch, 1)`` or, for a discriminator that scores patches,
``(batch, height, width, 1)``, and return one float32 value per score; the training step takes their
mean. Each loss is scaled as in its paper.
"""

import copy
from typing import Self

import keras
from keras import ops

from gankit.checks import check_fraction, choose
from gankit.configured import Configured
from gankit.typing import Number, Seed, Tensor


class Loss(Configured):
    """The base class of all losses.

    A new loss is a subclass with ``discriminator`` and ``generator``, registered with
    ``keras.saving.register_keras_serializable``; constructor arguments become attributes of the
    same name, from which ``get_config`` follows.

    Examples:
        >>> class Linear(losses.Loss):
        ...     def discriminator(self, real_scores, fake_scores, seed=None):
        ...         return fake_scores - real_scores
        ...
        ...     def generator(self, fake_scores, real_scores=None):
        ...         return -fake_scores
        ...
        >>> print(Linear().discriminator(np.float32([2.0]), np.float32([-1.0])))
        [-3.]

    See Also:
        [Add a loss](../add_a_loss.md).
    """

    #: Whether ``generator`` uses the real scores. That costs a pass of the discriminator on the
    #: real images in the generator's phase, so it is True only for relativistic losses.
    needs_real = False

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns the discriminator's loss for its scores of real and generated images.

        ``seed`` is an int or a ``keras.random.SeedGenerator``, for losses that draw noise.
        """
        raise NotImplementedError

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns the generator's loss for the scores of its images."""
        raise NotImplementedError

    def at(self, step: int | Tensor) -> Self:
        """Returns the loss after ``step`` training steps, for losses that follow a schedule."""
        return self

    def margins(self, real_scores: Tensor, fake_scores: Tensor) -> tuple[Tensor, Tensor]:
        """Returns by how much real and fake scores are right: values above 0 are right.

        By default, a score is right or wrong only in comparison: real scores should be above fake
        ones, and both margins are their difference.
        """
        margins = real_scores - fake_scores
        return margins, margins


class CrossEntropy(Loss):
    """The base class of the cross-entropy losses: the discriminator classifies real and fake.

    Its loss is the mean over real and fake images, as if both formed one batch; it is ln 2 if the
    discriminator can't tell them apart.

    Args:
        label_smoothing: s in [0, 1). One-sided: the real target becomes 1 - s, the fake one stays 0
            (Salimans et al. 2016, arXiv:1606.03498).
        label_noise: n in [0, 1). n * u is subtracted from both targets, with u drawn uniformly from
            [0, 1) for each score, in the discriminator's phase only (Deep Learning with Python,
            section 8.5, where the labels are swapped).

    Examples:
        >>> loss = losses.NonSaturating(label_smoothing=0.1)  # a subclass of it
        >>> cost = loss.discriminator(np.float32([0.0]), np.float32([0.0]))
        >>> print(np.round(cost, 3))  # ln 2: it can't tell real from fake
        [0.693]
    """

    def __init__(self, label_smoothing: float = 0.0, label_noise: float = 0.0):
        for name, value in (("label_smoothing", label_smoothing), ("label_noise", label_noise)):
            check_fraction(name, value, "[0, 1)")
        self.label_smoothing = label_smoothing
        self.label_noise = label_noise

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns the mean of the real score's and the fake score's cross-entropy, elementwise."""
        real_target = ops.full_like(real_scores, 1.0 - self.label_smoothing)
        fake_target = ops.zeros_like(fake_scores)
        if self.label_noise:
            noise = keras.random.uniform((2, *ops.shape(real_scores)), seed=seed)
            real_target -= self.label_noise * noise[0]
            fake_target -= self.label_noise * noise[1]
        real_cost = ops.binary_crossentropy(real_target, real_scores, from_logits=True)
        fake_cost = ops.binary_crossentropy(fake_target, fake_scores, from_logits=True)
        return (real_cost + fake_cost) / 2

    def margins(self, real_scores: Tensor, fake_scores: Tensor) -> tuple[Tensor, Tensor]:
        """Returns how far the probability of "real" is from one half, in logits."""
        return real_scores, -fake_scores


@keras.saving.register_keras_serializable(package="gankit")
class NonSaturating(CrossEntropy):
    """The default loss: the generator maximizes log D(G(z)).

    Discriminator: -(log D(x) + log(1 - D(G(z)))) / 2. Generator: -log D(G(z)), whose gradient
    doesn't vanish when the discriminator is confident (Goodfellow et al. 2014, arXiv:1406.2661,
    section 3).

    Args:
        label_smoothing: see ``CrossEntropy``.
        label_noise: see ``CrossEntropy``.

    Examples:
        >>> loss = losses.NonSaturating()
        >>> fake = np.float32([-4.0, 0.0, 4.0])
        >>> print(np.round(loss.generator(fake), 2))  # softplus(-score)
        [4.02 0.69 0.02]

    See Also:
        ``Minimax``, whose gradient vanishes at low scores.
    """

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns -log D(G(z)) = softplus(-score)."""
        return ops.softplus(-fake_scores)


@keras.saving.register_keras_serializable(package="gankit")
class Minimax(CrossEntropy):
    """The zero-sum game: the generator minimizes log(1 - D(G(z))).

    Discriminator: -(log D(x) + log(1 - D(G(z)))) / 2. The generator's gradient vanishes when the
    discriminator is confident (Goodfellow et al. 2014, arXiv:1406.2661, equation 1).

    Args:
        label_smoothing: see ``CrossEntropy``.
        label_noise: see ``CrossEntropy``.

    Examples:
        >>> loss = losses.Minimax()
        >>> fake = np.float32([-4.0, 0.0, 4.0])
        >>> print(np.round(loss.generator(fake), 2))  # -softplus(score): flat on the left
        [-0.02 -0.69 -4.02]

    See Also:
        ``NonSaturating``, the default.
    """

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns log(1 - D(G(z))) = -softplus(score)."""
        return -ops.softplus(fake_scores)


@keras.saving.register_keras_serializable(package="gankit")
class LeastSquares(Loss):
    """Pulls scores to 1 for real and 0 for fake images, by half the squared distance.

    Mao et al. 2016, arXiv:1611.04076, equation 9 (a = 0, b = c = 1).

    Examples:
        >>> loss = losses.LeastSquares()
        >>> real, fake = np.float32([1.0, 2.0]), np.float32([0.0, 2.0])
        >>> print(np.array(loss.discriminator(real, fake)))
        [0.  2.5]
        >>> print(np.array(loss.generator(fake)))
        [0.5 0.5]
    """

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns (real - 1)^2 / 2 + fake^2 / 2."""
        return (ops.square(real_scores - 1.0) + ops.square(fake_scores)) / 2

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns (fake - 1)^2 / 2."""
        return ops.square(fake_scores - 1.0) / 2

    def margins(self, real_scores: Tensor, fake_scores: Tensor) -> tuple[Tensor, Tensor]:
        """Returns how far a score is past the midpoint of both targets, towards its own target."""
        return real_scores - 0.5, 0.5 - fake_scores


@keras.saving.register_keras_serializable(package="gankit")
class Hinge(Loss):
    """Penalizes only scores inside the margin: real ones below 1, fake ones above -1.

    Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, equations 16 and 17.

    Args:
        margin_noise: n in [0, 1). Each score's margin becomes 1 - n * u, with u drawn uniformly
            from [0, 1), in the discriminator's phase only. ``FastGAN``'s authors train with 0.2.

    Examples:
        >>> loss = losses.Hinge()
        >>> real, fake = np.float32([2.0, 0.5]), np.float32([-2.0, 0.5])
        >>> print(np.array(loss.discriminator(real, fake)))  # nothing beyond the margin
        [0. 2.]
        >>> print(np.array(loss.generator(fake)))
        [ 2.  -0.5]
    """

    def __init__(self, margin_noise: float = 0.0):
        check_fraction("margin_noise", margin_noise, "[0, 1)")
        self.margin_noise = margin_noise

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns max(0, margin - real) + max(0, margin + fake), with a margin of 1."""
        margins = [1.0, 1.0]
        if self.margin_noise:
            noise = keras.random.uniform((2, *ops.shape(real_scores)), seed=seed)
            margins = [1.0 - self.margin_noise * part for part in (noise[0], noise[1])]
        return ops.relu(margins[0] - real_scores) + ops.relu(margins[1] + fake_scores)

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns -fake."""
        return -fake_scores

    def margins(self, real_scores: Tensor, fake_scores: Tensor) -> tuple[Tensor, Tensor]:
        """Returns real scores, and fake scores with their sign flipped."""
        return real_scores, -fake_scores


@keras.saving.register_keras_serializable(package="gankit")
class Wasserstein(Loss):
    """The difference of mean scores, for a critic whose gradient is bounded in some other way.

    See Arjovsky et al. 2017, arXiv:1701.07875, equation 2. A score is right only in comparison with
    another one.

    Examples:
        >>> loss = losses.Wasserstein()
        >>> real, fake = np.float32([3.0]), np.float32([1.0])
        >>> print(np.array(loss.discriminator(real, fake)), np.array(loss.generator(fake)))
        [-2.] [-1.]

    See Also:
        ``gankit.WGANGP`` and ``gankit.WGAN``, which bound the critic's gradient.
    """

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns fake - real."""
        return fake_scores - real_scores

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns -fake."""
        return -fake_scores


@keras.saving.register_keras_serializable(package="gankit")
class EnergyMargin(Loss):
    """Pushes the energy of real images down, and that of generated ones up to a margin.

    A score is minus an energy. Discriminator: energy(x) + max(0, margin - energy(G(z))). Generator:
    energy(G(z)) (Zhao et al. 2016, arXiv:1609.03126, equations 1 and 2). ``EBGAN`` uses it.

    Args:
        margin: positive energy, above which generated images no longer add to the loss.

    Examples:
        >>> loss = losses.EnergyMargin(margin=1.0)
        >>> real, fake = np.float32([-0.25, -0.25]), np.float32([-0.5, -3.0])  # minus energies
        >>> print(np.array(loss.discriminator(real, fake)))  # 3 is beyond the margin
        [0.75 0.25]
    """

    def __init__(self, margin: float = 1.0):
        if not margin > 0:
            raise ValueError(f"margin must be positive, got {margin!r}.")
        self.margin = margin

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns max(0, margin + fake) - real."""
        return ops.relu(self.margin + fake_scores) - real_scores

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns -fake."""
        return -fake_scores


@keras.saving.register_keras_serializable(package="gankit")
class Relativistic(Loss):
    """Compares each fake score with a real one: only their difference matters.

    Discriminator: softplus(fake - real). Generator: softplus(real - fake). This is R3GAN's loss,
    used together with the penalties ``R1`` and ``R2`` (Jolicoeur-Martineau 2018, arXiv:1807.00734;
    Huang et al. 2025, "The GAN is dead; long live the GAN! A Modern GAN Baseline",
    arXiv:2501.05441).

    Examples:
        >>> loss = losses.Relativistic()
        >>> real, fake = np.float32([5.0, 5.0]), np.float32([5.0, 1.0])
        >>> print(np.round(loss.discriminator(real, fake), 3))
        [0.693 0.018]
        >>> print(np.round(loss.generator(fake, real), 3))
        [0.693 4.018]

    See Also:
        ``gankit.recipes.r3gan``: this loss with all other settings of its paper.
    """

    needs_real = True

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns softplus(fake - real), which is ln 2 for equal scores."""
        return ops.softplus(fake_scores - real_scores)

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns softplus(real - fake)."""
        if real_scores is None:
            raise ValueError(
                "A relativistic loss compares with scores of real images: pass real_scores."
            )
        return ops.softplus(real_scores - fake_scores)


@keras.saving.register_keras_serializable(package="gankit")
class TopK(Loss):
    """Top-k training: the generator's loss is another loss's mean over the best images of a batch.

    As the discriminator learns to tell good images from bad ones, its gradients for the worst
    images become less and less useful. The paper starts with all images and uses 1 % fewer after
    each epoch:
    ``TopK(share=keras.optimizers.schedules.ExponentialDecay(1.0, steps_an_epoch, 0.99))``.

    Args:
        loss: a name or an instance of ``gankit.losses``.
        share: the share of images that count, which are those with the highest mean scores: a
            number in (0, 1], or a schedule of training steps.
        least: lower limit of the share, for a schedule.

    Raises:
        ValueError: a share out of its range, or an unknown loss.

    Examples:
        >>> loss = losses.TopK("least_squares", share=0.5)
        >>> fake = np.float32([1.0, 2.0, 3.0, 4.0])
        >>> print(np.array(loss.generator(fake)))  # the two best, twice as heavy
        [0. 0. 4. 9.]

    References:
        Sinha et al. 2020, "Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad
        Samples", arXiv:2002.06224.
    """

    def __init__(
        self, loss: str | Loss = "non_saturating", share: Number = 0.75, least: float = 0.5
    ):
        check_fraction("least", least, "(0, 1]")
        if not callable(share):
            check_fraction("share", share, "(0, 1]")
        self.loss = get(loss)
        self.share = share
        self.least = least
        self.needs_real = self.loss.needs_real

    def at(self, step: int | Tensor) -> Self:
        """Returns the loss with the share at a step, and with the inner loss at that step."""
        now = copy.copy(self)
        now.loss = self.loss.at(step)
        if callable(self.share):
            now.share = ops.maximum(self.share(step), self.least)
        return now

    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        """Returns the other loss."""
        return self.loss.discriminator(real_scores, fake_scores, seed)

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        """Returns the other loss for the best images, and 0 for all others.

        It is scaled so that its mean over the batch equals the mean over the best images.
        """
        number = ops.cast(ops.shape(fake_scores)[0], "float32")
        best = ops.maximum(ops.round(self.share * number), 1.0)
        means = ops.mean(fake_scores, axis=tuple(range(1, len(fake_scores.shape))))
        rank = ops.argsort(ops.argsort(-means))
        counts = ops.cast(ops.cast(rank, "float32") < best, "float32") * number / best
        counts = ops.reshape(counts, (-1, *[1] * (len(fake_scores.shape) - 1)))
        return counts * self.loss.generator(fake_scores, real_scores)

    def margins(self, real_scores: Tensor, fake_scores: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the margins of the other loss."""
        return self.loss.margins(real_scores, fake_scores)


#: Names that other libraries use for these losses.
ALIASES = {
    "bce": "non_saturating",
    "binary_crossentropy": "non_saturating",
    "vanilla": "non_saturating",
    "gan": "non_saturating",
    "lsgan": "least_squares",
    "mse": "least_squares",
    "wgan": "wasserstein",
    "rpgan": "relativistic",
    "r3gan": "relativistic",
}

NAMES = {
    "non_saturating": NonSaturating,
    "minimax": Minimax,
    "least_squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
    "relativistic": Relativistic,
}


def get(loss: str | Loss) -> Loss:
    """Returns the loss that a name stands for (without smoothing or noise), or ``loss`` itself.

    Raises:
        ValueError: a name that is not known.
        TypeError: neither a name nor a loss.

    Examples:
        >>> type(losses.get("hinge")).__name__
        'Hinge'
        >>> losses.get("lsgan")
        Traceback (most recent call last):
            ...
        ValueError: There is no loss 'lsgan', ... 'least_squares' is what you mean.
    """
    meant = ALIASES.get(loss.lower()) if isinstance(loss, str) else None
    hint = f" {meant!r} is what you mean." if meant else ""
    if isinstance(loss, keras.losses.Loss):
        hint = " Losses of Keras compare labels with predictions and don't fit here."
    return choose("loss", loss, NAMES, Loss, hint)
