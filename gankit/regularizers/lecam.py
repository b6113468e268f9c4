"""Scores held near the mean that scores of the other kind have had."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit.checks import check_fraction
from gankit.regularizers.regularizer import Term
from gankit.training.batch import Batch, map_tensors, mean_of
from gankit.typing import Number, Structure, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class LeCam(Term):
    """The discriminator pays where scores leave the mean that scores of the other kind have had.

    weight * ((real - fake's mean)^2 + (fake - real's mean)^2), with moving means of the scores of
    each kind, which are saved with the GAN. It keeps a discriminator of few images from being ever
    more sure of them, and bounds a LeCam divergence. It costs nothing to speak of.

    Args:
        weight: factor of the term.
        decay: b in [0, 1) of both means: b * mean + (1 - b) * scores, after each step.
        every: see ``Term``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range.

    References:
        Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data",
        arXiv:2104.03310, equation 2.
    """

    default_name: ClassVar[str] = "lecam"

    def __init__(self, weight: Number = 0.3, decay: float = 0.99, every: int = 1, **kwargs: Any):
        super().__init__(weight, every, **kwargs)
        check_fraction("decay", decay, "[0, 1)")
        self.decay = decay
        zero = {"shape": (), "initializer": "zeros", "trainable": False, "aggregation": "mean"}
        self.real_mean = self.add_weight(name="real_mean", **zero)
        self.fake_mean = self.add_weight(name="fake_mean", **zero)

    def discriminator_cost(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns what scores cost that are far from the other kind's mean."""
        distances = squared(real.scores, self.fake_mean) + squared(fake.scores, self.real_mean)
        return gan.current(self.weight) * distances

    def after_step(self, gan: Any, real: Batch, fake: Batch) -> None:
        """Moves both means."""
        for mean, scores in ((self.real_mean, real.scores), (self.fake_mean, fake.scores)):
            mean.assign(self.decay * mean + (1.0 - self.decay) * mean_of(scores))


def squared(scores: Structure, mean: Tensor) -> Tensor:
    """Returns the mean squared distance of scores from a number."""
    return mean_of(map_tensors(lambda part: ops.square(part - mean), scores))
