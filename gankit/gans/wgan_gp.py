"""The Wasserstein GAN with a gradient penalty."""

from typing import Any, ClassVar

import keras

from gankit import losses, penalties
from gankit.gans.gan import GAN
from gankit.training.phase import all_layers


@keras.saving.register_keras_serializable(package="gankit")
class WGANGP(GAN):
    """A Wasserstein GAN with a gradient penalty.

    The optimal critic has a gradient of norm 1 almost everywhere between real and generated images,
    so the penalty pulls the norm to 1. Clipping the weights, as in ``WGAN``, limits what the critic
    can represent. The penalty needs each score to depend on its own image only, so the critic must
    not have batch normalization.

    By default, the loss is ``"wasserstein"`` and the penalty ``GradientPenalty(10)``, the critic is
    updated five times per step, each time on fresh images, and both networks are trained with
    ``Adam(1e-4, beta_1=0, beta_2=0.9)``.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``; the critic.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: the critic has batch normalization.

    Examples:
        >>> dcgan = architectures.dcgan
        >>> gan = gankit.WGANGP(
        ...     dcgan.build_generator((8, 8, 1), latent_dim=16, filters=4),
        ...     dcgan.build_discriminator((8, 8, 1), filters=4),
        ...     discriminator_steps=1,
        ... )
        >>> gan.compile(
        ...     generator_optimizer=keras.optimizers.Adam(0.0005, beta_1=0.0, beta_2=0.9),
        ...     discriminator_optimizer=keras.optimizers.Adam(0.002, beta_1=0.0, beta_2=0.9),
        ... )
        >>> gan.penalty.weight
        10.0

    See Also:
        ``penalties.GradientPenalty``, for any other GAN.

    References:
        Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028.
    """

    default_loss: ClassVar[str | losses.Loss] = "wasserstein"
    default_penalty: ClassVar[penalties.Penalty | None] = penalties.GradientPenalty(10.0)
    default_discriminator_steps: ClassVar[int] = 5

    def __init__(self, generator: keras.Model, discriminator: keras.Model, **kwargs: Any):
        super().__init__(generator, discriminator, **kwargs)
        layers = all_layers(discriminator)
        found = [x.name for x in layers if isinstance(x, keras.layers.BatchNormalization)]
        if found:
            raise ValueError(
                f"A WGAN-GP's critic must have no batch normalization, but has {found}: the "
                "penalty needs scores that depend on one image each. Use LayerNormalization, or "
                "none at all."
            )

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns the paper's optimizer."""
        return keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)
