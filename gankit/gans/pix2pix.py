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

    The generator gets an image and pays the mean absolute distance from the one that belongs to it,
    as the term ``l1``, which settles the coarse; the discriminator, which sees both and judges
    patches, settles the fine. Data are pairs of images to make and images they are made from, as
    ``gankit.data.from_pairs`` gives them.

    ``generate(condition=images)`` translates. In the paper dropout, the only noise, stays switched
    on then; here it is a part of training alone, so that the same image gives the same result.

    Args:
        generator: from ``condition``, images, to images; latents are possible.
        discriminator: of ``images`` and ``condition``, to scores of patches.
        l1_weight: factor of the term ``l1``.
        **kwargs: as in ``GAN``.

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
