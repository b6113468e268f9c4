"""Consistency regularization: CR, bCR, and zCR."""

from typing import Any, ClassVar

import keras
from keras import ops

from gankit.augment import AugmentPipe
from gankit.checks import check_layer
from gankit.regularizers.regularizer import (
    Term,
    check_latents,
    check_weight,
    mean_per_image,
    regenerate,
)
from gankit.training.batch import Batch, map_tensors
from gankit.training.random import call_seeded
from gankit.typing import Number, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class Consistency(Term):
    """Consistency regularization: a changed image should have the same score as the image itself.

    Adds weight * (D(x) - D(T(x)))^2 for real images, and ``fake_weight`` times the same for
    generated ones, to the discriminator's loss, where T makes random changes that don't matter.
    With ``fake_weight=0`` this is CR; with both weights it is bCR, balanced CR; together with
    ``LatentConsistency`` it is ICR, improved CR. Each of the two terms takes one more pass of the
    discriminator.

    Args:
        weight: factor for real images.
        fake_weight: factor for generated images.
        change: a layer that changes images, e.g. ``gankit.augment.AugmentPipe(["rotation"])``; by
            default it flips half of the images, and shifts them by up to 1/8 of their size, as the
            paper does.
        every: see ``Term``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range.
        TypeError: ``change`` is not a layer.

    Examples:
        >>> rotated = augment.AugmentPipe(["rotation"])
        >>> term = regularizers.Consistency(10.0, fake_weight=0.0, change=rotated, every=4)
        >>> gan = recipes.small((28, 28, 1), filters=2, regularizers=[term])
        >>> gan.run_eagerly = True  # a graph isn't worth it for one step
        >>> logs = gan.train_on_batch(images, return_dict=True)
        >>> "discriminator_consistency" in logs
        True

    References:
        Zhang et al. 2019, "Consistency Regularization for Generative Adversarial Networks",
        arXiv:1910.12027. Zhao et al. 2020, "Improved Consistency Regularization for GANs",
        arXiv:2002.04724, section 2.1.
    """

    default_name: ClassVar[str] = "consistency"

    def __init__(
        self,
        weight: Number = 10.0,
        fake_weight: Number = 10.0,
        change: keras.Layer | None = None,
        every: int = 1,
        **kwargs: Any,
    ):
        super().__init__(weight, every, **kwargs)
        check_weight("fake_weight", fake_weight)
        check_layer("change", change)
        self.fake_weight = fake_weight
        self.change = AugmentPipe(["flip", "translation"]) if change is None else change

    def prepare(self, gan: Any) -> None:
        """Builds ``change`` for the GAN's images, so that Keras doesn't build it within a step."""
        if not self.change.built:
            self.change.build(gan.generator.outputs[0].shape)

    def discriminator_term(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns the weighted squared changes of real and fake scores."""
        parts = [
            gan.current(weight) * self.inconsistency(gan, batch)
            for weight, batch in ((self.weight, real), (self.fake_weight, fake))
            if callable(weight) or weight > 0
        ]
        return sum(parts, ops.zeros(()))

    def inconsistency(self, gan: Any, batch: Batch) -> Tensor:
        """Returns the mean squared change of the scores of a batch."""
        changed = batch._replace(images=call_seeded(self.change, batch.images, gan.training_seed))
        return distance_of_scores(gan.discriminate(changed), batch)


@keras.saving.register_keras_serializable(package="gankit")
class LatentConsistency(Term):
    """Latent consistency regularization, zCR: images of similar latents should score alike.

    Adds weight * (D(G(z)) - D(G(z')))^2 to the discriminator's loss, with z' = z + noise of the
    standard deviation ``noise``, and subtracts ``spread_weight`` times the mean squared difference
    of G(z) and G(z') from the generator's, so that its images don't all become alike. A step takes
    two more runs of the generator and one more pass of the discriminator.

    Args:
        weight: factor of the discriminator's term.
        spread_weight: factor of the generator's term, which is negative.
        noise: standard deviation of what is added to latents.
        every: see ``Term``.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: an argument that is out of its range, or a generator without latents.

    Examples:
        >>> icr = [regularizers.Consistency(), regularizers.LatentConsistency(noise=0.03)]
        >>> gan = recipes.small((28, 28, 1), filters=2, regularizers=icr)
        >>> gan.run_eagerly = True  # a graph isn't worth it for one step
        >>> logs = gan.train_on_batch(images, return_dict=True)
        >>> sorted(name for name in logs if "latent" in name)
        ['discriminator_latent_consistency', 'generator_latent_consistency']

    References:
        Zhao et al. 2020, "Improved Consistency Regularization for GANs", arXiv:2002.04724, section
        2.2.
    """

    default_name: ClassVar[str] = "latent_consistency"

    def __init__(
        self,
        weight: Number = 5.0,
        spread_weight: Number = 0.5,
        noise: float = 0.03,
        every: int = 1,
        **kwargs: Any,
    ):
        super().__init__(weight, every, **kwargs)
        check_weight("spread_weight", spread_weight)
        if not noise > 0:
            raise ValueError(f"noise must be positive, got {noise!r}.")
        self.spread_weight = spread_weight
        self.noise = noise

    def prepare(self, gan: Any) -> None:
        """Raises ``ValueError`` if the generator has no latents."""
        check_latents(self, gan)

    def discriminator_term(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns the weighted squared score differences for images of neighbouring latents."""
        judged = gan.discriminate(self.neighbours(gan, fake).map(ops.stop_gradient))
        return gan.current(self.weight) * distance_of_scores(judged, fake)

    def generator_term(self, gan: Any, real: Batch, fake: Batch) -> Tensor:
        """Returns the weighted squared differences of their images, times -1."""
        images = self.neighbours(gan, fake).images
        spread = ops.mean(mean_per_image(ops.square, images, fake.images))
        return -gan.current(self.spread_weight) * spread

    def neighbours(self, gan: Any, fake: Batch) -> Batch:
        """Returns a batch of latents close to those of ``fake``, and of their images."""

        def move(latents):
            noise = keras.random.normal(ops.shape(latents), seed=gan.training_seed)
            return latents + self.noise * noise

        latents = map_tensors(move, fake.latents)
        images = regenerate(gan, latents, fake.condition)
        return Batch(images, fake.condition, latents)


def distance_of_scores(one: Batch, other: Batch) -> Tensor:
    """Returns the mean squared difference of the scores of two batches."""
    return ops.mean(mean_per_image(ops.square, one.scores, other.scores))
