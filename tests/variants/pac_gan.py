import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class PacGAN(gankit.GAN):
    """The discriminator judges several images at once, so it sees when all look alike.

    Lin et al. 2017, "PacGAN: The power of two samples in generative adversarial networks",
    arXiv:1712.04086, section 3. m images of a batch become one with m times the channels; m follows
    from how many channels the discriminator takes. Batches must be multiples of m.
    """

    def shown_shape(self, shape):
        taken = self.discriminator.input_shape[-1]
        return (*shape[:-1], taken) if taken % shape[-1] == 0 else shape

    def shown(self, batch):
        batch = super().shown(batch)
        *_, height, width, channels = batch.images.shape
        packs = ops.shape(batch.images)[0] * channels // self.discriminator.input_shape[-1]
        pieces = ops.reshape(batch.images, (packs, -1, height, width, channels))
        side_by_side = ops.transpose(pieces, (0, 2, 3, 1, 4))
        return batch._replace(images=ops.reshape(side_by_side, (packs, height, width, -1)))
