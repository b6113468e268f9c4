"""SRGAN: super-resolution."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import penalties
from gankit.checks import check_layer
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, in_float32
from gankit.training.optimizers import dcgan_adam
from gankit.typing import Number, Scalars, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class SRGAN(GAN):
    """A super-resolution GAN: sharp images, where the squared error alone gives blurred ones.

    The generator enlarges a small image. It minimizes the distance from the true large image in the
    features of another network, the term ``content``, and, with a small weight, the term
    ``adversarial``. Data are pairs of large and small images, as
    ``gankit.data.from_high_resolution`` makes them.

    The paper first trains the generator by the mean squared error alone, with plain Keras::

        generator.compile("adam", "mse")
        generator.fit(dataset.map(lambda large, small: (small, large)))

    ``generate(condition=small_images)`` enlarges.

    Args:
        generator: from ``condition``, small images, to large ones; it takes no latents.
        discriminator: as in ``GAN``, of large images alone.
        features: a Keras model from images in [-1, 1] to features, which is not trained; the paper
            has a layer of VGG19. None compares pixels.
        content_weight: factor of the term ``content``, the mean squared distance of features.
        adversarial_weight: factor of the generator's term ``adversarial``.
        **kwargs: as in ``GAN``.

    Raises:
        TypeError: features that are no Keras layer or model.

    Examples:
        >>> srgan = architectures.srgan
        >>> gan = gankit.SRGAN(
        ...     srgan.build_generator(factor=2, channels=1, filters=4, blocks=1),
        ...     srgan.build_discriminator((28, 28, 1), filters=4, hidden_units=8),
        ... )
        >>> small = np.asarray(data.resize_bicubic(images[:2], (14, 14)))
        >>> gan.generate(condition=np.clip(small, -1, 1)).shape
        (2, 28, 28, 1)

    References:
        Ledig et al. 2016, "Photo-Realistic Single Image Super-Resolution Using a Generative
        Adversarial Network", arXiv:1609.04802.
    """

    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_optimizer = staticmethod(dcgan_adam)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        features: keras.Layer | None = None,
        content_weight: Number = 1.0,
        adversarial_weight: Number = 1e-3,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        check_layer("features", features)
        if features is not None:
            features.trainable = False
        self.features = features
        self.content_weight = content_weight
        self.adversarial_weight = adversarial_weight

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, weighted, and what the distance from the truth costs."""
        terms = super().generator_losses(real, fake)
        terms["adversarial"] *= self.current(self.adversarial_weight)
        distance = ops.square(self.describe(fake.images) - self.describe(real.images))
        return {"content": self.current(self.content_weight) * ops.mean(distance)} | terms

    def describe(self, images: Tensor) -> Tensor:
        """Returns the features by which images are compared."""
        if self.features is None:
            return images
        return in_float32(self.features(images, training=False))
