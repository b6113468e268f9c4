"""The Wasserstein GAN, with clipped weights."""

from typing import Any, ClassVar

import keras

from gankit import losses, penalties
from gankit.gans.gan import GAN
from gankit.layers import Clip


@keras.saving.register_keras_serializable(package="gankit")
class WGAN(GAN):
    """A Wasserstein GAN: the critic estimates how far apart the two distributions are.

    Among critics of bounded slope, the one that separates real from generated images the most gives
    their earth mover's distance, whose gradient doesn't vanish where the distributions don't
    overlap. Clipping the critic's weights after each of its updates, five a step, bounds its slope.

    By default the loss is ``"wasserstein"`` and both networks are trained by ``RMSprop(5e-5)``.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``; the critic. Its weights are clipped from the first update on.
        clip: positive bound of each of the critic's trainable weights.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: ``clip`` is not positive.

    Examples:
        >>> dcgan = architectures.dcgan
        >>> gan = gankit.WGAN(
        ...     dcgan.build_generator((8, 8, 1), latent_dim=16, filters=4),
        ...     dcgan.build_discriminator((8, 8, 1), filters=4),
        ...     clip=0.05,
        ... )
        >>> gan.compile()
        >>> gan.discriminator_steps, type(gan.loss).__name__
        (5, 'Wasserstein')

    See Also:
        ``WGANGP``, which bounds the slope by a gradient penalty, and drew far better digits in the
        same time ([gallery](../gallery.md#what-the-figures-say)).

    References:
        Arjovsky et al. 2017, "Wasserstein GAN", arXiv:1701.07875, algorithm 1.
    """

    default_loss: ClassVar[str | losses.Loss] = "wasserstein"
    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_discriminator_steps: ClassVar[int] = 5

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        clip: float = 0.01,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        if not clip > 0:
            raise ValueError(f"clip must be positive, got {clip!r}.")
        self.clip = clip
        for variable in discriminator.trainable_variables:
            variable.constraint = Clip(clip)

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns the paper's: no momentum, since the critic's loss is not stationary."""
        return keras.optimizers.RMSprop(5e-5)
