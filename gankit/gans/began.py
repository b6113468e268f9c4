"""The boundary equilibrium GAN: autoencoders, held in balance."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import losses
from gankit.gans.ebgan import EBGAN
from gankit.training.batch import Batch
from gankit.typing import Scalars, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class BEGAN(EBGAN):
    """A boundary equilibrium GAN: a control variable holds generated against real energy.

    The discriminator, an autoencoder, lowers the energy of real images and raises that of generated
    ones, the latter with the weight ``balance``. This weight moves after each step so that
    generated images have ``diversity`` times the energy of real ones: neither network can run away.
    ``balance`` is saved with the GAN, and logged with ``convergence``, which falls as images become
    better.

    By default both networks are trained by ``Adam(1e-4)``. The discriminator's loss is settled; the
    one that ``compile`` takes is the generator's, by default its images' energy.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``EBGAN``.
        diversity: gamma, in (0, 1]: the lower, the sharper and the less diverse.
        balance_rate: how fast ``balance`` moves.
        **kwargs: as in ``EBGAN``.

    Raises:
        ValueError: ``diversity`` is out of range.

    Examples:
        >>> gan = gankit.BEGAN(
        ...     architectures.dcgan.build_generator((8, 8, 1), latent_dim=16, filters=4),
        ...     architectures.autoencoder.build_discriminator((8, 8, 1), filters=4, encoding_dim=8),
        ...     diversity=0.7,
        ... )
        >>> gan.compile()
        >>> float(gan.balance)  # at first; it moves after each step
        0.0

    References:
        Berthelot et al. 2017, "BEGAN: Boundary Equilibrium Generative Adversarial Networks",
        arXiv:1703.10717.
    """

    default_loss: ClassVar[str | losses.Loss] = "wasserstein"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        diversity: float = 0.5,
        balance_rate: float = 0.001,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        if not 0 < diversity <= 1:
            raise ValueError(f"diversity must lie in (0, 1], got {diversity!r}.")
        self.diversity = diversity
        self.balance_rate = balance_rate
        self.balance = self.add_weight(
            shape=(), initializer="zeros", trainable=False, aggregation="mean", name="balance"
        )

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns the paper's."""
        return keras.optimizers.Adam(1e-4)

    def distance(self, difference: Tensor) -> Tensor:
        """Returns what a difference of values costs: its absolute value."""
        return ops.abs(difference)

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the energy of real images, less ``balance`` times that of generated ones."""
        return {"adversarial": self.balance * ops.mean(fake.scores) - ops.mean(real.scores)}

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``balance`` and the paper's global measure of convergence."""
        surplus = self.surplus(real, fake)
        return {
            "balance": self.balance,
            "convergence": -ops.mean(real.scores) + ops.abs(surplus),
        }

    def surplus(self, real: Batch, fake: Batch) -> Tensor:
        """Returns how much energy generated images are short of their share."""
        return ops.mean(fake.scores) - self.diversity * ops.mean(real.scores)

    def after_step(self, real: Batch, fake: Batch) -> None:
        """Moves ``balance``, and what else follows the networks."""
        super().after_step(real, fake)
        balance = self.balance + self.balance_rate * self.surplus(real, fake)
        self.balance.assign(ops.clip(balance, 0.0, 1.0))
