"""What a trained generator's latents are good for: ways between them, and finding the right ones.

``interpolate`` and ``truncate`` are of numbers alone. ``project`` finds the latents of a given
image and ``edit`` those of an image that meets constraints, by gradient descent through the
generator, whose weights stay as they are.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import ArrayLike

from gankit.checks import check_choice, check_seed
from gankit.gans import checks
from gankit.gans.batch import map_tensors
from gankit.gans.gan import GAN, in_float32
from gankit.gans.networks import GENERATOR_ROLES, find_inputs, match_inputs
from gankit.gans.random import choose_stream
from gankit.typing import Structure, Tensor

PARALLEL = 1e-6  # the sine of an angle below which a straight way is as good
GRADIENT_SCALE = 2.0**12  # a power of 2, which changes nothing but what float16 would round to 0

#: From images ``(n, height, width, channels)`` to what each costs, ``(n,)``.
Constraint: TypeAlias = Callable[[Tensor], Tensor]


def interpolate(
    start: ArrayLike,
    end: ArrayLike,
    num_steps: int = 8,
    *,
    method: Literal["spherical", "linear"] = "spherical",
) -> np.ndarray:
    """Returns latents on the way from ``start`` to ``end``, both included.

    Args:
        start: latents ``(latent_dim,)``, or several, ``(n, latent_dim)``.
        end: likewise, of the same shape.
        num_steps: how many latents, at least 2.
        method: ``"spherical"`` keeps to the shell on which latents of many dimensions from a normal
            prior lie (White 2016, "Sampling Generative Networks", arXiv:1609.04468); ``"linear"``
            goes straight on, which suits a uniform prior.

    Returns:
        float32 ``(num_steps, latent_dim)``, or ``(n, num_steps, latent_dim)``.

    Raises:
        ValueError: shapes that differ, fewer than two steps, or an unknown method.
    """
    check_choice("method", method, ("spherical", "linear"))
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    if start.shape != end.shape or not start.ndim:
        raise ValueError(
            "start and end must have one shape, (latent_dim,) or (n, latent_dim), got "
            f"{start.shape} and {end.shape}."
        )
    if num_steps < 2:
        raise ValueError(f"num_steps must be at least 2, got {num_steps!r}.")
    start, end = start[..., None, :], end[..., None, :]
    share = np.linspace(0, 1, num_steps)[:, None]
    straight = (1 - share) * start + share * end
    if method == "linear":
        return straight.astype(np.float32)
    lengths = [np.linalg.norm(point, axis=-1, keepdims=True) for point in (start, end)]
    product = np.maximum(lengths[0] * lengths[1], np.finfo(float).tiny)
    cosine = (start * end).sum(axis=-1, keepdims=True) / product
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    with np.errstate(divide="ignore", invalid="ignore"):
        curved = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / sine
    return np.where(sine < PARALLEL, straight, curved).astype(np.float32)


def truncate(latents: ArrayLike, threshold: float, *, seed: int | None = None) -> np.ndarray:
    """Returns latents of a normal prior, with values that are too far out drawn anew.

    The lower the threshold, the more usual the images, and the less different.

    Args:
        latents: ``(n, latent_dim)``.
        threshold: positive; no value of what is returned is further from 0.
        seed: integer, for the same values each time; None draws anew.

    Returns:
        float32 of the same shape.

    Raises:
        ValueError: a threshold that is not positive.

    References:
        Brock et al. 2018, "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
        arXiv:1809.11096, section 3.1.
    """
    if not threshold > 0:
        raise ValueError(f"threshold must be positive, got {threshold!r}.")
    if seed is not None:
        check_seed(seed)
    latents, threshold = np.asarray(latents, np.float32), float(threshold)
    state = np.random.SeedSequence(seed).generate_state(2)
    drawn = tf.random.stateless_parameterized_truncated_normal(
        latents.shape, state, minvals=-threshold, maxvals=threshold
    )
    return np.where(np.abs(latents) > threshold, drawn, latents)


class Found(NamedTuple):
    """Latents that were looked for.

    Attributes:
        latents: float32 ``(n, latent_dim)``.
        images: what the generator makes of them, float32 ``(n, height, width, channels)``.
        costs: what is left of the distance or of the constraints, float32 ``(n,)``.
    """

    latents: np.ndarray
    images: np.ndarray
    costs: np.ndarray


def project(
    gan: GAN,
    images: ArrayLike,
    *,
    condition: Structure = None,
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
        images: floats ``(n, height, width, channels)`` in [-1, 1], of the shape that it makes.
        condition: what the generator is told, a row for each image.
        starts: how many latents to start from for each image.
        encoder: a Keras model from images to latents, which gives the first of the starts; None
            draws all of them from the GAN's prior.
        steps: of gradient descent (Adam, with a rate that falls to 0).
        learning_rate: of the first step.
        ema: whether to use ``ema_generator`` where there is one.
        seed: integer, which settles the starts; None draws anew.
        batch_size: about how many latents are followed at once; changes memory and speed only.
        verbose: 1 for a progress bar, 0 for none.

    Returns:
        ``Found``, a row for each image. With a uniform prior latents stay within [-1, 1].

    Raises:
        ValueError: images of another shape or range, or a generator that takes no latents.
        TypeError: images that are not floats.

    References:
        Zhu et al. 2016, "Generative Visual Manipulation on the Natural Image Manifold",
        arXiv:1609.03552, section 3.1.
    """
    checks.check_at_least_one("starts", starts)
    images = np.asarray(images)
    checks.check_images(images, gan.generator.outputs[0].shape)
    images = images.astype(np.float32)
    condition = checks.check_told(condition, gan.generator)
    checks.count_images(None, images=images, condition=condition)
    latents = draw_starts(gan, images, starts, encoder, seed)
    search = Search(gan, ema, steps, learning_rate, verbose)
    chunk, found = max(1, batch_size // starts), []
    for first in range(0, len(images), chunk):
        rows = slice(first, first + chunk)
        targets, told = map_tensors(
            lambda part, rows=rows: np.repeat(part[rows], starts, axis=0), (images, condition)
        )
        number = len(targets) // starts
        ends = search.run(
            latents[rows].reshape(number * starts, *latents.shape[2:]),
            lambda made, _, targets=targets: mean_of_each(ops.square(made - targets)),
            told,
        )
        best = np.arange(number) * starts + ends.costs.reshape(number, starts).argmin(axis=1)
        found.append(Found(*(part[best] for part in ends)))
    return Found(*map(np.concatenate, zip(*found, strict=True)))


def draw_starts(
    gan: GAN, images: np.ndarray, starts: int, encoder: keras.Model | None, seed: int | None
) -> np.ndarray:
    """Returns latents ``(n, starts, ...)`` to start from, those of the encoder first."""
    seed = choose_stream(seed, gan.sampling_seed)
    drawn = gan.sample_latents(len(images) * starts, seed=seed)
    if drawn is None:
        raise ValueError("This generator takes no latents: there is nothing to look for.")
    latents = ops.convert_to_numpy(drawn).reshape(len(images), starts, *drawn.shape[1:]).copy()
    if encoder is not None:
        guesses = np.asarray(encoder.predict(images, verbose=0), np.float32)
        if guesses.shape != latents[:, 0].shape:
            raise ValueError(
                f"The encoder must return latents of shape {latents[:, 0].shape}, got "
                f"{guesses.shape}."
            )
        latents[:, 0] = guesses
    return latents


class Pixels:
    """A constraint of ``edit``: an image has given values where a mask says so.

    With the values of an image and a mask over a part of it, that part is kept; with one colour and
    a mask along a line, it is a stroke of colour.

    Args:
        values: in [-1, 1], of the images' shape or what broadcasts to it: an image ``(height,
            width, channels)``, a colour ``(channels,)``, or a row for each image.
        mask: how much each pixel counts: ``(height, width)``, ``(height, width, 1 or channels)``,
            or ``(1 or n, height, width, 1 or channels)``.
        weight: factor of the cost, the mean squared difference over what the mask takes in.

    Raises:
        ValueError: a mask that takes in nothing.

    References:
        Zhu et al. 2016, arXiv:1609.03552, section 3.2.
    """

    def __init__(self, values: ArrayLike, mask: ArrayLike, *, weight: float = 1.0):
        self.values = np.asarray(values, np.float32)
        self.mask = as_mask(mask)
        self.weight = weight

    def __call__(self, images: Tensor) -> Tensor:
        """Returns what each of the images, a tensor, costs: ``(n,)``."""
        return self.weight * masked_mean(ops.square(images - self.values), self.mask)


class Edges:
    """A constraint of ``edit``: an image has the edges of a drawing where a mask says so.

    Compares how much neighbouring pixels differ, down and to the right, and not the pixels
    themselves: the drawing tells where something ends, not how light it is.

    Args:
        drawing: in [-1, 1], an image ``(height, width, channels)`` or a row for each image.
        mask: as for ``Pixels``; a difference counts as the lesser of its two pixels does.
        weight: factor of the cost, the mean squared difference over what the mask takes in.

    Raises:
        ValueError: a mask that takes in no two pixels above, or beside, each other.

    References:
        Zhu et al. 2016, arXiv:1609.03552, section 3.2; the paper compares histograms of directions.
    """

    def __init__(self, drawing: ArrayLike, mask: ArrayLike, *, weight: float = 1.0):
        self.drawing = np.asarray(drawing, np.float32)
        mask = as_mask(mask)
        # A difference counts as both of its pixels do.
        down, right = (
            np.minimum(mask[:, 1:], mask[:, :-1]),
            np.minimum(mask[:, :, 1:], mask[:, :, :-1]),
        )
        self.masks = [as_mask(down), as_mask(right)]
        self.weight = weight

    def __call__(self, images: Tensor) -> Tensor:
        """Returns what each of the images, a tensor, costs: ``(n,)``."""
        drawing = self.drawing if self.drawing.ndim == 4 else self.drawing[None]
        costs = []
        for axis in (1, 2):
            difference = ops.diff(images, axis=axis) - np.diff(drawing, axis=axis)
            costs.append(masked_mean(ops.square(difference), self.masks[axis - 1]))
        return self.weight * sum(costs)


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
        condition: what the generator is told, a row for each of the latents.
        closeness: what a mean squared distance of 1 from the given latents costs.
        steps: of gradient descent (Adam, with a rate that falls to 0).
        learning_rate: of the first step.
        ema: whether to use ``ema_generator`` where there is one.
        verbose: 1 for a progress bar, 0 for none.

    Returns:
        ``Found``, a row for each of the latents; ``costs`` are those of the constraints and of the
        distance together. With a uniform prior latents stay within [-1, 1].

    Raises:
        ValueError: latents of another shape than the generator takes, or no constraint.

    References:
        Zhu et al. 2016, arXiv:1609.03552, section 3.2.
    """
    if not constraints:
        raise ValueError("constraints is empty: give at least one, such as latents.Pixels.")
    latents = checks.check_latents(latents, find_inputs(gan.generator, GENERATOR_ROLES, "latents"))
    condition = checks.check_told(condition, gan.generator)
    checks.count_images(None, latents=latents, condition=condition)

    def cost(images, moved):
        distance = closeness * mean_of_each(ops.square(moved - latents))
        return distance + sum(constraint(images) for constraint in constraints)

    return Search(gan, ema, steps, learning_rate, verbose).run(latents, cost, condition)


class Search(NamedTuple):
    """Gradient descent on latents, through a generator in inference mode.

    Each row of the latents goes its own way: Adam looks at each number alone.
    """

    gan: GAN
    ema: bool
    steps: int
    learning_rate: float
    verbose: int

    def run(
        self,
        latents: np.ndarray,
        cost: Callable[..., Tensor],
        condition: Structure = None,
    ) -> Found:
        """Returns where latents end that lower ``cost(images, latents)``, a value for each."""
        checks.check_at_least_one("steps", self.steps)
        network = self.gan.sampling_generator if self.ema else self.gan.generator
        condition = map_tensors(checks.standardize, condition)
        bounded = self.gan.latent_prior == "uniform"
        moved = keras.Variable(latents, dtype="float32", name="latents")
        rate = keras.optimizers.schedules.CosineDecay(self.learning_rate, self.steps)
        optimizer = keras.optimizers.Adam(rate)
        optimizer.build([moved])

        def look():
            inputs = match_inputs(network, latents=moved.value, condition=condition)
            images = in_float32(network(inputs, training=False))
            return images, cost(images, moved.value)

        @tf.function
        def step():
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(moved.value)
                _, costs = look()
                total = ops.sum(costs) * GRADIENT_SCALE
            optimizer.apply([tape.gradient(total, moved.value) / GRADIENT_SCALE], [moved])
            if bounded:
                moved.assign(ops.clip(moved, -1.0, 1.0))
            return ops.mean(costs)

        progress = keras.utils.Progbar(self.steps, verbose=self.verbose)
        for number in range(self.steps):
            progress.update(number + 1, [("cost", float(step()))])
        images, costs = look()
        return Found(*map(ops.convert_to_numpy, (moved.value, images, costs)))


def as_mask(mask: ArrayLike) -> np.ndarray:
    """Returns a mask with the axes of images, ``(n or 1, height, width, channels or 1)``."""
    mask = np.asarray(mask, np.float32)
    mask = mask[None, ..., None] if mask.ndim == 2 else mask
    mask = mask[None] if mask.ndim == 3 else mask
    if mask.ndim != 4 or (mask < 0).any() or not mask.any(axis=(1, 2, 3)).all():
        raise ValueError(
            "A mask of shape (height, width) says how much each pixel counts, 0 or more, and at "
            f"least one in each image must count; got shape {mask.shape}, {mask.sum():g} in all."
        )
    return mask


def mean_of_each(values: Tensor) -> Tensor:
    """Returns the mean of each row of a tensor, ``(n,)``."""
    return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=1)


def masked_mean(values: Tensor, mask: np.ndarray) -> Tensor:
    """Returns the mean of each image's values, weighted by a mask, ``(n,)``."""
    weights = ops.broadcast_to(ops.convert_to_tensor(mask), ops.shape(values))
    return ops.sum(values * weights, axis=(1, 2, 3)) / ops.sum(weights, axis=(1, 2, 3))
