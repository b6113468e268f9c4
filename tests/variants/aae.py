import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class AAE(gankit.GAN):
    """An adversarial autoencoder: codes must look as if they were drawn from the prior.

    So the discriminator sees latents alone: real ones are drawn, fake ones are images' codes.

    Args:
        generator: the decoder, from latents to images.
        discriminator: from ``latents`` to scores.
        encoder: from images to latents.
        **kwargs: as in ``GAN``.

    References:
        Makhzani et al. 2015, "Adversarial Autoencoders", arXiv:1511.05644.
    """

    default_penalty = None  # on slopes at images, which the discriminator does not see

    def __init__(self, generator, discriminator, encoder, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.encoder = encoder

    def sides(self):
        return super().sides() | {"generator": [self.generator, self.encoder]}

    def make(self, real):
        drawn = self.sample_latents(ops.shape(real.images)[0])
        codes = self.run(self.encoder, real.images)
        again = self.run(self.generator, codes)
        return real._replace(latents=drawn), gankit.Batch(again, latents=codes)

    def discriminate(self, batch):
        if batch.latents is None:  # outside of steps, where images come alone
            batch = batch._replace(latents=self.run(self.encoder, batch.images))
        return super().discriminate(batch)

    def generator_losses(self, real, fake):
        distance = ops.mean(ops.square(fake.images - real.images))
        return super().generator_losses(real, fake) | {"reconstruction": distance}
