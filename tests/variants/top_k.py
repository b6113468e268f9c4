import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class TopKGAN(gankit.GAN):
    """The generator learns from the fakes of a batch that look the most real, and from no others.

    At first these are all; then fewer and fewer, as the discriminator learns to tell good from bad.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``, to one score for each image.
        share: of fakes that count, a number or a schedule.
        least: below which the share does not fall.
        **kwargs: as in ``GAN``.

    References:
        Sinha et al. 2020, "Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad
        Samples", arXiv:2002.06224, section 3.
    """

    def __init__(self, generator, discriminator, share=0.75, least=0.5, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.share, self.least = share, least

    def generator_losses(self, real, fake):
        ranks = ops.argsort(ops.argsort(-fake.scores[:, 0]))
        share = ops.maximum(self.current(self.share), self.least)
        counts = ops.cast(ranks, "float32") < share * ops.cast(ops.shape(ranks)[0], "float32")
        counts = ops.cast(counts, "float32")
        costs = self.loss.generator(fake.scores)[:, 0]
        return {"adversarial": ops.sum(counts * costs) / ops.sum(counts)}
