import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class LeCamGAN(gankit.GAN):
    """Scores pay for leaving the mean that scores of the other kind have had: for limited data.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``.
        lecam_weight: of the term ``lecam``.
        decay: of the means.
        **kwargs: as in ``GAN``.

    References:
        Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data",
        arXiv:2104.03310, equation 2.
    """

    def __init__(self, generator, discriminator, lecam_weight=0.3, decay=0.99, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.lecam_weight, self.decay = lecam_weight, decay
        zero = {"shape": (), "initializer": "zeros", "trainable": False, "aggregation": "mean"}
        self.real_mean = self.add_weight(name="real_mean", **zero)
        self.fake_mean = self.add_weight(name="fake_mean", **zero)

    def penalty_losses(self, phase, real, fake):
        terms = super().penalty_losses(phase, real, fake)
        if phase.name != "discriminator":
            return terms
        on_real = ops.mean(ops.square(real.scores - self.fake_mean))
        on_fake = ops.mean(ops.square(fake.scores - self.real_mean))
        return terms | {"lecam": self.lecam_weight * (on_real + on_fake)}

    def after_step(self, real, fake):
        super().after_step(real, fake)
        for mean, scores in ((self.real_mean, real.scores), (self.fake_mean, fake.scores)):
            mean.assign(self.decay * mean + (1.0 - self.decay) * ops.mean(scores))
