"""A GAN for few images, whose discriminator must be able to reconstruct its input."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit import losses, penalties
from gankit.checks import check_layer
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, in_float32, mean_of, split_outputs
from gankit.training.optimizers import dcgan_adam
from gankit.typing import Number, Scalars, Structure, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class FastGAN(GAN):
    """A lightweight GAN for about 100 to 2,000 images, which may be large.

    With few images, a discriminator soon recognizes each by some detail. Here it is also trained as
    an encoder: ``decoder`` has to reconstruct each real image from the discriminator's features,
    and ``part_decoder`` a random part of it from the same part of a finer feature map. Their error
    is the discriminator's term ``reconstruction``, which makes it look at the whole image.

    By default the loss is ``losses.Hinge(margin_noise=0.2)``. The paper trains with batches of 8,
    ``augment=gankit.augment.DiffAugment()`` and ``generator_ema=0.999``.

    Args:
        generator: as in ``GAN``.
        discriminator: from images to scores and two maps of features, a coarse one of the whole
            image and a finer one, each ``(batch, height, width, channels)``.
        decoder: from the coarse map to images, of any size, in the range of the data.
        part_decoder: from a part of the finer map to images, likewise; the size of the part follows
            from its input.
        features: a Keras layer or model from images to features, by which the decoders' images are
            compared with the real ones; it is not trained. The paper uses LPIPS, a distance between
            VGG features. None compares pixels.
        reconstruction_weight: factor of the term ``reconstruction``, the mean absolute distance of
            the whole image plus that of the part.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: networks that don't fit each other.
        TypeError: ``features`` is not a Keras layer or model.

    Examples:
        >>> fastgan = architectures.fastgan
        >>> gan = gankit.FastGAN(
        ...     fastgan.build_generator((16, 16, 3), latent_dim=16, filters=1),
        ...     fastgan.build_discriminator((16, 16, 3), filters=1),
        ...     *fastgan.build_decoders((16, 16, 3), filters=1),
        ...     augment=augment.DiffAugment(),
        ...     generator_ema=0.999,
        ... )
        >>> gan.compile()
        >>> gan.loss.margin_noise
        0.2

    References:
        Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot
        Image Synthesis", arXiv:2101.04775, section 3.2.
    """

    default_loss: ClassVar[str | losses.Loss] = losses.Hinge(margin_noise=0.2)
    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_optimizer = staticmethod(dcgan_adam)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        decoder: keras.Model,
        part_decoder: keras.Model,
        *,
        features: keras.Layer | None = None,
        reconstruction_weight: Number = 1.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        check_layer("features", features)
        check_decoders(discriminator, decoder, part_decoder)
        if features is not None:
            features.trainable = False
        self.decoder = decoder
        self.part_decoder = part_decoder
        self.features = features
        self.reconstruction_weight = reconstruction_weight

    def sides(self) -> dict[str, list[keras.Model]]:
        """Returns the discriminator with its decoders, and the generator."""
        judges = [self.discriminator, self.decoder, self.part_decoder]
        return {"discriminator": judges, "generator": [self.generator]}

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, and the decoders' error on the (augmented) real images."""
        whole, finer = real.heads
        part, region = self.cut(finer, real.shown)
        missed = self.distance(self.run(self.decoder, whole), real.shown)
        missed += self.distance(self.run(self.part_decoder, part), region)
        cost = self.current(self.reconstruction_weight) * missed
        return super().discriminator_losses(real, fake) | {"reconstruction": cost}

    def cut(self, finer: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Returns a random part of a map, the same for the batch, and that part of the images."""
        for axis in (1, 2):
            size, length = finer.shape[axis], self.part_decoder.input_shape[axis]
            pixels = self.discriminator.input_shape[axis]
            first = keras.random.randint((), 0, size - length + 1, seed=self.training_seed)
            finer = ops.take(finer, first + ops.arange(length), axis=axis)
            first = first * pixels // size
            images = ops.take(images, first + ops.arange(length * pixels // size), axis=axis)
        return finer, images

    def distance(self, drawn: Tensor, images: Tensor) -> Tensor:
        """Returns the mean absolute distance of what was drawn from images, of any size."""
        there = ops.image.resize(images, drawn.shape[1:3], antialias=True)
        pairs = zip(*map(keras.tree.flatten, map(self.describe, (drawn, there))), strict=True)
        return mean_of([ops.mean(ops.abs(one - other)) for one, other in pairs])

    def describe(self, images: Tensor) -> Structure:
        """Returns the features by which images are compared."""
        if self.features is None:
            return images
        return in_float32(self.features(images, training=False))


def check_decoders(
    discriminator: keras.Model, decoder: keras.Model, part_decoder: keras.Model
) -> None:
    """Raises ``ValueError`` unless both decoders fit the maps that the discriminator returns."""
    _, heads = split_outputs(discriminator.output)
    if [len(head.shape) for head in heads] != [4, 4]:
        raise ValueError(
            "A FastGAN's discriminator returns scores and two maps of features, (batch, height, "
            f"width, channels), got {[head.shape for head in heads]} besides the scores."
        )
    shapes = [tuple(head.shape[1:]) for head in heads]
    whole, part = decoder.input_shape[1:], part_decoder.input_shape[1:]
    if whole != shapes[0]:
        raise ValueError(f"decoder takes maps {whole}, but the coarse ones are {shapes[0]}.")
    if part[2] != shapes[1][2] or part[0] > shapes[1][0] or part[1] > shapes[1][1]:
        raise ValueError(
            f"part_decoder takes maps {part}, which are no parts of the finer ones, {shapes[1]}: "
            "they need as many channels, and at most the same height and width."
        )
    for name, network in (("decoder", decoder), ("part_decoder", part_decoder)):
        if network.output_shape[3] != discriminator.input_shape[3]:
            raise ValueError(
                f"{name} must draw {discriminator.input_shape[3]} channels, as the images have, "
                f"but draws {network.output_shape[3]}."
            )
