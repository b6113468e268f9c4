"""CycleGAN: translation between two kinds of images, both ways, without pairs."""

from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit import losses, penalties
from gankit.checks import check_at_least_one
from gankit.gans.gan import GAN
from gankit.layers import ImagePool
from gankit.training.batch import Batch
from gankit.training.inputs import check_images, check_logits, check_networks
from gankit.training.optimizers import dcgan_adam
from gankit.training.sampling import predict
from gankit.typing import Number, Scalars, Structure, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class CycleGAN(GAN):
    """A cycle-consistent GAN: horses become zebras, which turn back into the same horses.

    ``generator`` translates images of one kind into the other, ``inverse_generator`` translates
    them back, and each has its own discriminator. Besides the adversarial loss, both minimize the
    mean absolute distance between an image and its translation there and back, the term ``cycle``.
    So the images needn't match: the data is pairs ``(images, condition)`` of any images of the
    target kind and any of the source kind, e.g. ``tf.data.Dataset.zip(zebras, horses)`` of two
    datasets of ``gankit.data``.

    The discriminators train on a pool of earlier images as well as on the newest ones; the pool is
    saved with the GAN. Terms are averaged over both directions instead of added up, so they are
    half of the paper's objective. By default the loss is ``"least_squares"``.

    ``generate(condition=horses)`` makes zebras, and ``invert(zebras)`` horses.

    Args:
        generator: from ``condition``, which is images, to images; it takes no latents.
        discriminator: of the images that ``generator`` makes.
        inverse_generator: translates in the other direction.
        inverse_discriminator: of the images that ``inverse_generator`` makes; its scores have the
            shape of those of ``discriminator``.
        cycle_weight: factor of the term ``cycle``.
        pool_size: how many earlier images of each kind are kept.
        **kwargs: as in ``GAN``; ``generator_ema`` keeps averages of both generators.

    Raises:
        ValueError: networks that don't fit each other.

    Examples:
        >>> cyclegan = architectures.cyclegan
        >>> networks = []
        >>> for name in ("", "inverse_"):
        ...     networks += [
        ...         cyclegan.build_generator(
        ...             (28, 28, 1), 1, filters=4, blocks=1, name=f"{name}generator"
        ...         ),
        ...         cyclegan.build_discriminator(
        ...             (28, 28, 1), filters=4, name=f"{name}discriminator"
        ...         ),
        ...     ]
        ...
        >>> gan = gankit.CycleGAN(*networks)
        >>> gan.generate(condition=images[:2]).shape
        (2, 28, 28, 1)
        >>> gan.invert(images[:2]).shape
        (2, 28, 28, 1)

    See Also:
        ``Pix2Pix``, for pairs, and ``StarGAN``, for more than two kinds of images.

    References:
        Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
        Networks", arXiv:1703.10593.
    """

    default_loss: ClassVar[str | losses.Loss] = "least_squares"
    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_optimizer = staticmethod(dcgan_adam)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        inverse_generator: keras.Model,
        inverse_discriminator: keras.Model,
        *,
        cycle_weight: Number = 10.0,
        pool_size: int = 50,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        check_networks(inverse_generator, inverse_discriminator)
        check_logits(inverse_discriminator)
        shapes = [discriminator.output_shape, inverse_discriminator.output_shape]
        if shapes[0] != shapes[1]:
            raise ValueError(f"Both discriminators need scores of one shape, got {shapes}.")
        self.inverse_generator = inverse_generator
        self.inverse_discriminator = inverse_discriminator
        self.cycle_weight = cycle_weight
        self.pool_size = pool_size
        self.pools = [ImagePool(pool_size), ImagePool(pool_size)]
        for pool, network in zip(self.pools, self.sides()["discriminator"], strict=True):
            pool.build(network.input_shape)

    def sides(self) -> dict[str, list[keras.Model]]:
        """Returns both discriminators, and both generators."""
        return {
            "discriminator": [self.discriminator, self.inverse_discriminator],
            "generator": [self.generator, self.inverse_generator],
        }

    def unpack(self, data: Structure) -> Batch:
        """Returns a batch whose images are a pair: the target kind, and the source kind."""
        batch = super().unpack(data)
        return Batch((batch.images, batch.condition))

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        """Returns fakes of both kinds, each made from the other kind, which is their condition."""
        given = real.images[::-1]
        fakes = [
            self.run(network, part)
            for network, part in zip(self.sides()["generator"], given, strict=True)
        ]
        return real, Batch(tuple(fakes), condition=given)

    def reconstruct(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns the fakes, and their translations back."""
        again = [
            self.run(network, part)
            for network, part in zip(self.sides()["generator"][::-1], fake.images, strict=True)
        ]
        return real, fake._replace(reconstructed=tuple(again))

    def train_discriminator(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Updates both discriminators, on images from the pools."""
        images = [
            pool.exchange(images, seed=self.training_seed)
            for pool, images in zip(self.pools, fake.images, strict=True)
        ]
        return super().train_discriminator(real, fake._replace(images=tuple(images)))

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with scores of both kinds, ``(batch, 2, ...)``.

        Images that aren't a pair must be of the kind that ``generator`` makes.
        """
        if not isinstance(batch.images, tuple):
            return super().discriminate(batch)
        images = self.shown(batch).images
        scores = [
            self.run(network, part)
            for network, part in zip(self.sides()["discriminator"], images, strict=True)
        ]
        return batch._replace(scores=ops.stack(scores, axis=1))

    def gradient_penalty(self, penalty: penalties.Penalty, real: Batch, fake: Batch) -> Tensor:
        """Returns the gradient penalty of both discriminators, a scalar."""

        def costs(network, real, fake):
            def score(images):
                return self.run(network, self.augmented(images))

            return penalty(score, real, fake, seed=self.training_seed, step=self.steps_completed)

        networks = self.sides()["discriminator"]
        return ops.mean(ops.concatenate(list(map(costs, networks, real.images, fake.images))))

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the cycle consistency loss."""
        distances = [
            ops.mean(ops.abs(again - given))
            for again, given in zip(fake.reconstructed, fake.condition, strict=True)
        ]
        cycle = self.current(self.cycle_weight) * sum(distances) / 2
        return super().generator_losses(real, fake) | {"cycle": cycle}

    def invert(self, images: ArrayLike, batch_size: int = 256, ema: bool = True) -> np.ndarray:
        """Returns images translated in the inverse direction, float32 in [-1, 1].

        Args:
            images: float ``(n, height, width, channels)`` in [-1, 1], or uint8, of the kind that
                ``generate`` makes.
            batch_size: images per pass.
            ema: whether to use the averaged network, if there is one.
        """
        check_at_least_one("batch_size", batch_size)
        images = np.asarray(images)
        expected = self.inverse_generator.input_shape[1:]
        check_images(images, expected, self.value_range, "the inverse generator takes images")
        network = self.inverse_generator
        images = self.standardize(images)
        return predict(self.averaged(network) if ema else network, images, batch_size)
