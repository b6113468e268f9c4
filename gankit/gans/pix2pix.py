"""Pix2pix: image-to-image translation, from pairs."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import penalties
from gankit.gans.gan import GAN
from gankit.training.batch import Batch
from gankit.training.optimizers import dcgan_adam
from gankit.typing import Number, Scalars


@keras.saving.register_keras_serializable(package="gankit")
class Pix2Pix(GAN):
    """A conditional GAN from images to images: a map becomes a photo, a sketch a drawing.

    The mean absolute distance from the true image, the term ``l1``, gets the coarse structure
    right; a discriminator of patches, which sees both images, sharpens the details. Data are pairs
    of target images and source images, as ``gankit.data.from_pairs`` gives them.

    ``generate(condition=images)`` translates. In the paper, dropout is the only noise and stays on
    in ``generate``; here it is on in training only, so that the same image gives the same result.

    Args:
        generator: from ``condition``, images, to images; latents are possible.
        discriminator: of ``images`` and ``condition``, to scores of patches.
        l1_weight: factor of the term ``l1``.
        **kwargs: as in ``GAN``.

    Examples:
        >>> pix2pix = architectures.pix2pix
        >>> gan = gankit.Pix2Pix(
        ...     pix2pix.build_generator((28, 28, 3), input_channels=1, filters=4),
        ...     pix2pix.build_discriminator((28, 28, 3), input_channels=1, filters=4),
        ... )
        >>> gan.compile()
        >>> gan.generate(condition=images[:2]).shape
        (2, 28, 28, 3)

    See Also:
        ``CycleGAN``, which needs no pairs. ``translate_photo`` takes photos of any size.

    References:
        Isola et al. 2016, "Image-to-Image Translation with Conditional Adversarial Networks",
        arXiv:1611.07004.
    """

    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_optimizer = staticmethod(dcgan_adam)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        l1_weight: Number = 100.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.l1_weight = l1_weight

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and what the distance from the truth costs."""
        distance = ops.mean(ops.abs(fake.images - real.images))
        return super().generator_losses(real, fake) | {
            "l1": self.current(self.l1_weight) * distance
        }
