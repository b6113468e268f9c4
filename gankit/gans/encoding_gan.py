"""The base class of GANs with an encoder, from images to latents."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, map_tensors
from gankit.training.inputs import Inputs, shapes_fit
from gankit.training.sampling import as_arrays, as_rows, count_images, predict
from gankit.typing import Structure, Tensor


class EncodingGAN(GAN):
    """A GAN with an encoder: what ``BiGAN``, ``VAEGAN`` and ``AAE`` share.

    The latents that the encoder finds for an image are its code. ``encode`` returns codes, and
    ``reconstruct_images`` what the generator makes of them. By itself this class trains no encoder:
    a subclass has ``encoder_losses``, or trains it together with the generator.

    Args:
        generator: as in ``GAN``, with one input for latents.
        discriminator: as in ``GAN``.
        encoder: a functional or sequential model from images (and a condition) to codes of the
            latents' shape. With two outputs, the mean and the logarithm of the variance, codes are
            normally distributed around that mean: training draws one for each image (Kingma and
            Welling 2013, arXiv:1312.6114, section 2.4), ``encode`` returns the mean.
        **kwargs: as in ``GAN``; ``generator_ema`` keeps an average of the encoder, too.

    Raises:
        ValueError: codes that are no latents of the generator, or images of another shape than it
            makes.
        TypeError: an encoder whose input shapes are not known.

    Examples:
        >>> dcgan = architectures.dcgan
        >>> gan = gankit.EncodingGAN(
        ...     dcgan.build_generator((8, 8, 1), latent_dim=16, filters=4),
        ...     dcgan.build_discriminator((8, 8, 1), filters=4),
        ...     dcgan.build_encoder((8, 8, 1), latent_dim=16, filters=4),
        ... )
        >>> gan.encode(np.zeros((3, 8, 8, 1), "float32")).shape
        (3, 16)

    See Also:
        ``BiGAN``, ``VAEGAN`` and ``AAE``, which train the encoder. [Which GAN for
        what](../which_gan.md#encoding-images) compares them.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        encoder: keras.Model,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.generator_inputs.require(latents=1)
        self.encoder_inputs = Inputs(encoder, "encoder")
        self.encoder_inputs.require(images=1)
        check_encoder(encoder, self.encoder_inputs, generator, self.generator_inputs)
        self.encoder = encoder

    def sides(self) -> dict[str, list[keras.Model]]:
        """Returns the networks of each phase; the encoder has its own."""
        return super().sides() | {"encoder": [self.encoder]}

    def encoded(self, batch: Batch) -> Batch:
        """Returns a batch whose latents are the codes of its images.

        Where the encoder gives distributions, ``extra`` has their ``mean`` and ``log_variance``.
        """
        inputs = self.encoder_inputs.match(images=batch.images, condition=batch.condition)
        mean, *others = keras.tree.flatten(self.run(self.encoder, inputs))
        if not others:
            return batch._replace(latents=mean)
        known = {"mean": mean, "log_variance": others[0]}
        codes = mean
        if self.in_training is not None:  # outside of steps nothing is drawn from training's stream
            noise = keras.random.normal(ops.shape(mean), seed=self.training_seed)
            codes = mean + ops.exp(others[0] / 2) * noise
        return batch._replace(latents=codes, extra={**batch.extra, **known})

    def decoded(self, batch: Batch) -> Tensor:
        """Returns the images that the generator makes of a batch's latents."""
        inputs = self.generator_inputs.match(latents=batch.latents, condition=batch.condition)
        return self.run(self.generator, inputs)

    def encode(
        self,
        images: ArrayLike,
        condition: Structure = None,
        batch_size: int = 256,
        ema: bool = True,
    ) -> np.ndarray:
        """Returns the codes of images: latents of which the generator makes them again, nearly.

        Args:
            images: float ``(n, height, width, channels)`` in the range of the generator's, or
                uint8.
            condition: what the encoder takes besides images, if anything: a row for each
                image, or one for all of them.
            batch_size: images per pass; affects only memory and speed.
            ema: whether to use the average encoder, ``ema_encoder``, if there is one.

        Returns:
            float32 ``(n, latent_dim)``.

        Raises:
            ValueError: images or a condition that the encoder can't take.
        """
        check_at_least_one("batch_size", batch_size)
        images = as_rows(images)
        self.encoder_inputs.check_images(images, self.value_range, lambda shape: shape)
        if condition is not None:
            number = count_images(None, images=images)
            condition = self.encoder_inputs.as_rows(as_arrays(condition), number)
            self.encoder_inputs.check_condition(condition, self.value_range)
        given = map_tensors(self.standardize, (images, condition))
        inputs = self.encoder_inputs.match(images=given[0], condition=given[1])
        network = self.averaged(self.encoder) if ema else self.encoder
        return keras.tree.flatten(predict(network, inputs, batch_size))[0]

    def reconstruct_images(
        self,
        images: ArrayLike,
        condition: Structure = None,
        batch_size: int = 256,
        ema: bool = True,
    ) -> np.ndarray:
        """Returns what the generator makes of the codes of images: these images again, nearly.

        Takes the arguments of ``encode``, of which the condition goes to the generator, too.

        Returns:
            float32 of the images' shape, see ``generate``.
        """
        codes = self.encode(images, condition, batch_size, ema)
        told = condition if self.generator_inputs.of("condition") else None
        return self.generate(condition=told, latents=codes, batch_size=batch_size, ema=ema)


def check_encoder(
    encoder: keras.Model, takes: Inputs, generator: keras.Model, generator_takes: Inputs
) -> None:
    """Raises ``ValueError`` unless an encoder leads from a generator's images to its latents."""
    (images,), (latents,) = takes.of("images"), generator_takes.of("latents")
    made = generator.outputs[0].shape[1:]
    if not shapes_fit(made, images.shape):
        raise ValueError(
            f"The encoder takes images of shape {images.shape}, but the generator makes {made}. "
            "Build both with the same image_shape."
        )
    codes = [tuple(output.shape[1:]) for output in encoder.outputs]
    if len(codes) > 2 or any(code != latents.shape for code in codes):
        raise ValueError(
            f"The encoder needs one output of the latents' shape {latents.shape}, a code, or two "
            f"of it, a mean and the logarithm of the variance, got {codes}."
        )
