"""A GAN of shapes, whose discriminator waits for its generator."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import penalties
from gankit.gans.batch import Batch
from gankit.gans.gan import GAN
from gankit.gans.optimizers import dcgan_adam
from gankit.typing import Config, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class GAN3D(GAN):
    """A 3D-GAN: shapes of voxels from latents, by a discriminator that waits where it is too good.

    Telling shapes apart is easier than making them. So the discriminator is updated only if of the
    scores of the batch before no more than ``accuracy_limit`` were on the right side; the share of
    steps in which it was is logged as ``discriminator_updates``. Nothing else is three-dimensional
    here: the networks, those of ``architectures.gan_3d``, make and judge float32 volumes
    ``(batch, depth, height, width, 1)`` in [-1, 1], as ``gankit.data.from_voxels`` gives them.

    Optimizers and latents are ``GAN``'s, if nothing else is said. The paper has ``Adam(0.0025,
    beta_1=0.5)`` for the generator, ``Adam(1e-5, beta_1=0.5)`` for the discriminator, and batches
    of 100. ``save_grid``, ``SampleGrid`` and the like draw volumes by ``gankit.draw_voxels``;
    ``DiffAugment`` and ``ADA`` take flat images only.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``.
        accuracy_limit: a share in [0, 1].
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: a limit out of range; in ``compile``, a loss whose scores have no right side.

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
        if not 0 <= accuracy_limit <= 1:
            raise ValueError(f"accuracy_limit must lie in [0, 1], got {accuracy_limit!r}.")
        self.accuracy_limit = accuracy_limit
        self.accuracy = self.add_weight(
            shape=(), initializer="zeros", trainable=False, aggregation="mean", name="accuracy"
        )

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Settles how both networks are trained, see ``GAN.compile``."""
        super().compile(*args, **kwargs)
        nothing = ops.zeros((1, 1))
        if self.loss.correct(nothing, nothing) is None:
            raise ValueError(
                f"A GAN3D looks at how many scores are on the right side, but with "
                f"{type(self.loss).__name__} none is. Take another loss, or gankit.GAN."
            )

    def apply_gradients(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: list[Tensor],
        variables: list[keras.Variable],
        when: Tensor | None = None,
    ) -> None:
        """Updates ``variables``, the discriminator's only if it was not too good before."""
        if optimizer is self.discriminator_optimizer:
            when = self.may_update_discriminator()
        super().apply_gradients(optimizer, gradients, variables, when)

    def after_step(self, real: Batch, fake: Batch) -> None:
        """Keeps the accuracy for the next step, and updates what else follows the networks."""
        super().after_step(real, fake)
        updated = ops.cast(self.may_update_discriminator(), "float32")
        self.averages.update_state({"discriminator_updates": updated})
        shares = self.accuracies(real, fake)
        self.accuracy.assign((shares["real_accuracy"] + shares["fake_accuracy"]) / 2)

    def may_update_discriminator(self) -> Tensor:
        """Returns whether the discriminator was not too good in the step before."""
        return self.accuracy <= self.accuracy_limit

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        return super().get_config() | {"accuracy_limit": self.accuracy_limit}
