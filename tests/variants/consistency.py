import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class ConsistencyGAN(gankit.GAN):
    """The discriminator pays if it scores a changed real image otherwise than the image itself.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``.
        change: a layer that changes what does not matter in an image, e.g.
            ``keras.layers.RandomFlip("horizontal")`` or ``RandomTranslation``.
        consistency_weight: of the term ``consistency``.
        **kwargs: as in ``GAN``.

    References:
        Zhang et al. 2019, "Consistency Regularization for Generative Adversarial Networks",
        arXiv:1910.12027, section 2.
    """

    def __init__(self, generator, discriminator, change, consistency_weight=10.0, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.change, self.consistency_weight = change, consistency_weight

    def penalty_losses(self, phase, real, fake):
        terms = super().penalty_losses(phase, real, fake)
        if phase.name != "discriminator":
            return terms
        changed = self.score(self.change(real.images, training=True), real.condition)
        cost = ops.mean(ops.square(changed - real.scores))
        return terms | {"consistency": self.consistency_weight * cost}
