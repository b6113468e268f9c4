"""StarGAN: translation between several domains by one generator."""

from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from gankit import losses, penalties
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, split_outputs
from gankit.training.heads import class_accuracy, class_loss
from gankit.training.inputs import check_classes
from gankit.typing import Number, Scalars, Seed, Structure


@keras.saving.register_keras_serializable(package="gankit")
class StarGAN(GAN):
    """A GAN with one generator for all translations between several kinds of images, or domains.

    The generator takes an image and a target domain. The discriminator judges images and classifies
    their domain. Besides the adversarial loss, the generator minimizes the cross-entropy of the
    target domain, the term ``domain``, and the mean absolute distance between an image and its
    translation back, the term ``cycle``. The accuracy on generated images is logged as
    ``domain_accuracy``. Data are pairs of images and their domains.

    ``generate(condition=(images, domains))`` translates.

    By default the loss is ``"wasserstein"`` with ``GradientPenalty(10)``, there are five updates of
    the discriminator a step, and both networks are trained by ``Adam(1e-4, beta_1=0.5)``.

    Args:
        generator: from ``condition_image``, images, and ``condition_domain``, integers
            ``(batch,)``, to images; it takes no latents.
        discriminator: of images alone, with two outputs: scores, and logits of the domain
            ``(batch, num_domains)``.
        domain_weight: factor of the term ``domain``.
        cycle_weight: factor of the term ``cycle``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: networks whose inputs and outputs are others.

    Examples:
        >>> stargan = architectures.stargan
        >>> gan = gankit.StarGAN(
        ...     stargan.build_generator((28, 28, 1), num_domains=3, filters=2, blocks=1),
        ...     stargan.build_discriminator((28, 28, 1), num_domains=3, filters=4, halvings=2),
        ... )
        >>> gan.generate(condition=(images[:2], [0, 2])).shape
        (2, 28, 28, 1)

    References:
        Choi et al. 2018, "StarGAN: Unified Generative Adversarial Networks for Multi-Domain
        Image-to-Image Translation", arXiv:1711.09020.
    """

    default_loss: ClassVar[str | losses.Loss] = "wasserstein"
    default_penalty: ClassVar[penalties.Penalty | None] = penalties.GradientPenalty(10.0)
    default_discriminator_steps: ClassVar[int] = 5

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        domain_weight: Number = 1.0,
        cycle_weight: Number = 10.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        given = self.generator_inputs.of("condition")
        _, heads = split_outputs(discriminator.output)
        if len(given) != 2 or len(generator.inputs) != 2 or len(heads) != 1:
            raise ValueError(
                "A StarGAN's generator takes condition_image and condition_domain, and its "
                "discriminator has two outputs, scores and logits of the domain, got inputs "
                f"{[tensor.name for tensor in generator.inputs]} and {1 + len(heads)} outputs."
            )
        self.num_domains = heads[0].shape[-1]
        self.domain_weight = domain_weight
        self.cycle_weight = cycle_weight

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns the paper's."""
        return keras.optimizers.Adam(1e-4, beta_1=0.5)

    def check_data(self, batch: Structure) -> None:
        """Raises unless ``batch`` is a pair of images and domains that the networks know."""
        super().check_data(batch)
        if batch is None:
            return
        given = keras.utils.unpack_x_y_sample_weight(batch)[1]
        domains = None if given is None else np.asarray(given)
        if domains is None or domains.dtype.kind not in "iu" or domains.ndim != 1:
            found = "nothing" if domains is None else f"{domains.dtype} of shape {domains.shape}"
            raise TypeError(
                "A StarGAN's data are pairs of images and domains, integers of shape (batch,), got "
                f"{found} beside the images."
            )
        check_classes(domains, self.num_domains)

    def needs_condition(self) -> bool:
        """Returns False: images and domains of the batch become the condition."""
        return False

    def sample_condition(
        self, real: Batch | None = None, num_images: int | None = None, seed: Seed = None
    ) -> Structure:
        """Returns real images, and for each the domain of another one of the batch."""
        if real is None:
            return super().sample_condition(real, num_images, seed)
        return real.images, keras.random.shuffle(real.condition, seed=self.training_seed)

    def reconstruct(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns the fakes with what they become when they are turned back."""
        inputs = self.generator_inputs.match(condition=(fake.images, real.condition))
        again = self.run(self.generator, inputs)
        return real, fake._replace(reconstructed=again)

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the domain's cross-entropy on real images."""
        cost = class_loss(real.heads[0], real.condition)
        return super().discriminator_losses(real, fake) | {
            "domain": self.current(self.domain_weight) * cost
        }

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, the target domain's cross-entropy, and the cycle's distance."""
        given, domains = fake.condition
        distance = ops.mean(ops.abs(fake.reconstructed - given))
        return super().generator_losses(real, fake) | {
            "domain": self.current(self.domain_weight) * class_loss(fake.heads[0], domains),
            "cycle": self.current(self.cycle_weight) * distance,
        }

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s shares, and that of generated images whose domain is found."""
        share = class_accuracy(fake.heads[0], fake.condition[1])
        return super().step_metrics(real, fake) | {"domain_accuracy": share}
