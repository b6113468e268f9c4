"""A GAN that predicts the next frames of a film."""

from typing import Any, ClassVar, Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit import penalties
from gankit.checks import check_at_least_one
from gankit.gans.gan import GAN
from gankit.training.batch import Batch
from gankit.training.optimizers import dcgan_adam
from gankit.typing import Number, Scalars, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class NextFrameGAN(GAN):
    """A GAN that predicts the next frame of a film, without the blur of a mean of all futures.

    The generator takes some frames. It minimizes the distance of its frame from the true one, the
    term ``distance``; the distance between the absolute differences of neighbouring pixels in both
    frames, ``gradient_difference``, which is large for a blurred frame; and ``adversarial``. The
    discriminator sees the earlier frames together with the one that it judges. Data are pairs of
    next frames and earlier ones, with frames as channels, as ``gankit.data.moving_digits`` gives
    them.

    ``generate(condition=frames)`` makes the next frame, ``generate_film(frames, 8)`` several.

    Args:
        generator: from ``condition``, frames ``(batch, height, width, frames * channels)`` in the
            order of time, to the next one ``(batch, height, width, channels)``.
        discriminator: of ``images``, a frame, and ``condition``, those before it.
        distance_weight: factor of the term ``distance``.
        norm: what power of each pixel's difference is its distance: 1, as the paper prefers, or 2.
        gradient_difference_weight: factor of the term ``gradient_difference``.
        adversarial_weight: factor of the generator's term ``adversarial``.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: a norm that is not 1 or 2, or a generator that does not take whole frames.

    Examples:
        >>> next_frame = architectures.next_frame
        >>> gan = gankit.NextFrameGAN(
        ...     next_frame.build_generator((28, 28, 1), given_frames=2, scales=2, filters=2),
        ...     next_frame.build_discriminator((28, 28, 1), given_frames=2, scales=2, filters=2),
        ... )
        >>> frames = np.concatenate([images[:1], images[1:2]], axis=-1)
        >>> gan.generate_film(frames, 8).shape
        (1, 28, 28, 8)

    References:
        Mathieu et al. 2015, "Deep multi-scale video prediction beyond mean square error",
        arXiv:1511.05440.
    """

    default_penalty: ClassVar[penalties.Penalty | None] = None
    default_optimizer = staticmethod(dcgan_adam)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        distance_weight: Number = 1.0,
        norm: Literal[1, 2] = 1,
        gradient_difference_weight: Number = 1.0,
        adversarial_weight: Number = 0.05,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        if norm not in (1, 2):
            raise ValueError(f"norm must be 1 or 2, got {norm!r}.")
        if len(generator.inputs) != 1 or (
            generator.input_shape[-1] % generator.output_shape[-1]
            or generator.input_shape[1:-1] != generator.output_shape[1:-1]
        ):
            raise ValueError(
                "The generator takes frames of the size of the one it makes, one behind the other "
                f"as channels, got inputs of {[tensor.shape for tensor in generator.inputs]} and "
                f"an output of {generator.output_shape}."
            )
        self.distance_weight = distance_weight
        self.norm = norm
        self.gradient_difference_weight = gradient_difference_weight
        self.adversarial_weight = adversarial_weight

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s terms, weighted, and what the distance from the true frame costs."""
        terms = super().generator_losses(real, fake)
        terms["adversarial"] *= self.current(self.adversarial_weight)
        distance = ops.abs(fake.images - real.images) ** self.norm
        difference = gradient_difference(real.images, fake.images)
        return terms | {
            "distance": self.current(self.distance_weight) * ops.mean(distance),
            "gradient_difference": self.current(self.gradient_difference_weight) * difference,
        }

    def generate_film(
        self, frames: ArrayLike, num_frames: int, batch_size: int = 256, ema: bool = True
    ) -> np.ndarray:
        """Returns the frames that follow, each made of the ones before, made ones among them.

        Args:
            frames: float ``(n, height, width, frames * channels)`` in [-1, 1], or uint8, as many as
                the generator takes.
            num_frames: how many to make.
            batch_size: films at once.
            ema: whether to use ``ema_generator`` if there is one.

        Returns:
            float32 ``(n, height, width, num_frames * channels)`` in [-1, 1].

        Raises:
            ValueError: frames of another shape than the generator takes.
        """
        check_at_least_one("num_frames", num_frames)
        frames = np.asarray(ops.convert_to_numpy(self.standardize(frames)))
        taken = self.generator.input_shape
        if frames.shape[1:] != tuple(taken[1:]):
            raise ValueError(f"frames must have the shape (n, *{taken[1:]}), got {frames.shape}.")
        for _ in range(num_frames):
            given = frames[..., -taken[-1] :]
            made = self.generate(condition=given, batch_size=batch_size, ema=ema)
            frames = np.concatenate([frames, made], axis=-1)
        return frames[..., taken[-1] :]


def gradient_difference(real: Tensor, fake: Tensor) -> Tensor:
    """Returns how far the absolute slopes of two images are apart, down and to the right.

    The paper's equation 6 with alpha = 1, as the mean over all pixels.
    """
    return sum(
        ops.mean(ops.abs(ops.abs(ops.diff(real, axis=axis)) - ops.abs(ops.diff(fake, axis=axis))))
        for axis in (1, 2)
    )
