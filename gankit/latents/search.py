"""Searches for latents by gradient descent through a fixed generator.

``project`` finds the latents of a given image, and ``edit`` those of an image that meets
constraints.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit.checks import check_at_least_one, check_choice
from gankit.differentiation import apply_gradients, compile_function, value_and_gradients
from gankit.gans.gan import GAN
from gankit.gans.stylegan2 import StyleGAN2
from gankit.latents.directions import SPACES, check_styles
from gankit.training.batch import in_float32, map_tensors
from gankit.training.inputs import check_images
from gankit.training.random import choose_stream
from gankit.training.sampling import count_images, predict
from gankit.typing import Structure, Tensor

GRADIENT_SCALE = 2.0**12  # a power of 2, which changes nothing but what float16 would round to 0

#: From images ``(n, height, width, channels)`` to what each costs, ``(n,)``.
Constraint: TypeAlias = Callable[[Tensor], Tensor]


class Found(NamedTuple):
    """Latents that were looked for.

    Attributes:
        latents: float32 ``(n, latent_dim)``; with ``space="w"`` those, ``(n, style_dim)``.
        images: what the generator makes of them, float32 ``(n, height, width, channels)``.
        costs: what is left of the distance or of the constraints, float32 ``(n,)``.

    Examples:
        >>> twice = images[:2].repeat(2, axis=0)
        >>> found = latents.project(gan, twice, condition=labels[[0, 0, 1, 1]], steps=20, verbose=0)
        >>> found.images[found.costs.argsort()[:2]].shape  # the two nearest
        (2, 28, 28, 1)
    """

    latents: np.ndarray
    images: np.ndarray
    costs: np.ndarray


def project(
    gan: GAN,
    images: ArrayLike,
    *,
    condition: Structure = None,
    space: Literal["latents", "w"] = "latents",
    starts: int = 8,
    encoder: keras.Model | None = None,
    steps: int = 500,
    learning_rate: float = 0.1,
    ema: bool = True,
    seed: int | None = None,
    batch_size: int = 256,
    verbose: int = 1,
) -> Found:
    """Returns the latents whose images are nearest to given ones.

    Looks from several starts for each image, all at once, and keeps the best end. Nearest is what
    has the least mean squared difference of pixels, which is the cost that is returned.

    Args:
        gan: a ``GAN`` whose generator takes latents.
        images: floats ``(n, height, width, channels)`` in [-1, 1], or uint8, of the shape that it
            makes.
        condition: what the generator is given, a row for each image.
        space: where to look: among ``"latents"``, or among the ``"w"`` of a ``StyleGAN2``, which
            come nearer, and which ``gan.synthesize`` takes (Karras et al. 2019, arXiv:1912.04958,
            section 5); the first start is their mean.
        starts: how many latents to start from for each image.
        encoder: a Keras model from images to latents, its first output, which gives the first of
            the starts, e.g. ``gan.encoder``; None draws all of them from the GAN's prior.
        steps: of gradient descent (Adam, with a rate that falls to 0).
        learning_rate: of the first step.
        ema: whether to use ``ema_generator`` if there is one.
        seed: integer, which determines the starts; None draws new ones each time.
        batch_size: about how many latents are followed at once; changes memory and speed only.
        verbose: 1 for a progress bar, 0 for none.

    Returns:
        ``Found``, a row for each image. With a uniform prior latents stay within [-1, 1].

    Raises:
        ValueError: images of another shape or range, or a generator that takes no latents.
        TypeError: images that are neither floats nor uint8.

    Examples:
        >>> found = latents.project(
        ...     gan, images[:2], condition=labels[:2], starts=2, steps=20, seed=0, verbose=0
        ... )
        >>> found.latents.shape, found.costs.shape
        ((2, 32), (2,))

    See Also:
        ``gankit.BiGAN`` and ``gankit.VAEGAN``, whose encoder does it at once.

    References:
        Zhu et al. 2016, "Generative Visual Manipulation on the Natural Image Manifold",
        arXiv:1609.03552, section 3.1.
    """
    check_at_least_one("starts", starts)
    check_choice("space", space, SPACES)
    images = np.asarray(images)
    check_images(
        images, gan.generator.output_shape[1:], gan.value_range, "the generator makes images"
    )
    images = np.asarray(ops.convert_to_numpy(gan.standardize(images)))
    condition = gan.check_given(condition, len(images))
    count_images(None, images=images, condition=condition)
    latents = draw_starts(gan, len(images), starts, seed)
    if space == "w":
        latents = starts_in_w(check_styles(gan), latents, condition, ema)
    if encoder is not None:
        latents[:, 0] = guess(encoder, images, latents.shape[2:])
    search = Search(gan, ema, steps, learning_rate, verbose, space)
    chunk, found = max(1, batch_size // starts), []
    for first in range(0, len(images), chunk):
        rows = slice(first, first + chunk)
        targets, given = map_tensors(
            lambda part, rows=rows: np.repeat(part[rows], starts, axis=0), (images, condition)
        )
        number = len(targets) // starts
        ends = search.run(
            latents[rows].reshape(number * starts, *latents.shape[2:]),
            lambda made, _, targets=targets: mean_of_each(ops.square(ops.subtract(made, targets))),
            given,
        )
        best = np.arange(number) * starts + ends.costs.reshape(number, starts).argmin(axis=1)
        found.append(Found(*(part[best] for part in ends)))
    return Found(*map(np.concatenate, zip(*found, strict=True)))


def draw_starts(gan: GAN, number: int, starts: int, seed: int | None) -> np.ndarray:
    """Returns latents ``(number, starts, ...)`` to start from."""
    drawn = gan.sample_latents(number * starts, seed=choose_stream(seed, gan.sampling_seed))
    if drawn is None:
        raise ValueError("This generator takes no latents: there is nothing to look for.")
    return ops.convert_to_numpy(drawn).reshape(number, starts, *drawn.shape[1:]).copy()


def starts_in_w(gan: StyleGAN2, latents: np.ndarray, condition: Structure, ema: bool) -> np.ndarray:
    """Returns the w of latents ``(number, starts, latent_dim)``, of which the mean is the first."""
    number, starts, _ = latents.shape
    rows = map_tensors(lambda part: np.repeat(part, starts, axis=0), condition)
    w = gan.styles(latents.reshape(number * starts, -1), rows, ema).reshape(number, starts, -1)
    w[:, 0] = ops.convert_to_numpy(gan.mean_w)
    return w


def guess(encoder: keras.Model, images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Returns what an encoder makes of images, a row of ``shape`` for each."""
    guesses = keras.tree.flatten(predict(encoder, images, batch_size=256))[0]
    if guesses.shape[1:] != shape:
        raise ValueError(
            f"The encoder must return latents of shape {(len(images), *shape)}, got "
            f"{guesses.shape}."
        )
    return guesses


def edit(
    gan: GAN,
    latents: ArrayLike,
    constraints: Sequence[Constraint],
    *,
    condition: Structure = None,
    closeness: float = 0.01,
    steps: int = 200,
    learning_rate: float = 0.05,
    ema: bool = True,
    verbose: int = 1,
) -> Found:
    """Returns latents near given ones whose images meet constraints.

    Args:
        gan: a ``GAN`` whose generator takes latents.
        latents: ``(n, latent_dim)`` to start from: those of an image, see ``project``, or others,
            for other ways to meet the constraints.
        constraints: a list of ``Pixels``, ``Edges``, or of functions from a tensor of images to
            what each costs, ``(n,)``, whose sum is lowered.
        condition: what the generator is given, a row for each of the latents.
        closeness: what a mean squared distance of 1 from the given latents costs.
        steps: of gradient descent (Adam, with a rate that falls to 0).
        learning_rate: of the first step.
        ema: whether to use ``ema_generator`` if there is one.
        verbose: 1 for a progress bar, 0 for none.

    Returns:
        ``Found``, a row for each of the latents; ``costs`` are those of the constraints and of the
        distance together. With a uniform prior latents stay within [-1, 1].

    Raises:
        ValueError: latents of another shape than the generator takes, or no constraint.

    Examples:
        >>> mask = np.zeros((28, 28))
        >>> mask[:4] = 1
        >>> white = latents.Pixels([1.0], mask)  # a white stroke at the top
        >>> start = np.zeros((1, gan.latent_dim))
        >>> found = latents.edit(gan, start, [white], condition=[7], steps=10, verbose=0)
        >>> found.images.shape
        (1, 28, 28, 1)

    References:
        Zhu et al. 2016, arXiv:1609.03552, section 3.2.
    """
    if not constraints:
        raise ValueError("constraints is empty: give at least one, such as latents.Pixels.")
    latents = np.asarray(gan.generator_inputs.check_latents(latents))
    condition = gan.check_given(condition, len(latents))
    count_images(None, latents=latents, condition=condition)

    def cost(images, moved):
        distance = closeness * mean_of_each(ops.square(moved - latents))
        return distance + sum(constraint(images) for constraint in constraints)

    return Search(gan, ema, steps, learning_rate, verbose).run(latents, cost, condition)


class Search(NamedTuple):
    """Gradient descent on latents, through a generator in inference mode.

    Each row of the latents goes its own way: Adam looks at each number alone. ``project`` and
    ``edit`` are made of it, and so is a search of your own.

    Attributes:
        gan: whose generator to search.
        ema: whether to use ``ema_generator`` if there is one.
        steps: of gradient descent.
        learning_rate: of the first step; it falls to 0.
        verbose: 1 for a progress bar, 0 for none.
        space: ``"latents"``, or ``"w"`` of a ``StyleGAN2``.

    Examples:
        >>> search = latents.Search(gan, ema=True, steps=5, learning_rate=0.1, verbose=0)
        >>> start = np.zeros((2, gan.latent_dim))
        >>> lightness = lambda images, latents: -ops.mean(images, axis=(1, 2, 3))
        >>> found = search.run(start, lightness, condition=np.array([0, 1]))  # a thicker 0 and 1
        >>> found.images.shape
        (2, 28, 28, 1)
    """

    gan: GAN
    ema: bool
    steps: int
    learning_rate: float
    verbose: int
    space: str = "latents"

    def run(
        self,
        latents: np.ndarray,
        cost: Callable[..., Tensor],
        condition: Structure = None,
    ) -> Found:
        """Returns where latents end that lower ``cost(images, latents)``, a value for each."""
        check_at_least_one("steps", self.steps)
        draw = self.draw_from_w if self.space == "w" else self.draw_from_latents
        condition = map_tensors(self.gan.standardize, condition)
        moved = keras.Variable(latents, dtype="float32", name="latents")
        rate = keras.optimizers.schedules.CosineDecay(self.learning_rate, self.steps)
        optimizer = keras.optimizers.Adam(rate)
        optimizer.build([moved])

        def look():
            images = in_float32(draw(moved.value, condition))
            return images, cost(images, moved.value)

        def objective():
            _, costs = look()
            return ops.sum(costs) * GRADIENT_SCALE, ops.mean(costs)

        @compile_function
        def step():
            mean, gradients, _ = value_and_gradients(objective, [moved])
            apply_gradients(optimizer, [ops.divide(gradients[0], GRADIENT_SCALE)], [moved])
            if self.space == "latents":
                moved.assign(self.gan.latent_prior.nearest(moved))
            return mean

        progress = keras.utils.Progbar(self.steps, verbose=self.verbose)
        for number in range(self.steps):
            progress.update(number + 1, [("cost", float(step()))])
        images, costs = look()
        return Found(*map(ops.convert_to_numpy, (moved.value, images, costs)))

    @property
    def network(self) -> keras.Model:
        """The generator that is asked."""
        return self.gan.averaged(self.gan.generator) if self.ema else self.gan.generator

    def draw_from_latents(self, latents: Tensor, condition: Structure) -> Tensor:
        """Returns the images of latents."""
        inputs = self.gan.generator_inputs.match(latents=latents, condition=condition)
        return self.network(inputs, training=False)

    def draw_from_w(self, w: Tensor, condition: Structure) -> Tensor:
        """Returns the images of w, in which a condition is contained."""
        synthesis = self.network.get_layer("synthesis")
        layers = synthesis.input_shape[1]
        return synthesis(ops.repeat(w[:, None], layers, axis=1), training=False)


def mean_of_each(values: Tensor) -> Tensor:
    """Returns the mean of each row of a tensor, ``(n,)``."""
    return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=1)
