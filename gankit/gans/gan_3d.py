"""The GAN of volumetric shapes, whose discriminator waits for its generator."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import penalties
from gankit.checks import check_fraction
from gankit.gans.gan import GAN
from gankit.training.batch import Batch
from gankit.training.optimizers import dcgan_adam
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class GAN3D(GAN):
    """A 3D-GAN: shapes of voxels from latents, with a discriminator that waits when it is too good.

    Discriminating shapes is easier than making them. So the discriminator is updated only if its
    accuracy on the batch before was at most ``accuracy_limit``; the share of steps with an update
    is logged as ``discriminator_updates``. The three dimensions are in the networks, those of
    ``architectures.gan_3d``, and in the data: float32 volumes ``(batch, depth, height, width, 1)``
    in [-1, 1], as ``gankit.data.from_voxels`` gives them.

    Optimizers and latents default to those of ``GAN``. The paper has ``Adam(0.0025, beta_1=0.5)``
    for the generator, ``Adam(1e-5, beta_1=0.5)`` for the discriminator, and batches of 100.
    ``save_grid``, ``SampleGrid`` and the like draw volumes by ``gankit.draw_voxels``;
    ``DiffAugment`` and ``ADA`` take flat images only.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``.
        accuracy_limit: a share in [0, 1].
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: a limit out of range.

    Examples:
        >>> gan_3d = architectures.gan_3d
        >>> gan = gankit.GAN3D(
        ...     gan_3d.build_generator((8, 8, 8, 1), latent_dim=16, filters=2),
        ...     gan_3d.build_discriminator((8, 8, 8, 1), filters=2),
        ... )
        >>> gan.generate(2).shape
        (2, 8, 8, 8, 1)

    References:
        Wu et al. 2016, "Learning a Probabilistic Latent Space of Object Shapes via 3D
        Generative-Adversarial Modeling", arXiv:1610.07584, section 3.1.
    """

    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_optimizer = staticmethod(dcgan_adam)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        accuracy_limit: float = 0.8,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        check_fraction("accuracy_limit", accuracy_limit)
        self.accuracy_limit = accuracy_limit
        self.accuracy = self.add_weight(
            shape=(), initializer="zeros", trainable=False, aggregation="mean", name="accuracy"
        )

    def may_update(self, phase: str) -> Tensor | None:
        """Returns whether the discriminator was not too good in the step before."""
        return self.accuracy <= self.accuracy_limit if phase == "discriminator" else None

    def after_step(self, real: Batch, fake: Batch) -> None:
        """Keeps the accuracy for the next step, and updates what else follows the networks."""
        super().after_step(real, fake)
        updated = ops.cast(self.may_update("discriminator"), "float32")
        self.means.update_state({"discriminator_updates": updated})
        shares = self.step_metrics(real, fake)
        self.accuracy.assign((shares["real_accuracy"] + shares["fake_accuracy"]) / 2)
