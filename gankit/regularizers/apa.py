"""Adaptive pseudo augmentation: generated images among the real ones."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit.augment.adaptive import Adaptive
from gankit.regularizers.regularizer import Regularizer
from gankit.training.batch import Batch, count_rows
from gankit.typing import Structure


@keras.saving.register_keras_serializable(package="gankit")
class APA(Adaptive, Regularizer):
    """Adaptive pseudo augmentation: passes some generated images off as real.

    With ``probability``, each real image is replaced by the generated image in the same row of the
    batch, which should have the same condition, as in ``GAN`` and ``ACGAN``. This deceives a
    discriminator that is too certain of a few images. ``probability`` follows the scores of real
    images, see ``Adaptive``. APA combines with any ``augment``, and costs hardly any time.

    Args:
        target: see ``Adaptive``.
        images_to_one: see ``Adaptive``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range.

    Examples:
        >>> apa = regularizers.APA(target=0.6, images_to_one=1000)
        >>> gan = recipes.small((28, 28, 1), filters=2, regularizers=[apa])
        >>> apa.adapt(np.ones((100, 1), bool))  # all of 100 real images were recognized
        >>> round(float(apa.probability), 3)  # the share of real images that give way
        0.1

    See Also:
        ``gankit.augment.ADA``, which changes images instead.

    References:
        Jiang et al. 2021, "Deceive D: Adaptive Pseudo Augmentation for GAN Training with Limited
        Data", arXiv:2111.06849.
    """

    default_name: ClassVar[str] = "apa"

    def __init__(self, target: float = 0.6, images_to_one: int = 500_000, **kwargs: Any):
        super().__init__(target, images_to_one, **kwargs)

    def pair(self, gan: Any, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns real images with generated ones among them, and the generated ones."""
        drawn = keras.random.uniform((count_rows(real.images),), seed=gan.training_seed)
        replaced = drawn < self.probability

        def mix(given: Structure, made: Structure) -> Structure:
            shape = (-1, *[1] * (len(given.shape) - 1))
            return ops.where(ops.reshape(replaced, shape), made, given)

        # If an encoder has found latents of the real images, these are replaced, too.
        names = ["images"] if real.latents is None else ["images", "latents"]
        mixed = {
            name: keras.tree.map_structure(mix, getattr(real, name), getattr(fake, name))
            for name in names
        }
        return real._replace(**mixed), fake

    def after_step(self, gan: Any, real: Batch, fake: Batch) -> None:
        """Updates ``probability``."""
        self.adapt(gan.margins(real, fake)[0][0] > 0)
