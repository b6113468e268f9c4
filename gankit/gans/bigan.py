"""The bidirectional GAN: its discriminator sees an image together with its latents."""

from typing import Any

import keras

from gankit.gans.encoding_gan import EncodingGAN
from gankit.training.batch import Batch
from gankit.typing import Scalars


@keras.saving.register_keras_serializable(package="gankit")
class BiGAN(EncodingGAN):
    """A bidirectional GAN: its encoder learns to be the inverse of its generator.

    The discriminator tells two kinds of pairs apart: a real image with its code, and a generated
    image with its latents. The two kinds look alike only if the encoder inverts the generator. No
    image is ever compared with its reconstruction, so reconstructions keep the content of an image
    rather than each of its pixels.

    The generator and the encoder are trained in one phase. Their loss, the term ``adversarial``, is
    the discriminator's loss with real and fake swapped. ``ByPart(optimizer, {"encoder": another})``
    from ``gankit.training.optimizers`` gives the encoder its own learning rate. If the encoder has
    two outputs, this is adversarially learned inference, ALI. A gradient penalty is taken with
    respect to images, not latents.

    ``encode(images)`` returns latents, ``reconstruct_images(images)`` images.

    Args:
        generator: as in ``GAN``.
        discriminator: from inputs named ``images`` and ``latents`` to scores.
        encoder: from images to codes, see ``EncodingGAN``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: networks that don't fit each other.

    Examples:
        >>> dcgan = architectures.dcgan
        >>> gan = gankit.BiGAN(
        ...     dcgan.build_generator((28, 28, 1), latent_dim=16, filters=4),
        ...     architectures.bigan.build_discriminator((28, 28, 1), latent_dim=16, filters=4),
        ...     dcgan.build_encoder((28, 28, 1), latent_dim=16, filters=4),
        ... )
        >>> gan.encode(images[:3]).shape
        (3, 16)
        >>> gan.reconstruct_images(images[:3]).shape
        (3, 28, 28, 1)

    See Also:
        ``VAEGAN``, whose reconstructions are closer to the images.

    References:
        Donahue et al. 2016, "Adversarial Feature Learning", arXiv:1605.09782; Dumoulin et al. 2016,
        "Adversarially Learned Inference", arXiv:1606.00704.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        encoder: keras.Model,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, encoder, **kwargs)
        self.discriminator_inputs.require(images=1, latents=1)

    def sides(self) -> dict[str, list[keras.Model]]:
        """Returns the networks of each phase: the generator and the encoder share one."""
        return {
            "discriminator": [self.discriminator],
            "generator": [self.generator, self.encoder],
        }

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        """Returns real images with their codes, and fakes with their latents."""
        real, fake = super().make(real)
        return self.encoded(real), fake

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with its scores; images without latents are encoded first."""
        return super().discriminate(self.encoded(batch) if batch.latents is None else batch)

    def needs_real(self) -> bool:
        """Returns True: the encoder learns from the real pairs."""
        return True

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the discriminator's loss with real and fake exchanged.

        As in the paper (section 3.4), the targets are swapped, so that gradients don't vanish when
        the discriminator is confident.
        """
        return super().discriminator_losses(fake, real)
