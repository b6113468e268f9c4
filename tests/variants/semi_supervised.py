import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class SemiSupervisedGAN(gankit.GAN):
    """A classifier of K classes that learns from images without labels, too.

    "Generated" is one class more, whose logit is fixed at 0: real is any of the K, with the score
    logsumexp(logits). The generator matches the mean features of real images (sections 3.1 and 5).

    Args:
        generator: from latents to images.
        discriminator: from images to logits ``(batch, K)``, and a second output, the features.
        **kwargs: as in ``GAN``. Data are images and classes, -1 where an image has no label.

    References:
        Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498.
    """

    def discriminate(self, batch):
        batch = super().discriminate(batch)
        real = ops.logsumexp(batch.scores, axis=-1, keepdims=True)
        return batch._replace(scores=real, heads=(batch.scores, *batch.heads))

    def discriminator_losses(self, real, fake):
        labelled = ops.cast(real.condition >= 0, "float32")
        labels = ops.maximum(real.condition, 0)
        costs = ops.sparse_categorical_crossentropy(labels, real.heads[0], from_logits=True)
        cost = ops.sum(labelled * costs) / ops.maximum(ops.sum(labelled), 1.0)
        return super().discriminator_losses(real, fake) | {"class": cost}

    def needs_real(self):
        return True

    def generator_losses(self, real, fake):
        distances = ops.mean(real.heads[1], axis=0) - ops.mean(fake.heads[1], axis=0)
        return {"matching": ops.sum(ops.square(distances))}
