"""A GAN whose discriminator sees real and generated images in one batch."""

import keras

from gankit.gans.gan import GAN
from gankit.training.batch import Batch, concatenate, count_rows


@keras.saving.register_keras_serializable(package="gankit")
class OnePassGAN(GAN):
    """A GAN whose discriminator sees real and generated images in one concatenated batch.

    Many early write-ups train this way. It matters if the discriminator has batch normalization,
    whose statistics then cover both kinds of images. Without it, the scores are the same, from one
    pass instead of two. Use it as the first base to do the same for another variant:
    ``class OnePassACGAN(OnePassGAN, ACGAN)``.

    The arguments are those of ``GAN``.

    Examples:
        >>> dcgan = architectures.dcgan
        >>> gan = gankit.OnePassGAN(
        ...     dcgan.build_generator((8, 8, 1), latent_dim=16, filters=4),
        ...     dcgan.build_discriminator((8, 8, 1), filters=4),
        ... )
        >>> gan.compile(loss="non_saturating", penalty=None)
        >>> gan.generate(2).shape
        (2, 8, 8, 1)
    """

    def discriminate_pair(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns both batches with their scores, from one pass for both."""
        conditional = bool(self.discriminator_inputs.of("condition"))
        both = self.discriminate(
            Batch(
                concatenate(real.images, fake.images),
                concatenate(real.condition, fake.condition) if conditional else None,
            )
        )
        number = count_rows(real.images)
        on_real, on_fake = both.rows(slice(None, number)), both.rows(slice(number, None))
        return (
            real._replace(shown=on_real.shown, scores=on_real.scores, heads=on_real.heads),
            fake._replace(shown=on_fake.shown, scores=on_fake.scores, heads=on_fake.heads),
        )
