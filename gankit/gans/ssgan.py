"""The self-supervised GAN: its discriminator also predicts rotations."""

from typing import Any

import keras
from keras import ops

from gankit.gans.gan import GAN
from gankit.training.batch import Batch, split_outputs
from gankit.training.heads import class_loss
from gankit.typing import Number, Scalars, Tensor

TURNS = 4
PART = 4  # of each batch, so that all rotations together are as many images as a batch


@keras.saving.register_keras_serializable(package="gankit")
class SSGAN(GAN):
    """A self-supervised GAN: an unconditional GAN with an auxiliary loss, without any label.

    The discriminator also predicts by which multiple of 90 degrees an image is rotated, which needs
    features of what the image shows, and keeps them while the generator changes. A quarter of each
    batch is rotated to all four sides. The discriminator minimizes the cross-entropy of the
    rotations of real images, the term ``rotation``, the generator that of its own images. Scores
    are those of images that aren't rotated. Suits photos; textures look the same either way.

    Args:
        generator: as in ``GAN``, of square images.
        discriminator: as in ``GAN``, with images alone as its input and two outputs, scores and
            logits of the four rotations, ``(batch, 4)``, as ``architectures.heads.add_classes``
            makes it of any other.
        generator_weight: factor of the generator's term ``rotation``.
        discriminator_weight: of the discriminator's.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: a discriminator that takes a condition or has other outputs, or images that
            aren't square.

    Examples:
        >>> dcgan = architectures.dcgan
        >>> discriminator = architectures.heads.add_classes(
        ...     dcgan.build_discriminator((8, 8, 3), filters=4), num_classes=4
        ... )
        >>> gan = gankit.SSGAN(
        ...     dcgan.build_generator((8, 8, 3), latent_dim=16, filters=4), discriminator
        ... )
        >>> gan.compile(loss="hinge")
        >>> gan.generate(2).shape
        (2, 8, 8, 3)

    References:
        Chen et al. 2018, "Self-Supervised GANs via Auxiliary Rotation Loss", arXiv:1811.11212.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        generator_weight: Number = 0.2,
        discriminator_weight: Number = 1.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.generator_weight = generator_weight
        self.discriminator_weight = discriminator_weight
        self.discriminator_inputs.require(condition=0)
        _, heads = split_outputs(discriminator.output)
        if len(heads) != 1 or heads[0].shape[1:] != (TURNS,):
            raise ValueError(
                "An SSGAN's discriminator has two outputs, scores and logits of four rotations, "
                "(batch, 4), got outputs of the shapes "
                f"{[tensor.shape for tensor in discriminator.outputs]}."
            )
        height, width = generator.output_shape[1:3]
        if height != width:
            raise ValueError(f"Only square images can be rotated, got {height}x{width} pixels.")

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the weighted rotation loss on real images."""
        cost = self.current(self.discriminator_weight) * self.rotation_loss(real.images)
        return super().discriminator_losses(real, fake) | {"rotation": cost}

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the weighted rotation loss on generated images."""
        cost = self.current(self.generator_weight) * self.rotation_loss(fake.images)
        return super().generator_losses(real, fake) | {"rotation": cost}

    def rotation_loss(self, images: Tensor) -> Tensor:
        """Returns the mean cross-entropy of the rotations of a quarter of the images."""
        some = images[::PART]
        turned = ops.concatenate([ops.rot90(some, turns, axes=(1, 2)) for turns in range(TURNS)])
        turns = ops.repeat(ops.arange(TURNS), ops.shape(some)[0])
        return class_loss(self.discriminate(Batch(turned)).heads[0], turns)
