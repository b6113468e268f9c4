import keras
from keras import ops

import gankit
from gankit.training.heads import class_loss


@keras.saving.register_keras_serializable(package="tests")
class RotationGAN(gankit.GAN):
    """The discriminator also says by how many quarters an image is turned, so it does not forget.

    It learns that on real images; the generator pays if it can't be said of its own (equations 5
    and 6).

    Args:
        generator: as in ``GAN``.
        discriminator: from square images to scores and four logits, of 0, 90, 180, 270 degrees.
        generator_weight: alpha, of the generator's term ``rotation``.
        discriminator_weight: beta, of the discriminator's.
        **kwargs: as in ``GAN``.

    References:
        Chen et al. 2018, "Self-Supervised GANs via Auxiliary Rotation Loss", arXiv:1811.11212.
    """

    def __init__(
        self, generator, discriminator, generator_weight=0.2, discriminator_weight=1.0, **kwargs
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.generator_weight, self.discriminator_weight = generator_weight, discriminator_weight

    def rotation_loss(self, images):
        turned = ops.concatenate([ops.rot90(images, turns, axes=(1, 2)) for turns in range(4)])
        judged = self.discriminate(gankit.Batch(turned))
        return class_loss(judged.heads[0], ops.repeat(ops.arange(4), ops.shape(images)[0]))

    def discriminator_losses(self, real, fake):
        cost = self.discriminator_weight * self.rotation_loss(real.images)
        return super().discriminator_losses(real, fake) | {"rotation": cost}

    def generator_losses(self, real, fake):
        cost = self.generator_weight * self.rotation_loss(fake.images)
        return super().generator_losses(real, fake) | {"rotation": cost}
