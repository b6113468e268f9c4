"""LeCam regularization, for few images."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit.checks import check_fraction
from gankit.regularizers.regularizer import Term
from gankit.training.batch import Batch, map_tensors, mean_of
from gankit.typing import Number, Structure, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class LeCam(Term):
    """LeCam regularization: keeps real and fake scores close to the other kind's average.

    Adds weight * ((real - fake average)^2 + (fake - real average)^2) to the discriminator's loss,
    with exponential moving averages of the scores of each kind, which are saved with the GAN. This
    keeps a discriminator that is trained on few images from becoming more and more certain of them,
    and bounds a LeCam divergence. It costs hardly any time.

    Args:
        weight: factor of the term.
        decay: b in [0, 1) of both averages, which become b * average + (1 - b) * mean score after
            each step.
        every: see ``Term``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range.

    Examples:
        >>> lecam = regularizers.LeCam(0.3)  # both averages begin at 0
        >>> real = gankit.Batch(images, scores=np.float32([[2.0]]))
        >>> fake = gankit.Batch(images, scores=np.float32([[-1.0]]))
        >>> round(float(lecam.discriminator_term(gan, real, fake)), 3)  # 0.3 * (2^2 + 1^2)
        1.5

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

    def discriminator_term(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns the weighted squared distances of scores from the other kind's average."""
        distances = squared(real.scores, self.fake_mean) + squared(fake.scores, self.real_mean)
        return gan.current(self.weight) * distances

    def after_step(self, gan: Any, real: Batch, fake: Batch) -> None:
        """Updates both averages."""
        for mean, scores in ((self.real_mean, real.scores), (self.fake_mean, fake.scores)):
            mean.assign(self.decay * mean + (1.0 - self.decay) * mean_of(scores))


def squared(scores: Structure, mean: Tensor) -> Tensor:
    """Returns the mean squared distance of scores from a number."""
    return mean_of(map_tensors(lambda part: ops.square(part - mean), scores))
