"""StyleGAN2: style mixing, path length regularization, and truncation in w."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit import penalties
from gankit.checks import check_at_least_one, check_fraction
from gankit.differentiation import gradient_by_inputs
from gankit.gans.gan import GAN
from gankit.training.batch import Batch, count_rows
from gankit.training.phase import Phase
from gankit.training.sampling import predict
from gankit.typing import Number, Scalars, Structure, Tensor, ValueRange

MEAN_DECAY = 0.995  # of the mean of w, in a step
LENGTH_DECAY = 0.99  # of the mean length of a path, each time that it is looked at
USUAL_BATCH = 32  # images


@keras.saving.register_keras_serializable(package="gankit")
class StyleGAN2(GAN):
    """A style-based GAN: latents become a vector w, which steers each layer of the generator.

    It adds three things to ``GAN``. With style mixing, some images use one w up to a layer and
    another one from there on, so that layers can't rely on each other's styles. Path length
    regularization, the term ``path_length``, makes a step in w change the image by the same amount
    wherever it starts. And ``generate(truncation=0.7)`` moves each w towards a running mean of w,
    for clearer but less varied images.

    Its defaults are those of StyleGAN2-ADA: ``R1`` every 16 steps, with a weight that grows with
    the image (0.0002 * height * width / 32, meant for batches of 32), and Adam(0.0025, beta_1=0,
    beta_2=0.99). The authors' code takes an extra step for each lazy term, and adjusts Adam's
    settings to compensate; here, a lazy term is part of the normal step, so no adjustment is
    needed.

    Args:
        generator: as in ``GAN``, with two networks as layers: ``mapping``, from the generator's
            inputs to w ``(batch, style_dim)``, and ``synthesis``, from w for each layer
            ``(batch, layers, style_dim)`` to images. ``architectures.stylegan2`` builds one.
        discriminator: as in ``GAN``.
        mixing: the share of images in training that mix two w.
        path_weight: factor of the term ``path_length``; 0 leaves it out.
        path_every: the term is computed once every so many steps, see ``Phase.lazily``.
        value_range: as in ``GAN``; no activation limits the images to it.
        **kwargs: as in ``GAN``.

    Raises:
        ValueError: a generator without the two networks, or an option out of its range.

    Examples:
        >>> stylegan2 = architectures.stylegan2
        >>> small = {"filters": 2, "widest": 8, "mapping_layers": 1}
        >>> gan = gankit.StyleGAN2(
        ...     stylegan2.build_generator((8, 8, 3), latent_dim=16, style_dim=8, **small),
        ...     stylegan2.build_discriminator((8, 8, 3), **small),
        ... )
        >>> w = gan.styles(np.zeros((2, 16)))
        >>> w.shape, gan.synthesize(w).shape
        ((2, 8), (2, 8, 8, 3))
        >>> gan.generate(2, truncation=0.7).shape
        (2, 8, 8, 3)

    See Also:
        [StyleGAN2: steered by styles](../stylegan2.md).

    References:
        Karras et al. 2019, "Analyzing and Improving the Image Quality of StyleGAN",
        arXiv:1912.04958; Karras et al. 2020, "Training Generative Adversarial Networks with Limited
        Data", arXiv:2006.06676; style mixing and truncation: Karras et al. 2018, "A Style-Based
        Generator Architecture for Generative Adversarial Networks", arXiv:1812.04948.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        mixing: float = 0.9,
        path_weight: Number = 2.0,
        path_every: int = 4,
        value_range: ValueRange | None = (-1.0, 1.0),
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, value_range=value_range, **kwargs)
        check_fraction("mixing", mixing)
        check_at_least_one("path_every", path_every)
        self.mixing = mixing
        self.path_weight = path_weight
        self.path_every = path_every
        missing = {"mapping", "synthesis"} - {layer.name for layer in generator.layers}
        if missing:
            raise ValueError(
                "A StyleGAN2's generator is made of two networks, called 'mapping' and "
                f"'synthesis', but there is no {' and no '.join(sorted(missing))}. "
                "architectures.stylegan2.build_generator makes one."
            )
        self.num_layers, self.style_dim = generator.get_layer("synthesis").input_shape[1:]
        self.mean_w = self.add_weight(
            shape=(self.style_dim,),
            initializer="zeros",
            trainable=False,
            aggregation="mean",
            name="mean_w",
        )
        # Each device updates its own: in a lazy term, devices must not wait for each other.
        self.mean_length = keras.Variable(
            "zeros",
            shape=(),
            trainable=False,
            aggregation="mean",
            synchronization="on_read",
            name="mean_length",
        )

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns the paper's optimizer."""
        return keras.optimizers.Adam(2.5e-3, beta_1=0.0, beta_2=0.99)

    @property
    def default_penalty(self) -> penalties.Penalty:  # type: ignore[override]
        """``R1`` with a weight that suits the size of the images."""
        height, width, _ = self.generator.output_shape[1:]
        return penalties.R1(0.0002 * height * width / USUAL_BATCH, every=16)

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        """Returns the same as ``GAN``; in training, with mixed styles."""
        if not self.in_training:
            return super().make(real)
        condition = self.sample_condition(real=real)
        latents = self.sample_latents(count_rows(real.images))
        w = self.map(latents, condition)
        images = self.run(self.generator.get_layer("synthesis"), self.mix(w, condition))
        return real, Batch(images, condition, latents, extra={"w": w})

    def map(self, latents: Tensor, condition: Structure) -> Tensor:
        """Returns w, ``(batch, style_dim)``, in a step."""
        inputs = self.generator_inputs.match(latents=latents, condition=condition)
        return self.run(self.generator.get_layer("mapping"), inputs)

    def mix(self, w: Tensor, condition: Structure) -> Tensor:
        """Returns w for each layer; some images get a second w from a random layer on."""
        number = count_rows(w)
        other = self.map(self.sample_latents(number), condition)
        seed = {"seed": self.training_seed}
        mixed = keras.random.uniform((number, 1, 1), **seed) < self.mixing
        begins = keras.random.randint((number, 1, 1), 1, self.num_layers, **seed)
        begun = ops.arange(self.num_layers)[None, :, None] >= begins
        return ops.where(ops.logical_and(mixed, begun), other[:, None], w[:, None])

    def penalty_losses(self, phase: Phase, real: Batch, fake: Batch) -> Scalars:
        """Returns ``GAN``'s penalty, and the generator's path length regularization."""
        terms = super().penalty_losses(phase, real, fake)
        if phase.name == "generator" and (callable(self.path_weight) or self.path_weight):
            weight = self.current(self.path_weight)
            terms["path_length"] = phase.lazily(self.path_every, lambda: weight * self.paths(fake))
        return terms

    def paths(self, fake: Batch) -> Tensor:
        """Returns the mean squared distance of path lengths from their mean.

        A path's length is the norm of the gradient of ``sum(image * noise)`` with respect to w.
        Half of the batch is enough.
        """
        half = fake.rows(slice(None, None, 2))
        w = self.mix(self.map(half.latents, half.condition), half.condition)
        _, height, width, _ = half.images.shape
        noise = keras.random.normal(ops.shape(half.images), seed=self.training_seed)
        noise = noise / (height * width) ** 0.5
        synthesis = self.generator.get_layer("synthesis")
        slopes = gradient_by_inputs(lambda w: self.run(synthesis, w) * noise, w)
        squares = ops.mean(ops.sum(ops.square(slopes), axis=-1), axis=-1)
        lengths = ops.sqrt(squares + 1e-12)
        mean = ops.stop_gradient(ops.mean(lengths))
        mean = LENGTH_DECAY * self.mean_length + (1 - LENGTH_DECAY) * mean
        self.mean_length.assign(mean)
        return ops.mean(ops.square(lengths - mean))

    def after_step(self, real: Batch, fake: Batch) -> None:
        """Updates the mean of w, and everything that ``GAN`` updates."""
        super().after_step(real, fake)
        mean = ops.mean(fake.extra["w"], axis=0)
        self.mean_w.assign(MEAN_DECAY * self.mean_w + (1 - MEAN_DECAY) * mean)

    # Methods that use w

    def styles(
        self, latents: ArrayLike, condition: Structure = None, ema: bool = True
    ) -> np.ndarray:
        """Maps latents to w, float32 ``(n, style_dim)``.

        Args:
            latents: ``(n, latent_dim)``.
            condition: the generator's condition, see ``generate``.
            ema: whether to use the average generator if there is one.
        """
        latents = np.asarray(self.generator_inputs.check_latents(latents))
        condition = self.check_given(condition, len(latents))
        network = self.averaged(self.generator) if ema else self.generator
        inputs = self.generator_inputs.match(latents=latents, condition=condition)
        return predict(network.get_layer("mapping"), inputs, batch_size=256)

    def synthesize(self, w: ArrayLike, ema: bool = True) -> np.ndarray:
        """Returns the images that belong to w, in the same form as ``generate``.

        Args:
            w: ``(n, style_dim)``, or a separate w for each layer, ``(n, layers, style_dim)``.
            ema: whether to use the average generator if there is one.
        """
        w = np.asarray(w, np.float32)
        w = w[:, None].repeat(self.num_layers, axis=1) if w.ndim == 2 else w
        if w.shape[1:] != (self.num_layers, self.style_dim):
            raise ValueError(
                f"w must have the shape (n, {self.style_dim}), or (n, {self.num_layers}, "
                f"{self.style_dim}) for a separate w in each layer, got {w.shape}."
            )
        network = self.averaged(self.generator) if ema else self.generator
        return self.within_range(predict(network.get_layer("synthesis"), w, batch_size=256))

    def truncate(
        self,
        network: keras.Model,
        latents: Structure,
        condition: Structure,
        truncation: float,
        seed: int | None,
    ) -> tuple[keras.Model, Structure]:
        """Returns the synthesis network, and w with its distance from the mean w scaled down.

        ``truncation=1`` leaves w unchanged; at 0, every w is the mean.
        """
        inputs = self.generator_inputs.match(latents=latents, condition=condition)
        w = predict(network.get_layer("mapping"), inputs, batch_size=256)
        mean = ops.convert_to_numpy(self.mean_w)
        w = mean + truncation * (w - mean)
        return network.get_layer("synthesis"), w[:, None].repeat(self.num_layers, axis=1)
