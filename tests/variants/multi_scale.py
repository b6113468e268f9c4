import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class MultiScaleGAN(gankit.GAN):
    """Discriminators of one architecture that see the image at full, half, quarter ... size.

    The generator also matches the features of real images (section 3.3).

    Args:
        generator, **kwargs: as in ``GAN``.
        discriminator: from images to patches' scores and features.
        coarser: a list of discriminators, each of half the size of the one before.
        matching_weight: of the features.

    References:
        Wang et al. 2017 (pix2pixHD), arXiv:1711.11585, section 3.2.
    """

    def __init__(self, generator, discriminator, coarser, matching_weight=10.0, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.coarser, self.matching_weight = coarser, matching_weight

    def sides(self):
        return super().sides() | {"discriminator": [self.discriminator, *self.coarser]}

    def discriminate(self, batch):
        batch = super().discriminate(batch)
        scores, heads, images = [batch.scores], [*batch.heads], batch.shown
        for network in self.coarser:
            images = ops.average_pool(images, 3, strides=2, padding="same")
            first, *features = self.run(network, images)
            scores, heads = [*scores, first], [*heads, *features]
        return batch._replace(scores=scores, heads=tuple(heads))

    def needs_real(self):
        return True

    def generator_losses(self, real, fake):
        pairs = zip(real.heads, fake.heads, strict=True)
        distance = sum(ops.mean(ops.abs(a - b)) for a, b in pairs) / len(fake.heads)
        return super().generator_losses(real, fake) | {"matching": self.matching_weight * distance}
