"""Mode seeking, for conditional GANs that ignore their latents."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit.differentiation import float_tensors
from gankit.regularizers.regularizer import Term, check_latents, mean_per_image, regenerate
from gankit.training.batch import Batch, count_rows, map_tensors
from gankit.typing import Tensor

EPSILON = 1e-5  # as in the authors' code, so that equal images have a finite loss


@keras.saving.register_keras_serializable(package="gankit")
class ModeSeeking(Term):
    """Mode seeking: different latents with the same condition should make different images.

    Adds weight / r to the generator's loss, where r is the mean of |G(c, z) - G(c, z')| / |z - z'|,
    and |.| is the mean absolute value, as in the authors' code. It is for conditional GANs that
    ignore their latents. It takes one more pass of the generator per step.

    Args:
        weight: factor of the term.
        every: see ``Term``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range, or a generator without latents.

    Examples:
        >>> seeking = regularizers.ModeSeeking(1.0)
        >>> gan = recipes.small((28, 28, 1), num_classes=10, filters=2, regularizers=[seeking])
        >>> gan.run_eagerly = True  # a graph isn't worth it for one step
        >>> logs = gan.train_on_batch(images, labels[:64], return_dict=True)
        >>> "generator_mode_seeking" in logs
        True

    References:
        Mao et al. 2019, "Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis",
        arXiv:1903.05628, equation 2.
    """

    default_name: ClassVar[str] = "mode_seeking"

    def prepare(self, gan: Any) -> None:
        """Raises ``ValueError`` if the generator has no latents."""
        check_latents(self, gan)

    def generator_term(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns the weighted ratio of differences of latents to those of images."""
        drawn = gan.sample_latents(count_rows(fake.images))
        latents = map_tensors(ops.convert_to_tensor, drawn)
        others = regenerate(gan, latents, fake.condition)
        ratio = mean_per_image(ops.abs, others, fake.images) / mean_per_image(
            ops.abs, float_tensors(latents), float_tensors(fake.latents)
        )
        return gan.current(self.weight) / (ops.mean(ratio) + EPSILON)
