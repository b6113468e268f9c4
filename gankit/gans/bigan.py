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
    image with its latents. Only where the encoder inverts the generator are they alike. No image is
    ever compared with its reconstruction, so reconstructions show what the image means rather than
    each of its pixels.

    Generator and encoder are one phase. Their loss, the term ``adversarial``, is the
    discriminator's with real and fake exchanged. ``ByPart(optimizer, {"encoder": another})`` of
    ``gankit.training.optimizers`` gives the encoder a rate of its own. With an encoder of two
    outputs this is adversarially learned inference, ALI. A gradient penalty is on slopes by images,
    not by latents.

    ``encode(images)`` returns latents, ``reconstruct_images(images)`` images.

    Args:
        generator: as in ``GAN``.
        discriminator: from ``images`` and ``latents`` to scores, inputs of these names.
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
        ``VAEGAN``, whose images come back closer to what they were.

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
        """Returns the networks of each phase: generator and encoder play together."""
        return {
            "discriminator": [self.discriminator],
            "generator": [self.generator, self.encoder],
        }

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        """Returns real images with their codes, and fakes with their latents."""
        real, fake = super().make(real)
        return self.encoded(real), fake

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with its scores; images that come without latents get their codes."""
        return super().discriminate(self.encoded(batch) if batch.latents is None else batch)

    def needs_real(self) -> bool:
        """Returns True: the encoder is judged by the real pairs."""
        return True

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the discriminator's loss with real and fake exchanged.

        In the paper (section 3.4) the targets are exchanged, so that gradients stay steep where the
        discriminator is sure.
        """
        return super().discriminator_losses(fake, real)
