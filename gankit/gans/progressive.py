"""A GAN whose networks grow: from small images, which are learned soon, to large ones."""

from typing import Any

import keras
from keras import ops

from gankit.checks import check_at_least_one
from gankit.gans.gan import GAN
from gankit.layers import FadeIn
from gankit.training.batch import Batch
from gankit.training.phase import all_layers
from gankit.typing import Structure, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class ProgressiveGAN(GAN):
    """A progressively growing GAN: new layers for images of twice the size are faded in.

    It begins with images of few pixels. Now and then both networks get layers for twice as many::

        gan.fit(images_of_16_pixels, epochs=10)
        networks = architectures.progressive.grow(gan.generator, gan.discriminator)
        gan.replace_networks(*networks)
        gan.fit(images_of_32_pixels, epochs=10)

    In the next ``fade_steps`` training steps each ``gankit.layers.FadeIn`` in them goes from what
    the networks were, with enlarged and shrunk images, to what they are, so that the new layers'
    first attempts don't spoil what is known. Real images fade from coarse to fine likewise. A GAN
    that is saved in the middle goes on from there. Any loss will do; the paper has that of
    ``WGANGP``.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``.
        fade_steps: training steps in which new layers are faded in; the paper takes 800,000 images
            for it.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: ``fade_steps`` is below 1.

    Examples:
        >>> progressive = architectures.progressive
        >>> generator = progressive.build_generator((8, 8, 1), latent_dim=16, filters=4)
        >>> discriminator = progressive.build_discriminator((8, 8, 1), filters=4)
        >>> gan = gankit.ProgressiveGAN(generator, discriminator, fade_steps=1000)
        >>> gan.compile()
        >>> gan.replace_networks(*progressive.grow(gan.generator, gan.discriminator))
        >>> gan.generate(2).shape
        (2, 16, 16, 1)

    References:
        Karras et al. 2017, "Progressive Growing of GANs for Improved Quality, Stability, and
        Variation", arXiv:1710.10196, section 2.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        fade_steps: int = 10_000,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        check_at_least_one("fade_steps", fade_steps)
        self.fade_steps = fade_steps

    def unpack(self, data: Structure) -> Batch:
        """Returns a batch whose images are as coarse as the discriminator's view still is."""
        real = super().unpack(data)
        fading = find_fading(self.discriminator)
        if not fading:
            return real
        return real._replace(images=blend_sizes(real.images, fading[0].alpha))

    def after_step(self, real: Batch, fake: Batch) -> None:
        """Fades new layers in a little further, and does what ``GAN`` does."""
        for network in (self.generator, self.discriminator):
            for layer in find_fading(network):
                layer.advance(1 / self.fade_steps)
        super().after_step(real, fake)


def find_fading(network: keras.Model) -> list[FadeIn]:
    """Returns the layers of a network that blend old and new."""
    return [layer for layer in all_layers(network) if isinstance(layer, FadeIn)]


def blend_sizes(images: Tensor, alpha: Tensor) -> Tensor:
    """Returns images between those of half the size, at ``alpha`` 0, and themselves, at 1."""
    _, height, width, _ = images.shape
    coarse = ops.average_pool(images, 2, strides=2, padding="same")
    coarse = ops.repeat(ops.repeat(coarse, 2, axis=1), 2, axis=2)[:, :height, :width]
    return coarse + alpha * (images - coarse)
