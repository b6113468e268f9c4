"""The auxiliary classifier GAN: its discriminator also predicts the class."""

from typing import Any

import keras
import numpy as np

from gankit.gans.gan import GAN
from gankit.training.batch import Batch, split_outputs
from gankit.training.heads import class_accuracy, class_loss
from gankit.training.inputs import check_classes
from gankit.typing import Scalars, Structure, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class ACGAN(GAN):
    """An auxiliary classifier GAN: the generator is told a class that the discriminator must find.

    Both networks pay the cross-entropy of the class as the term ``class``: the discriminator the
    mean over real and generated images, the generator that of its own. The share of images, real
    and generated, whose class the discriminator finds is logged as ``class_accuracy``. Data are
    pairs of images and labels.

    The discriminator makes one update a step, by the mean of real and fake, where many Keras ACGANs
    make two, on real and then on fake. Fakes are told the classes of the real batch, so that they
    come as often as in the data.

    Args:
        generator: as in ``GAN``, with a condition: labels of shape ``(batch,)``.
        discriminator: as in ``GAN``, with images alone as its input and two outputs, both logits:
            scores and classes of shape ``(batch, num_classes)``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: the generator takes no condition, the discriminator tells no class or is told
            it, or the two don't agree on the number of classes.

    References:
        Odena et al. 2016, "Conditional Image Synthesis with Auxiliary Classifier GANs",
        arXiv:1610.09585.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, **kwargs: Any):
        super().__init__(generator, discriminator, **kwargs)
        self.generator_inputs.require(condition=1)
        self.discriminator_inputs.require(condition=0)
        _, heads = split_outputs(discriminator.output)
        if len(heads) != 1 or len(heads[0].shape) != 2:
            raise ValueError(
                "An ACGAN's discriminator has two outputs, scores and class logits of shape "
                "(batch, num_classes), got outputs of the shapes "
                f"{[tensor.shape for tensor in discriminator.outputs]}."
            )
        self.num_classes = heads[0].shape[-1]
        (condition,) = self.generator_inputs.of("condition")
        if condition.num_classes not in (None, self.num_classes):
            raise ValueError(
                f"The generator takes {condition.num_classes} classes, but the discriminator tells "
                f"{self.num_classes} apart. Build both with the same num_classes."
            )

    def check_data(self, batch: Structure) -> None:
        """Raises unless ``batch`` is a pair of images and labels that the networks know."""
        super().check_data(batch)
        if batch is not None:
            labels = np.asarray(keras.utils.unpack_x_y_sample_weight(batch)[1])
            check_classes(labels, self.num_classes)

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and what the discriminator pays for the classes of both."""
        cost = (self.class_loss(real) + self.class_loss(fake)) / 2
        return super().discriminator_losses(real, fake) | {"class": cost}

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and what the generator pays for classes that are not found."""
        return super().generator_losses(real, fake) | {"class": self.class_loss(fake)}

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s shares, and the share of images whose class is found."""
        shares = [class_accuracy(batch.heads[0], batch.condition) for batch in (real, fake)]
        return super().step_metrics(real, fake) | {"class_accuracy": sum(shares) / 2}

    def class_loss(self, batch: Batch) -> Tensor:
        """Returns the mean cross-entropy of a batch's classes, ln of their number at the start."""
        return class_loss(batch.heads[0], batch.condition)
