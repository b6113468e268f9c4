import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class FastGAN(gankit.GAN):
    """The discriminator must be able to reconstruct real images from what it found in them.

    So it looks at the whole image, which matters where there are few of them.

    Args:
        generator: as in ``GAN``.
        discriminator: from images to scores and to images, maybe smaller, that a decoder makes.
        **kwargs: as in ``GAN``; the paper has ``augment=DiffAugment()`` and the hinge loss.

    References:
        Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot
        Image Synthesis", arXiv:2101.04775, section 3.2; plain distances replace its perceptual
        ones.
    """

    default_loss = "hinge"

    def discriminator_losses(self, real, fake):
        made = real.heads[0]
        shown = ops.image.resize(real.shown, made.shape[1:3], antialias=True)
        return super().discriminator_losses(real, fake) | {
            "reconstruction": ops.mean(ops.abs(made - shown))
        }
