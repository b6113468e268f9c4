import keras

import gankit


@keras.saving.register_keras_serializable(package="tests")
class TwoDiscriminators(gankit.GAN):
    """A discriminator of whole images and one of patches, whose scores differ in shape.

    Each counts as much as the other, whatever the number of its scores (Iizuka et al. 2017,
    "Globally and Locally Consistent Image Completion", had the idea; Demir and Unal 2018,
    "Patch-Based Image Inpainting with Generative Adversarial Networks", arXiv:1803.07422, the two).

    Args:
        generator: from latents to images.
        discriminator: from images to scores ``(batch, 1)``.
        patches: from images to scores ``(batch, height, width, 1)``.
        **kwargs: as in ``GAN``.
    """

    def __init__(self, generator, discriminator, patches, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.patches = patches

    def sides(self):
        return super().sides() | {"discriminator": [self.discriminator, self.patches]}

    def discriminate(self, batch):
        batch = super().discriminate(batch)
        return batch._replace(scores=[batch.scores, self.run(self.patches, batch.shown)])
