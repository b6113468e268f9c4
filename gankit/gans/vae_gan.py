"""The VAE-GAN: a variational autoencoder that compares images by a discriminator's features."""

from typing import Any

import keras
from keras import ops

from gankit import priors
from gankit.gans.encoding_gan import EncodingGAN
from gankit.training.batch import Batch
from gankit.typing import Number, Scalars, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class VAEGAN(EncodingGAN):
    """A VAE and a GAN that share the decoder, for sharp reconstructions and new images.

    An image and its reconstruction are compared by the features of one of the discriminator's
    layers, for which a shift by a pixel matters little, but blur a lot. There are three phases,
    each with its own loss:

    - the discriminator tells real images from generated ones, the term ``adversarial``, and from
      reconstructions, the term ``adversarial_again``;
    - the generator, which is the decoder, has both adversarial losses, under the same names, and
      ``feature_weight`` times the distance between features, ``features``;
    - the encoder has that distance, unweighted, and the divergence of its codes from the standard
      normal distribution, ``divergence``, but no adversarial loss.

    ``compile(optimizers={"encoder": ...})`` sets the encoder's optimizer. ``encode(images)``
    returns the means of codes, ``reconstruct_images(images)`` images.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``, with a second output: features of any shape.
        encoder: from images to two outputs, the mean and the logarithm of the variance.
        feature_weight: the paper's gamma: the higher it is, the closer reconstructions are to the
            images; the lower, the more the decoder follows the discriminator.
        **kwargs: as in ``GAN``; the prior is the normal one.

    Raises:
        ValueError: networks that don't fit each other, or another prior.

    Examples:
        >>> vae_gan = architectures.vae_gan
        >>> gan = gankit.VAEGAN(
        ...     vae_gan.build_generator((28, 28, 1), latent_dim=16, filters=4),
        ...     vae_gan.build_discriminator((28, 28, 1), filters=4),
        ...     vae_gan.build_encoder((28, 28, 1), latent_dim=16, filters=4),
        ... )
        >>> gan.compile()
        >>> gan.reconstruct_images(images[:3]).shape
        (3, 28, 28, 1)

    References:
        Larsen et al. 2015, "Autoencoding beyond pixels using a learned similarity metric",
        arXiv:1512.09300.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        encoder: keras.Model,
        *,
        feature_weight: Number = 0.01,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, encoder, **kwargs)
        if len(discriminator.outputs) != 2 or len(encoder.outputs) != 2:
            raise ValueError(
                "A VAEGAN's discriminator has two outputs, scores and features, and its encoder "
                "two, the mean and the logarithm of the variance, got "
                f"{len(discriminator.outputs)} and {len(encoder.outputs)}."
            )
        if not isinstance(self.latent_prior, priors.Normal):
            raise ValueError(
                f"A VAEGAN draws latents from the normal prior, got {self.latent_prior!r}."
            )
        self.feature_weight = feature_weight

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        """Returns real images with their codes and reconstructions, and generated images."""
        real, fake = super().make(real)
        real = self.encoded(real)
        return real._replace(reconstructed=self.decoded(real)), fake

    def discriminate_pair(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns both with their scores and features, and ``again``, those of reconstructions."""
        real, fake = super().discriminate_pair(real, fake)
        again = self.discriminate(Batch(real.reconstructed, real.condition))
        return real._replace(extra={**real.extra, "again": again}), fake

    def needs_real(self) -> bool:
        """Returns True: features are compared with those of real images."""
        return True

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the losses of real against generated images, and against reconstructions.

        Real images count in both, so that they weigh as much as the fakes.
        """
        again = super().discriminator_losses(real, real.extra["again"])
        terms = super().discriminator_losses(real, fake)
        return terms | {"adversarial_again": again["adversarial"]}

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the decoder's adversarial losses, and the distance of features."""
        again = super().generator_losses(real, real.extra["again"])
        terms = super().generator_losses(real, fake)
        return terms | {
            "adversarial_again": again["adversarial"],
            "features": self.current(self.feature_weight) * feature_distance(real),
        }

    def encoder_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the two terms of a VAE, with features instead of pixels."""
        mean, log_variance = real.extra["mean"], real.extra["log_variance"]
        return {
            "divergence": ops.mean(divergence_from_normal(mean, log_variance)),
            "features": feature_distance(real),
        }


def feature_distance(real: Batch) -> Tensor:
    """Returns the mean of half the squared distance between images and their reconstructions.

    Both are compared in the discriminator's features. Up to a constant, this is the negative
    logarithm of a normal density of variance 1 (the paper's equation 7).
    """
    distance = ops.square(real.extra["again"].heads[0] - real.heads[0])
    return ops.mean(ops.sum(distance, axis=tuple(range(1, len(distance.shape))))) / 2


def divergence_from_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Returns the Kullback-Leibler divergence of N(mean, variance) from N(0, 1), ``(batch,)``.

    This is the sum of (mean^2 + variance - 1 - log variance) / 2 (Kingma and Welling 2013,
    arXiv:1312.6114, appendix B).
    """
    parts = ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance
    return ops.sum(parts, axis=tuple(range(1, len(parts.shape)))) / 2
