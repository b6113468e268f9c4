import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class BiGAN(gankit.GAN):
    """The discriminator sees pairs: an image with its code, or a fake with its latents.

    To fool it, the encoder must become the inverse of the generator.

    Args:
        generator: from latents to images.
        discriminator: from ``images`` and ``latents`` to scores.
        encoder: from images to latents.
        **kwargs: as in ``GAN``.

    References:
        Donahue et al. 2016, "Adversarial Feature Learning", arXiv:1605.09782; Dumoulin et al. 2016,
        "Adversarially Learned Inference", arXiv:1606.00704.
    """

    def __init__(self, generator, discriminator, encoder, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.encoder = encoder

    def sides(self):
        return super().sides() | {"generator": [self.generator, self.encoder]}

    def make(self, real):
        real, fake = super().make(real)
        return real._replace(latents=self.run(self.encoder, real.images)), fake

    def discriminate(self, batch):
        if batch.latents is None:  # outside of steps, where images come alone
            batch = batch._replace(latents=self.run(self.encoder, batch.images))
        return super().discriminate(batch)

    def needs_real(self):
        return True

    def generator_losses(self, real, fake):
        """Returns the discriminator's cost with the two kinds of pairs exchanged (section 3.4)."""
        return {"adversarial": ops.mean(self.loss.discriminator(fake.scores, real.scores))}
