"""Adaptive discriminator augmentation (ADA), and the changes that it makes to images."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from gankit.augment import matrices
from gankit.augment.adaptive import Adaptive
from gankit.augment.augmentation import Augmentation, cut_out
from gankit.augment.resampling import POWER, amplify, move, move_whole_pixels, recolor
from gankit.checks import check_fraction, did_you_mean
from gankit.typing import Number, Seed, Tensor

#: Names that stand for several changes.
GROUPS: dict[str, tuple[str, ...]] = {
    "blitting": ("flip", "quarter_turn", "translation"),
    "geometry": ("scale", "rotation", "stretch", "shift"),
    "color": ("brightness", "contrast", "luma_flip", "hue", "saturation"),
}
CHANGES = (*(name for names in GROUPS.values() for name in names), "filter", "noise", "cutout")

#: The paper's recommendation: the other changes rarely help.
RECOMMENDED = ("blitting", "geometry", "color")

OCTAVE = math.log(2)


class Draws:
    """Random numbers for each image of a batch, and which of the images are to be changed.

    All are drawn at once, since each call to a random number generator takes time.

    Args:
        images: ``(batch, height, width, channels)``.
        probability: how often a change is made.
        seed: a ``keras.random.SeedGenerator``.
    """

    def __init__(self, images: Tensor, probability: Tensor, seed: Seed):
        number = ops.shape(images)[0]
        self.probability = probability
        self.uniforms = iter(ops.unstack(keras.random.uniform((32, number), seed=seed), 32))
        self.normals = iter(ops.unstack(keras.random.normal((12, number), seed=seed), 12))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Returns a number for each image, uniform on [low, high)."""
        return low + (high - low) * next(self.uniforms)

    def normal(self, deviation: float) -> Tensor:
        """Returns a number for each image, of mean 0."""
        return deviation * next(self.normals)

    def choose(self, value: Tensor, neutral: float, probability: Tensor = None) -> Tensor:
        """Returns the value for images to be changed, and the neutral one for others."""
        probability = self.probability if probability is None else probability
        return ops.where(next(self.uniforms) < probability, value, neutral)


class PaperChanges(Augmentation):
    """The changes of ADA's paper, the base class of ``AugmentPipe`` and ``ADA``.

    A subclass says how often each change is made: its ``probability``.

    Args:
        policy: names of changes or of their groups.
        **kwargs: of ``keras.layers.Layer``.

    Raises:
        ValueError: an unknown change.
    """

    probability: Any  # a number, or a weight

    def __init__(self, policy: Sequence[str] = RECOMMENDED, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(policy, str):
            raise ValueError(f"policy must be a list of names, got {policy!r}.")
        for name in policy:
            if name not in (*GROUPS, *CHANGES):
                raise ValueError(
                    f"There is no change {name!r}, there are {[*GROUPS, *CHANGES]}."
                    + did_you_mean(name, [*GROUPS, *CHANGES])
                )
        self.policy = tuple(policy)
        self.changes = {change for name in policy for change in GROUPS.get(name, (name,))}

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Raises ``ValueError`` unless the input is images whose colours can be changed."""
        super().build(input_shape)
        if self.changes & set(GROUPS["color"]) and input_shape[-1] not in (1, 3):
            raise ValueError(
                f"Colours change in images of 1 or 3 channels, got {input_shape}: leave these "
                f"changes out of the policy, which is {list(self.policy)}."
            )

    def current_probability(self) -> Any:
        """Returns the probability at this step."""
        return self.probability

    def change(self, images: Tensor) -> Tensor:
        """Returns changed images, each change made to its share of them."""
        draws = Draws(images, self.current_probability(), self.seed_generator)
        whole, between = self.blitting(images, draws), self.geometry(images, draws)
        if whole or between:
            moving = move if between else move_whole_pixels
            images = moving(images, matrices.product([*whole, *between]))
        colors = self.color(draws)
        if colors:
            images = recolor(images, matrices.product(colors[::-1]))
        for name in ("filter", "noise", "cutout"):
            if name in self.changes:
                images = getattr(self, name)(images, draws)
        return images

    # Matrices for all images; the first two map new positions to old ones, first change first

    def blitting(self, images: Tensor, draws: Draws) -> list[Tensor]:
        """Returns the inverse of changes that only move whole pixels."""
        _, height, width, _ = images.shape
        steps = []
        if "flip" in self.changes:
            side = 1 - 2 * draws.choose(ops.floor(draws.uniform(0, 2)), 0.0)
            steps.append(matrices.scaling(side, ops.ones_like(side)))
        if "quarter_turn" in self.changes:
            turns = draws.choose(ops.floor(draws.uniform(0, 4)), 0.0)
            steps.append(matrices.quarter_turns(-turns))
        if "translation" in self.changes:
            columns = ops.round(draws.uniform(-0.125, 0.125) * width)
            rows = ops.round(draws.uniform(-0.125, 0.125) * height)
            chosen = draws.choose(ops.ones_like(rows), 0.0)
            steps.append(matrices.translation(-columns * chosen, -rows * chosen))
        return steps

    def geometry(self, images: Tensor, draws: Draws) -> list[Tensor]:
        """Returns the inverse of changes for which pixels are interpolated."""
        _, height, width, _ = images.shape
        # Rotates before and after a stretch; either of them happens as often as other changes.
        either = 1 - ops.sqrt(1 - ops.convert_to_tensor(draws.probability, "float32"))
        steps = []
        if "scale" in self.changes:
            factor = draws.choose(ops.exp(draws.normal(0.2 * OCTAVE)), 1.0)
            steps.append(matrices.scaling(1 / factor, 1 / factor))
        if "rotation" in self.changes:
            angle = draws.choose(draws.uniform(-math.pi, math.pi), 0.0, either)
            steps.append(matrices.rotation(-angle))
        if "stretch" in self.changes:
            factor = draws.choose(ops.exp(draws.normal(0.2 * OCTAVE)), 1.0)
            steps.append(matrices.scaling(1 / factor, factor))
        if "rotation" in self.changes:
            angle = draws.choose(draws.uniform(-math.pi, math.pi), 0.0, either)
            steps.append(matrices.rotation(-angle))
        if "shift" in self.changes:
            columns, rows = draws.normal(0.125) * width, draws.normal(0.125) * height
            chosen = draws.choose(ops.ones_like(rows), 0.0)
            steps.append(matrices.translation(-columns * chosen, -rows * chosen))
        return steps

    def color(self, draws: Draws) -> list[Tensor]:
        """Returns changes of colour."""
        steps = []
        if "brightness" in self.changes:
            steps.append(matrices.brightness(draws.choose(draws.normal(0.2), 0.0)))
        if "contrast" in self.changes:
            factor = draws.choose(ops.exp(draws.normal(0.5 * OCTAVE)), 1.0)
            steps.append(matrices.contrast(factor))
        if "luma_flip" in self.changes:
            flipped = draws.choose(ops.floor(draws.uniform(0, 2)), 0.0)
            steps.append(matrices.luma_flip(flipped))
        if "hue" in self.changes:
            steps.append(matrices.hue(draws.choose(draws.uniform(-math.pi, math.pi), 0.0)))
        if "saturation" in self.changes:
            factor = draws.choose(ops.exp(draws.normal(OCTAVE)), 1.0)
            steps.append(matrices.saturation(factor))
        return steps

    # Changes that need the images

    def filter(self, images: Tensor, draws: Draws) -> Tensor:
        """Returns images with some frequencies amplified or damped, at the same total power."""
        powers, gains = ops.convert_to_tensor(POWER), 1.0
        factors = [draws.choose(ops.exp(draws.normal(OCTAVE)), 1.0) for _ in POWER]
        for band, factor in enumerate(factors):
            gain = ops.where(ops.arange(len(POWER)) == band, factor[:, None], 1.0)
            power = ops.sum(powers * ops.square(gain), axis=1, keepdims=True)
            gains = gains * gain / ops.sqrt(power)
        changed = ops.any(ops.stack(factors, axis=-1) != 1.0, axis=-1)
        return ops.where(changed[:, None, None, None], amplify(images, gains), images)

    def noise(self, images: Tensor, draws: Draws) -> Tensor:
        """Returns images with noise."""
        deviation = draws.choose(ops.abs(draws.normal(0.1)), 0.0)
        noise = keras.random.normal(ops.shape(images), seed=self.seed_generator)
        return images + noise * deviation[:, None, None, None]

    def cutout(self, images: Tensor, draws: Draws) -> Tensor:
        """Returns images with a grey square of half the height and width."""
        cut = cut_out(images, draws.uniform()[:, None], draws.uniform()[:, None])
        chosen = draws.choose(ops.ones_like(cut[:, 0, 0, 0]), 0.0)
        return ops.where(chosen[:, None, None, None] > 0, cut, images)


@keras.saving.register_keras_serializable(package="gankit")
class AugmentPipe(PaperChanges):
    """The changes of ADA's paper, made to a fixed share of the images.

    Args:
        policy: see ``ADA``.
        probability: share of images to which each change is made, or a schedule: a function of the
            training steps.
        **kwargs: of ``keras.layers.Layer``.

    Raises:
        ValueError: an unknown change, or a probability outside of [0, 1].

    Examples:
        >>> pipe = augment.AugmentPipe(["flip"], probability=0.5)
        >>> ops.shape(pipe(images))
        (64, 28, 28, 1)
        >>> bool(np.all(pipe(images, training=False) == images))
        True

    References:
        Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
        arXiv:2006.06676, appendix B.
    """

    def __init__(
        self, policy: Sequence[str] = RECOMMENDED, probability: Number = 1.0, **kwargs: Any
    ):
        super().__init__(policy, **kwargs)
        self.probability = probability
        if callable(probability):
            own = {"trainable": False, "aggregation": "only_first_replica", "name": "steps"}
            self.steps = self.add_weight(shape=(), dtype="int32", initializer="zeros", **own)
        else:
            check_fraction("probability", probability)

    def current_probability(self) -> Any:
        """Returns the number, or what the schedule gives."""
        return self.probability(self.steps) if callable(self.probability) else self.probability

    def adapt(self, correct: Tensor) -> None:
        """Counts a training step, which a schedule follows; ``GAN`` calls it after each."""
        if callable(self.probability):
            self.steps.assign_add(1)


@keras.saving.register_keras_serializable(package="gankit")
class ADA(Adaptive, PaperChanges):
    """Adaptive discriminator augmentation: changes as often as the discriminator needs them.

    Training starts without changes. How often each change is made, ``probability``, then follows
    the scores of real images, see ``Adaptive``. These are the changes, for images in [-1, 1], by
    group:

    - ``blitting``: ``flip`` left and right, ``quarter_turn``, ``translation`` by whole
      pixels;
    - ``geometry``: ``scale``, ``rotation``, ``stretch``, ``shift`` by fractions of pixels;
    - ``color``: ``brightness``, ``contrast``, ``luma_flip``, ``hue``, ``saturation``;
    - in no group: ``filter``, which scales bands of frequencies, ``noise``, and ``cutout``, a grey
      square.

    All geometric changes of an image are combined into one matrix and applied once, with
    reflections beyond the edges; the same goes for changes of colour. Values between pixels are
    interpolated bilinearly; the paper also upsamples images before and filters them after.

    A change may produce images that never occur in the data, as long as it isn't made to nearly all
    images. But a flipped digit is a different digit or none at all, so leave out changes that alter
    the meaning of an image.

    Args:
        policy: names of changes or of groups; by default all groups, as the paper recommends.
        target: see ``Adaptive``.
        images_to_one: see ``Adaptive``.
        **kwargs: of ``keras.layers.Layer``.

    Inputs and outputs have the shape ``(batch, height, width, channels)``.

    Raises:
        ValueError: an unknown change, or an argument that is out of its range.

    Examples:
        >>> ada = augment.ADA(["translation", "scale", "color"], images_to_one=100_000)
        >>> ops.shape(ada(images))
        (64, 28, 28, 1)
        >>> float(ada.probability)  # it changes nothing yet
        0.0
        >>> ada.adapt(np.ones((500, 1), bool))  # all of 500 real images were recognized
        >>> round(float(ada.probability), 4)
        0.005

    See Also:
        ``AugmentPipe``, with a fixed probability, and ``DiffAugment``, which is cheaper.

    References:
        Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data",
        arXiv:2006.06676, appendix B.
    """

    def __init__(
        self,
        policy: Sequence[str] = RECOMMENDED,
        target: float = 0.6,
        images_to_one: int = 500_000,
        **kwargs: Any,
    ):
        super().__init__(target, images_to_one, policy=policy, **kwargs)
