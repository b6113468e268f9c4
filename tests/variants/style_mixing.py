import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class StyleMixingGAN(gankit.GAN):
    """In training, some images are made by one latent vector up to a layer, by another from there.

    So the network can't assume that the styles of neighbouring layers belong together.

    Args:
        generator: from a latent vector for each layer, ``(batch, layers, latent_dim)``.
        discriminator: as in ``GAN``.
        mixing: the share of images that are made of two.
        **kwargs: as in ``GAN``.

    References:
        Karras et al. 2018, "A Style-Based Generator Architecture for Generative Adversarial
        Networks", arXiv:1812.04948, section 3.1.
    """

    def __init__(self, generator, discriminator, mixing=0.9, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.mixing = mixing

    def sample_latents(self, num_images, seed=None):
        seed = self.training_seed if seed is None else seed
        (layers, latent_dim) = self.generator_inputs.of("latents")[0].shape
        one = self.latent_prior.sample((num_images, 1, latent_dim), seed)
        if not self.in_training:
            return ops.repeat(one, layers, axis=1)
        other = self.latent_prior.sample((num_images, 1, latent_dim), seed)
        mixed = keras.random.uniform((num_images, 1, 1), seed=seed) < self.mixing
        begins = keras.random.randint((num_images, 1, 1), 1, layers, seed=seed)
        return ops.where(mixed & (ops.arange(layers)[None, :, None] >= begins), other, one)
