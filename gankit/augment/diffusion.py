"""Noise of varying strength, as in a diffusion model."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gankit.augment.adaptive import Adaptive
from gankit.augment.augmentation import Augmentation
from gankit.checks import check_at_least_one
from gankit.typing import Tensor


@keras.saving.register_keras_serializable(package="gankit")
class Diffusion(Adaptive, Augmentation):
    """Adds noise as in a diffusion's first steps to half of the images.

    After t steps an image is ``sqrt(a) * image + sqrt(1 - a) * deviation * noise``, with a the
    product of 1 - b over the steps, and b from 1e-4 at the first of ``steps`` to 0.02 at the last.
    The other half of the images is unchanged. t is drawn for each image, with larger values more
    likely (the paper's priority sampling), up to a maximum that follows the scores of real images,
    see ``Adaptive``: ``first_steps`` if ``probability`` is 0, and ``steps`` if it is 1.

    The paper's discriminator also takes t as an input; this one doesn't.

    Args:
        steps: number of steps of the diffusion.
        first_steps: the maximum of t at the start of training.
        deviation: standard deviation of the noise, for images in [-1, 1].
        target: see ``Adaptive``.
        images_to_one: see ``Adaptive``.
        **kwargs: of ``keras.layers.Layer``.

    Inputs and outputs have the shape ``(batch, height, width, channels)``.

    Raises:
        ValueError: an argument that is out of its range.

    Examples:
        >>> noisy = augment.Diffusion(first_steps=5)
        >>> ops.shape(noisy(images))
        (64, 28, 28, 1)
        >>> noisy.shares_kept()[[0, 1000]].round(4)  # all of an image, nothing of it
        array([1., 0.], dtype=float32)

    References:
        Wang et al. 2022, "Diffusion-GAN: Training GANs with Diffusion", arXiv:2206.02262.
    """

    def __init__(
        self,
        steps: int = 1000,
        first_steps: int = 5,
        deviation: float = 0.05,
        target: float = 0.6,
        images_to_one: int = 500_000,
        **kwargs: Any,
    ):
        super().__init__(target, images_to_one, **kwargs)
        check_at_least_one("first_steps", first_steps)
        if not first_steps <= steps:
            raise ValueError(f"steps={steps} must be at least first_steps={first_steps}.")
        if not deviation > 0:
            raise ValueError(f"deviation must be positive, got {deviation!r}.")
        self.steps = steps
        self.first_steps = first_steps
        self.deviation = deviation

    def change(self, images: Tensor) -> Tensor:
        """Returns images of which half are noisy."""
        most = self.first_steps + self.probability * (self.steps - self.first_steps)
        # The root of a uniform number has a density that grows in proportion.
        t = ops.ceil(ops.round(most) * ops.sqrt(self.uniform(images)))
        t = ops.where(self.uniform(images) < 0.5, ops.cast(t, "int32"), 0)
        kept = ops.take(ops.convert_to_tensor(self.shares_kept()), t)
        noise = keras.random.normal(ops.shape(images), seed=self.seed_generator)
        return ops.sqrt(kept) * images + ops.sqrt(1 - kept) * self.deviation * noise

    def shares_kept(self) -> np.ndarray:
        """Returns the share of an image's power that is left after 0, 1, 2, ... steps."""
        return np.cumprod([1.0, *1 - np.linspace(1e-4, 0.02, self.steps)]).astype("float32")
