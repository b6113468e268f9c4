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
    """An auxiliary classifier GAN: images by class, and a discriminator that also classifies them.

    Both networks minimize the cross-entropy of the class, the term ``class``: the discriminator on
    real and generated images, the generator on the images it generates. The accuracy on both is
    logged as ``class_accuracy``. The data is pairs of images and labels.

    The discriminator is updated once per step, on the mean of the real and the fake loss; many
    Keras ACGANs update it twice, on real and then on fake images. Fakes have the classes of the
    real batch, so that classes are as frequent as in the data.

    Args:
        generator: as in ``GAN``, with a condition: labels of shape ``(batch,)``.
        discriminator: as in ``GAN``, with images as its only input and two outputs, both logits:
            scores and classes, of shape ``(batch, num_classes)``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: the generator takes no condition, the discriminator has no head for classes or
            takes them as an input, or the two don't agree on the number of classes.

    Examples:
        >>> acgan = architectures.acgan
        >>> gan = gankit.ACGAN(
        ...     acgan.build_generator((8, 8, 1), num_classes=10, latent_dim=16, filters=4),
        ...     acgan.build_discriminator((8, 8, 1), num_classes=10, filters=4),
        ... )
        >>> gan.compile()
        >>> gan.generate(condition=[3, 3, 8]).shape
        (3, 8, 8, 1)

    See Also:
        ``ReACGAN``, with embeddings instead of class logits. ``architectures.heads.add_classes``
        adds a head for classes to any other discriminator. [Projection, ACGAN or
        ReACGAN?](../recipes.md#projection-acgan-or-reacgan) compares them.

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
        """Returns ``GAN``'s terms, and the cross-entropy of real and generated images' classes."""
        cost = (self.class_loss(real) + self.class_loss(fake)) / 2
        return super().discriminator_losses(real, fake) | {"class": cost}

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the cross-entropy of the generated images' classes."""
        return super().generator_losses(real, fake) | {"class": self.class_loss(fake)}

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s metrics, and the accuracy of the predicted classes."""
        shares = [class_accuracy(batch.heads[0], batch.condition) for batch in (real, fake)]
        return super().step_metrics(real, fake) | {"class_accuracy": sum(shares) / 2}

    def class_loss(self, batch: Batch) -> Tensor:
        """Returns the mean cross-entropy of a batch's classes; it starts near ln(num_classes)."""
        return class_loss(batch.heads[0], batch.condition)
