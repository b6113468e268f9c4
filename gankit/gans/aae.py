"""The adversarial autoencoder, whose codes follow the prior."""

from typing import Any

import keras
from keras import ops

from gankit import penalties
from gankit.gans.encoding_gan import EncodingGAN
from gankit.training.batch import Batch, count_rows
from gankit.typing import Number, Scalars, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class AAE(EncodingGAN):
    """An adversarial autoencoder: the codes of the data fill the prior, whatever its shape.

    The discriminator sees only latents: those drawn from ``latent_prior`` are real, and codes of
    images are fake. The encoder has the adversarial loss. The encoder and the generator, which is
    the decoder, both minimize the mean squared distance between images and their reconstructions,
    the term ``reconstruction``. So you can draw new images as from any GAN, and with two latents
    you get a map of all the data without gaps.

    ``compile(optimizers={"encoder": ...})`` sets the encoder's optimizer. A gradient penalty is
    taken with respect to latents, and ``augment`` serves no purpose here. ``encode(images)``
    returns codes, ``reconstruct_images(images)`` images, and ``score(images)`` says how likely
    their codes are.

    Args:
        generator: as in ``GAN``; the decoder.
        discriminator: from ``latents``, an input of that name, to scores.
        encoder: from images to codes, see ``EncodingGAN``.
        reconstruction_weight: factor of the encoder's term ``reconstruction``. The paper alternates
            between the terms, step by step; this class adds them up.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: networks that don't fit each other.

    Examples:
        >>> mlp = architectures.mlp
        >>> gan = gankit.AAE(
        ...     mlp.build_generator((28, 28, 1), latent_dim=2, hidden_units=(32,)),
        ...     mlp.build_latent_discriminator(latent_dim=2, hidden_units=(32,)),
        ...     mlp.build_encoder((28, 28, 1), latent_dim=2, hidden_units=(32,)),
        ... )
        >>> gan.encode(images[:3]).shape
        (3, 2)

    References:
        Makhzani et al. 2015, "Adversarial Autoencoders", arXiv:1511.05644.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        encoder: keras.Model,
        *,
        reconstruction_weight: Number = 10.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, encoder, **kwargs)
        self.discriminator_inputs.require(latents=1, images=0)
        self.reconstruction_weight = reconstruction_weight

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        """Returns the data with drawn latents, and reconstructions with their codes."""
        drawn = self.sample_latents(count_rows(real.images))
        fake = self.encoded(real)
        return real._replace(latents=drawn), fake._replace(images=self.decoded(fake))

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with its latents' scores; images without latents are encoded first."""
        return super().discriminate(self.encoded(batch) if batch.latents is None else batch)

    def gradient_penalty(self, penalty: penalties.Penalty, real: Batch, fake: Batch) -> Tensor:
        """Returns the penalty on the gradient with respect to latents, a scalar."""
        costs = penalty(
            lambda latents: self.discriminate(real._replace(latents=latents)).scores,
            real.latents,
            fake.latents,
            seed=self.training_seed,
            step=self.steps_completed,
        )
        return ops.mean(costs)

    def encoder_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the codes' adversarial loss, and the weighted error of reconstructions."""
        weight = self.current(self.reconstruction_weight)
        cost = weight * self.generator_losses(real, fake)["reconstruction"]
        return super().generator_losses(real, fake) | {"reconstruction": cost}

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the mean squared distance between images and their reconstructions."""
        return {"reconstruction": ops.mean(ops.square(fake.images - real.images))}
