"""The energy-based GAN: its discriminator is an autoencoder that reconstructs real images."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import losses, penalties
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, split_outputs
from gankit.training.optimizers import dcgan_adam
from gankit.typing import Scalars, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class EBGAN(GAN):
    """An energy-based GAN: an image's energy is the discriminator's reconstruction error.

    The discriminator, an autoencoder, gives real images low energy and pushes that of generated
    ones up to a margin; the generator looks for low energy. A reconstruction tells the generator
    more than a single score does. Scores are negative energies, so that higher means more real.

    With ``pulling_away``, this is EBGAN-PT: the term ``pulling_away`` is the mean squared cosine of
    the encodings of a batch, and keeps its images different.

    By default the loss is ``losses.EnergyMargin(1.0)``.

    Args:
        generator: as in ``GAN``.
        discriminator: a network from images (and a condition) to images of the same shape; for
            ``pulling_away`` with a second output, the encodings ``(batch, ...)``.
        pulling_away: weight of that term; 0 leaves it out. The paper has 0.1.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: a discriminator that returns no images, or no encodings where they are needed.

    Examples:
        >>> gan = gankit.EBGAN(
        ...     architectures.dcgan.build_generator((8, 8, 1), latent_dim=16, filters=4),
        ...     architectures.autoencoder.build_discriminator((8, 8, 1), filters=4, encoding_dim=8),
        ...     pulling_away=0.1,
        ... )
        >>> gan.compile(loss=losses.EnergyMargin(1.0))
        >>> gan.generate(2).shape
        (2, 8, 8, 1)

    See Also:
        ``BEGAN``, where a control variable takes the place of the margin.

    References:
        Zhao et al. 2016, "Energy-based Generative Adversarial Network", arXiv:1609.03126.
    """

    default_loss: ClassVar[str | losses.Loss] = losses.EnergyMargin(1.0)
    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_optimizer = staticmethod(dcgan_adam)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        pulling_away: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.pulling_away = pulling_away
        (images,) = self.discriminator_inputs.of("images")
        repeated, heads = split_outputs(discriminator.output)
        if repeated.shape[1:] != images.shape:
            raise ValueError(
                f"The discriminator repeats images: its first output must have the shape "
                f"{images.shape} of its input, got {repeated.shape[1:]}."
            )
        if pulling_away and not heads:
            raise ValueError(
                "pulling_away needs encodings: give the discriminator a second output for them."
            )

    def check_scores(self) -> None:
        """Does nothing: the discriminator's first output are images, which may be squashed."""

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with the negative energy of each image as its score, ``(batch, 1)``."""
        batch = super().discriminate(batch)
        axes = tuple(range(1, len(batch.shown.shape)))
        energy = ops.mean(self.distance(batch.scores - batch.shown), axis=axes)
        return batch._replace(scores=-energy[:, None])

    def distance(self, difference: Tensor) -> Tensor:
        """Returns what a difference of values costs: its square."""
        return ops.square(difference)

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and what encodings in one direction cost."""
        terms = super().generator_losses(real, fake)
        if self.pulling_away:
            terms["pulling_away"] = self.pulling_away * mean_squared_cosine(fake.heads[0])
        return terms


def mean_squared_cosine(encodings: Tensor) -> Tensor:
    """Returns the mean squared cosine between the encodings of all pairs of images, in [0, 1]."""
    encodings = ops.reshape(encodings, (ops.shape(encodings)[0], -1))
    directions = ops.normalize(encodings, axis=-1)
    squares = ops.square(ops.matmul(directions, ops.transpose(directions)))
    number = ops.cast(ops.shape(squares)[0], "float32")
    pairs = ops.maximum(number * (number - 1.0), 1.0)  # one image alone has none
    return (ops.sum(squares) - ops.trace(squares)) / pairs
