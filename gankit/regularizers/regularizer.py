"""The base classes of all regularizers."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from gankit.checks import check_at_least_one
from gankit.configured import Configured
from gankit.training.batch import Batch
from gankit.training.phase import Phase
from gankit.typing import Number, Scalars, Structure


class Regularizer(Configured, keras.layers.Layer):
    """The base class of all regularizers, which work with any GAN.

    A regularizer is a layer, although it is never called, so that its state, made by
    ``add_weight``, is saved and resumed with the GAN. By default, each method does nothing.

    Args:
        **kwargs: arguments of ``keras.layers.Layer``; ``name``, under which terms are logged, is
            ``default_name`` by default.

    Examples:
        >>> class Count(regularizers.Regularizer):
        ...     default_name = "count"
        ...
        ...     def __init__(self, **kwargs):
        ...         super().__init__(**kwargs)
        ...         self.steps = self.add_weight(trainable=False, aggregation="mean", name="steps")
        ...
        ...     def after_step(self, gan, real, fake):
        ...         self.steps.assign_add(1.0)
        ...
        >>> Count().name
        'count'

    See Also:
        ``Term``, which adds to a loss.
    """

    default_name: ClassVar[str] = "regularizer"

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("name", self.default_name)
        super().__init__(**kwargs)
        self.built = True

    def prepare(self, gan: Any) -> None:
        """Raises ``ValueError`` if the GAN's networks don't fit; ``compile`` calls it."""

    def pair(self, gan: Any, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns the batches that the discriminator is trained on, of the same sizes."""
        return real, fake

    def terms(self, gan: Any, phase: Phase, real: Batch, fake: Batch) -> Scalars:
        """Returns a phase's terms in training, named float32 scalars, see ``penalty_losses``."""
        return {}

    def after_step(self, gan: Any, real: Batch, fake: Batch) -> None:
        """Updates the regularizer's state from the discriminator's last scores."""


class Term(Regularizer):
    """A regularizer that adds a term, logged under its name, to the loss of one or more phases.

    A subclass has a method for each phase whose loss gets the term, ``discriminator_term`` or
    ``generator_term``. It takes the GAN and the batches ``real`` and ``fake``, as
    ``GAN.discriminator_losses`` and ``GAN.generator_losses`` do, and returns a float32 scalar,
    weight included.

    Args:
        weight: factor of the term, 0 or more, or a schedule of training steps.
        every: k computes the term only in every k-th update, with k times the weight.
        **kwargs: see ``Regularizer``.

    Raises:
        ValueError: ``every`` is below 1, or ``weight`` below 0.

    Examples:
        >>> class Saturation(regularizers.Term):
        ...     default_name = "saturation"
        ...
        ...     def generator_term(self, gan, real, fake):
        ...         return gan.current(self.weight) * ops.mean(ops.square(fake.images))
        ...
        >>> Saturation(0.1, every=4).get_config()["every"]
        4

    See Also:
        [A regularizer of your own](../regularizers.md#one-of-your-own).
    """

    def __init__(self, weight: Number = 1.0, every: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        check_weight("weight", weight)
        check_at_least_one("every", every)
        self.weight = weight
        self.every = every

    def terms(self, gan: Any, phase: Phase, real: Batch, fake: Batch) -> Scalars:
        """Returns the phase's term, by the regularizer's name, if it has one."""
        term = getattr(self, f"{phase.name}_term", None)
        if term is None:
            return {}
        return {self.name: phase.lazily(self.every, lambda: term(gan, real, fake))}


def prepare(regularizers: Sequence[Regularizer], gan: Any) -> list[Regularizer]:
    """Returns the regularizers as a list, after each has checked that it fits the GAN.

    Raises:
        TypeError: an element is not a regularizer.
        ValueError: two regularizers of the same name, or networks that don't fit.
    """
    for one in regularizers:
        if not isinstance(one, Regularizer):
            raise TypeError(
                "regularizers must be a list of instances of gankit.regularizers, such as "
                f"[gankit.regularizers.LeCam()], got {one!r}."
            )
    for name, number in Counter(one.name for one in regularizers).items():
        if number > 1:
            raise ValueError(
                f"{number} regularizers are called {name!r}, by which their terms are logged: give "
                "each a different name=..."
            )
    for one in regularizers:
        one.prepare(gan)
    return list(regularizers)


def check_weight(name: str, weight: Number) -> None:
    """Raises ``ValueError`` if a weight is below 0."""
    if not callable(weight) and not weight >= 0:
        raise ValueError(f"{name} must be 0 or more, got {weight!r}.")


def check_latents(regularizer: Regularizer, gan: Any) -> None:
    """Raises ``ValueError`` if the generator has no latents that can be moved a little."""
    latents = gan.generator_inputs.of("latents")
    if not latents or any(one.num_classes is not None for one in latents):
        raise ValueError(
            f"{type(regularizer).__name__} needs a generator with latents, real numbers, got one "
            f"with the inputs {[tensor.name for tensor in gan.generator.inputs]}."
        )


def regenerate(gan: Any, latents: Structure, condition: Structure) -> Structure:
    """Returns the images that the generator makes of other latents, or of another condition."""
    inputs = gan.generator_inputs.match(latents=latents, condition=condition)
    return gan.run(gan.generator, inputs)


def mean_per_image(function: Any, one: Structure, other: Structure) -> Any:
    """Returns the mean of a function of both over all values of an image, ``(batch,)``.

    If there are several tensors, each counts equally.
    """
    pairs = zip(*map(keras.tree.flatten, (one, other)), strict=True)
    means = [ops.mean(function(a - b), axis=tuple(range(1, len(a.shape)))) for a, b in pairs]
    return sum(means) / len(means)
