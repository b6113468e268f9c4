"""The base class of all GANs: the path of a batch from the data to the updates, top to bottom."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import keras
from keras import ops

from gankit import differentiation, losses, penalties, priors
from gankit.checks import check_at_least_one, check_layer, check_seed
from gankit.regularizers.regularizer import Regularizer, prepare
from gankit.training.arguments import (
    check_compile_arguments,
    check_constructor_arguments,
    check_no_weights,
)
from gankit.training.averages import check_average, decay_at, follow
from gankit.training.batch import Batch, count_rows, map_tensors, mean_of
from gankit.training.fitting import Fitting
from gankit.training.inputs import check_logits, check_networks, choose_range
from gankit.training.logs import name_losses, share_finite, share_right
from gankit.training.optimizers import choose_optimizers
from gankit.training.phase import Phase, add_gradients
from gankit.training.position import read_given_rates
from gankit.training.random import call_seeded
from gankit.typing import Number, Scalars, Structure, Tensor, ValueRange


@keras.saving.register_keras_serializable(package="gankit")
class GAN(Fitting):
    """A generative adversarial network: two networks, a loss, and one training step.

    ``fit`` takes a ``tf.data.Dataset`` (or anything else that Keras takes) of images of shape
    ``(batch, height, width, channels)``, or of pairs ``(images, condition)``: floats in the range
    of the generator's images, or uint8. With networks that take a condition this is a conditional
    GAN; other variants are subclasses, which override parts of the training step or add a named
    term to a phase's losses.

    Args:
        generator: a functional or sequential ``keras.Model`` from latents (and a condition) to
            images. Inputs named ``latents`` and ``condition`` are matched by name, others by order.
            A generator without an input for latents is called without them.
        discriminator: a functional or sequential ``keras.Model`` from images (and a condition) to
            scores: logits of any shape ``(batch, ...)``, without a sigmoid. Inputs named ``images``
            and ``condition`` are matched by name, others by order. Its first output is the scores;
            any others are called heads.
        latent_prior: ``"normal"`` (standard), ``"uniform"`` on [-1, 1], ``"spherical"``, or an
            instance of ``gankit.priors``.
        discriminator_steps: updates of the discriminator per update of the generator; None for the
            class's default. With k, a batch of the data holds k sub-batches, and step j takes
            ``images[j::k]``.
        share_fakes: whether the generator is trained on the fakes that the discriminator has just
            been trained on, which saves a pass of the generator; False draws fresh ones.
        augment: a Keras layer through which all images go before the discriminator sees them in
            training, e.g. ``gankit.augment.DiffAugment()``, or ``keras.layers.GaussianNoise(0.1)``
            for instance noise (Sonderby et al. 2016, arXiv:1610.04490). Its random numbers follow
            from ``seed``. If the layer has a method ``adapt``, as ``gankit.augment.ADA`` has, it is
            called after every step with a boolean for each real score: whether the discriminator
            got it right.
        generator_ema: keeps an exponential moving average of the generator's weights as
            ``ema_generator``, which then makes the images of ``generate`` (Yazici et al. 2018,
            arXiv:1806.04498). A number of 1 or more is its half-life in training images, e.g.
            ``10_000``; one in [0, 1) is its decay b per step, ``b * average + (1 - b) * weights``.
            A function of the training steps is a schedule of half-lives. The average warms up: the
            decay in step t is at most (1 + t) / (10 + t), so that early pictures don't show the
            initial weights. None keeps no average.
        value_range: ``(low, high)`` of the data, None for any finite values; ``"auto"`` derives it
            from the generator's last activation: [-1, 1] for tanh, [0, 1] for a sigmoid, any values
            otherwise.
        class_names: names of the generator's classes, in the order of their numbers; saved with the
            GAN.
        seed: integer that determines all random numbers except those of the networks' own layers;
            call ``keras.utils.set_random_seed`` before you build the networks to fix these, too.
        **kwargs: ``name``, ``dtype`` and the like of ``keras.Model``.

    Attributes:
        latent_dim: length of the generator's latent vector; None if it takes no latents, or
            several.

    Raises:
        ValueError: the generator's images don't fit the discriminator's input, the scores pass
            through a sigmoid or the like, or an option is out of range.
        TypeError: a network whose input shapes are not known.

    Examples:
        >>> dcgan = architectures.dcgan
        >>> generator = dcgan.build_generator((28, 28, 1), latent_dim=16, filters=4)
        >>> discriminator = dcgan.build_discriminator((28, 28, 1), filters=4)
        >>> gan = gankit.GAN(generator, discriminator, seed=0)
        >>> gan.compile(loss="hinge")
        >>> history = gan.fit(data.from_arrays(digits[:64], batch_size=32), epochs=1, verbose=0)
        >>> sorted(history.history)
        ['discriminator_adversarial', 'discriminator_loss', 'discriminator_penalty',
         'fake_accuracy', 'generator_loss', 'real_accuracy']
        >>> gan.generate(4, seed=1).shape
        (4, 28, 28, 1)

    See Also:
        ``gankit.recipes``, which return a compiled GAN whose networks, loss and optimizers work
        well together.

    References:
        Goodfellow et al. 2014, "Generative Adversarial Networks", arXiv:1406.2661.
    """

    default_loss: ClassVar[str | losses.Loss] = "non_saturating"
    default_penalty: ClassVar[penalties.Penalty | None] = penalties.R1(0.1, every=8)
    default_discriminator_steps: ClassVar[int] = 1

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        latent_prior: str | priors.Prior = "normal",
        discriminator_steps: int | None = None,
        share_fakes: bool = True,
        augment: keras.Layer | None = None,
        generator_ema: Number | None = 10_000,
        value_range: ValueRange | Literal["auto"] | None = "auto",
        class_names: Sequence[str] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        check_constructor_arguments(type(self).__name__, kwargs)
        super().__init__(**kwargs)
        if discriminator_steps is None:
            discriminator_steps = self.default_discriminator_steps
        check_at_least_one("discriminator_steps", discriminator_steps)
        check_layer("augment", augment)
        if seed is not None:
            check_seed(seed)
        self.set_networks(generator, discriminator)
        self.latent_prior = priors.get(latent_prior)
        self.discriminator_steps = discriminator_steps
        self.share_fakes = share_fakes
        self.augment = augment
        if augment is not None and not augment.built:  # or Keras would, by a call of the GAN
            augment.build(generator.outputs[0].shape)
        self.generator_ema = check_average("generator_ema", generator_ema)
        self.value_range = choose_range(value_range, generator)
        self.class_names = self.generator_inputs.check_class_names(class_names)
        self.seed = seed
        self.create_state(seed)
        self.built = True

    def set_networks(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Sets both networks, and finds out which inputs they take."""
        self.generator, self.discriminator = generator, discriminator
        takes = check_networks(generator, discriminator, self.shown_shape)
        self.generator_inputs, self.discriminator_inputs = takes
        self.latent_dim = self.generator_inputs.latent_dim  # no property: variants may have theirs
        self.check_scores()

    def check_scores(self) -> None:
        """Raises ``ValueError`` if the discriminator's scores are not logits."""
        check_logits(self.discriminator)

    def sides(self) -> dict[str, list[keras.Model]]:
        """Returns the networks of each phase by its name; the discriminator's is trained first.

        All other phases train the networks that make images. Each has its own optimizer and its own
        loss hook: a phase called ``"encoder"`` gets its losses from ``encoder_losses``.
        """
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns the optimizer of a phase for which ``compile`` gets none.

        This is Adam without momentum and with a lower ``beta_2`` than usual, as in StyleGAN2
        (Karras et al. 2019, arXiv:1912.04958). ``docs/recipes.md`` compares it with others.
        """
        return keras.optimizers.Adam(5e-4, beta_1=0.0, beta_2=0.99)

    def compile(
        self,
        generator_optimizer: str | keras.optimizers.Optimizer | None = None,
        discriminator_optimizer: str | keras.optimizers.Optimizer | None = None,
        loss: str | losses.Loss | None = None,
        penalty: str | penalties.Penalty | None = "auto",
        optimizers: Mapping[str, str | keras.optimizers.Optimizer] | None = None,
        regularizers: Sequence[Regularizer] = (),
        **kwargs: Any,
    ) -> None:
        """Configures how all networks are trained.

        Args:
            generator_optimizer: a Keras optimizer or its name; None for the class's default, see
                ``default_optimizer``.
            discriminator_optimizer: the same for the discriminator; must be a separate instance.
            loss: the adversarial loss, a name or an instance of ``gankit.losses``; None for the
                class's default.
            penalty: a gradient penalty on the discriminator, a name or an instance of
                ``gankit.penalties``; ``"auto"`` for the class's default, here ``R1(0.1, every=8)``;
                None for no penalty.
            optimizers: optimizers of additional phases, by the phase's name; see ``sides``.
            regularizers: instances of ``gankit.regularizers``, which add terms to the losses.
            **kwargs: ``run_eagerly``, ``steps_per_execution``, ``jit_compile`` and
                ``auto_scale_loss`` of ``keras.Model.compile``.

        Raises:
            ValueError: an unknown name, one optimizer for several networks, or a regularizer that
                doesn't fit them.
            TypeError: an argument of ``keras.Model.compile`` that a GAN doesn't support.

        Examples:
            >>> networks = recipes.small((28, 28, 1), filters=4).sides()
            >>> gan = gankit.GAN(*networks["generator"], *networks["discriminator"])
            >>> gan.compile(
            ...     generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.0),
            ...     discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.0),
            ...     loss=losses.NonSaturating(label_smoothing=0.1),
            ...     penalty=penalties.R1(0.1, every=8),
            ...     regularizers=[regularizers.LeCam(0.3)],
            ... )
            >>> gan.loss.label_smoothing
            0.1
        """
        check_compile_arguments(kwargs)
        loss = losses.get(self.default_loss if loss is None else loss)
        penalty = penalties.get(self.default_penalty if penalty == "auto" else penalty)
        own = {"generator": generator_optimizer, "discriminator": discriminator_optimizer}
        chosen = choose_optimizers(self.sides(), own, optimizers or {}, self.default_optimizer)
        prepared = prepare(regularizers, self)
        phases = self.make_phases(chosen, kwargs.get("auto_scale_loss", True))
        self.create_averages()
        super().compile(optimizer=None, **kwargs)
        self.compile_arguments = kwargs
        self.loss, self.penalty, self.regularizers = loss, penalty, prepared
        self.set_phases(phases)
        self.position.given_rates = read_given_rates(self.optimizer.optimizers)

    # The path of a batch, from top to bottom

    def update(self, data: Structure) -> Scalars:
        """Updates the discriminator, ``discriminator_steps`` times, and then the generator."""
        for real in self.unpack(data).split(self.discriminator_steps):
            made, pull_back = self.record(real)
            judged = self.train_discriminator(*made)
        if not self.share_fakes:
            made, pull_back = self.record(real)
        for name in self.phases:
            if name != "discriminator":
                self.train_generator(name, *made, pull_back)
        self.after_step(*judged)
        return self.logs()

    def unpack(self, data: Structure) -> Batch:
        """Returns a batch of the dataset as real images and their condition."""
        images, condition, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        check_no_weights(sample_weight)
        return Batch(images, condition).map(self.standardize)

    def record(self, real: Batch) -> tuple[tuple[Batch, Batch], differentiation.PullBack]:
        """Returns the result of ``make``, and a function that backpropagates to the weights."""
        sides = [phase for name, phase in self.phases.items() if name != "discriminator"]
        variables = [variable for phase in sides for variable in phase.variables]
        return differentiation.record(lambda: self.make(real), variables)

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        """Returns the real batch and as many fakes, with everything that made them.

        A variant may also add to ``real``, such as the codes that an encoder finds.
        """
        condition = self.sample_condition(real=real)
        latents = map_tensors(ops.convert_to_tensor, self.sample_latents(count_rows(real.images)))
        inputs = self.generator_inputs.match(latents=latents, condition=condition)
        return real, Batch(self.run(self.generator, inputs), condition, latents)

    def train_discriminator(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Updates the discriminator to tell ``real`` from ``fake``; no gradient flows into either.

        Returns both with the scores that they had before the update.
        """
        phase = self.phases["discriminator"]
        given = real.map(ops.stop_gradient), fake.map(ops.stop_gradient)
        for regularizer in self.regularizers:
            given = regularizer.pair(self, *given)

        def objective():
            judged = self.discriminate_pair(*given)
            terms = self.terms(phase, *judged)
            return phase.objective(terms), (judged, terms)

        (judged, terms), gradients, _ = differentiation.value_and_gradients(
            objective, phase.variables
        )
        phase.update(gradients, self.may_update(phase.name))
        self.log_losses(phase.name, terms, share_finite([part.scores for part in judged]))
        self.means.update_state(self.step_metrics(*judged))
        return judged

    def train_generator(
        self, name: str, real: Batch, fake: Batch, pull_back: differentiation.PullBack
    ) -> None:
        """Updates a phase of the generator's side by the discriminator's scores of what it made.

        ``pull_back`` backpropagates from the images and codes that were made to the weights.
        """
        phase, made = self.phases[name], (real, fake)

        def objective(*tensors):
            pair = self.reconstruct(*differentiation.replace_float_tensors(made, tensors))
            if self.needs_real():
                pair = self.discriminate_pair(*pair)
            else:
                pair = pair[0], self.discriminate(pair[1])
            terms = self.terms(phase, *pair)
            return phase.objective(terms), (terms, share_finite([part.scores for part in pair]))

        (terms, finite), direct, by_made = differentiation.value_and_gradients(
            objective, phase.variables, differentiation.float_tensors(made)
        )
        through = pull_back(by_made, phase.variables)
        phase.update(add_gradients(through, direct), self.may_update(name))
        self.log_losses(name, terms, finite)

    def terms(self, phase: Phase, real: Batch, fake: Batch) -> Scalars:
        """Returns all terms of a phase in training: losses, penalties and weight decay."""
        own = getattr(self, f"{phase.name}_losses")(real, fake)
        return phase.terms(own, self.penalty_losses(phase, real, fake))

    def evaluate_batch(self, data: Structure) -> Scalars:
        """Adds the losses of a held-out batch to the logged means, without updating any network."""
        real, fake = self.make(self.unpack(data))
        real, fake = self.reconstruct(real, fake)
        real, fake = self.discriminate_pair(real, fake)
        values: Scalars = {}
        for name in self.phases:
            values |= name_losses(name, getattr(self, f"{name}_losses")(real, fake))
        values |= self.step_metrics(real, fake)
        self.means.update_state(values, weight=count_rows(real.images))
        return {name: value for name, value in self.logs().items() if name in values}

    # Hooks that a variant may override, in the order in which they are called; sample_latents,
    # sample_condition and needs_condition are in Sampling. Call networks with ``run``, which uses
    # training mode in ``fit``, and inference mode in ``evaluate`` and outside of steps.

    def shown(self, batch: Batch) -> Batch:
        """Returns a batch as the discriminator sees it: in training, its images are augmented."""
        return batch._replace(images=self.augmented(batch.images)) if self.in_training else batch

    def augmented(self, images: Structure) -> Structure:
        """Returns images after ``augment``, if there is one."""
        if self.augment is None:
            return images
        return call_seeded(self.augment, images, self.training_seed)

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with its scores and heads, from one pass of the discriminator."""
        shown = self.shown(batch)
        inputs = self.discriminator_inputs.match(
            images=shown.images, condition=shown.condition, latents=shown.latents
        )
        outputs = self.run(self.discriminator, inputs)
        return batch._replace(shown=shown.images).scored(outputs)

    def discriminate_pair(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns both batches with their scores, from a pass for each."""
        return self.discriminate(real), self.discriminate(fake)

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the discriminator's losses: named scalars, whose sum trains it."""
        costs = keras.tree.map_structure(
            lambda *scores: self.loss.discriminator(*scores, seed=self.training_seed),
            real.scores,
            fake.scores,
        )
        return {"adversarial": mean_of(costs)}

    def penalty_losses(self, phase: Phase, real: Batch, fake: Batch) -> Scalars:
        """Returns terms that only training has: regularizers' terms and the gradient penalty.

        Expensive terms can be computed only every few steps, with ``phase.lazily``.
        """
        terms: Scalars = {}
        if self.penalty is not None and phase.name == "discriminator":
            terms["penalty"] = sum(
                phase.lazily(every, functools.partial(self.gradient_penalty, penalty, real, fake))
                for every, penalty in self.penalty.by_interval().items()
            )
        for regularizer in self.regularizers:
            terms |= regularizer.terms(self, phase, real, fake)
        return terms

    def gradient_penalty(self, penalty: penalties.Penalty, real: Batch, fake: Batch) -> Tensor:
        """Returns a gradient penalty, a scalar, see ``gankit.penalties``."""
        costs = penalty(
            lambda images: self.discriminate(real._replace(images=images)).scores,
            real.images,
            fake.images,
            seed=self.training_seed,
            step=self.steps_completed,
        )
        return ops.mean(costs)

    def may_update(self, phase: str) -> Tensor | None:
        """Returns whether a phase's update takes place: None for always, or a boolean scalar."""
        return None

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the step's values to log besides losses: how often the discriminator is right."""
        shares = [mean_of(map_tensors(share_right, part)) for part in self.margins(real, fake)]
        return dict(zip(("real_accuracy", "fake_accuracy"), shares, strict=True))

    def margins(self, real: Batch, fake: Batch) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """Returns by how much real and fake scores are right, see ``Loss.margins``."""
        pairs = zip(*map(keras.tree.flatten, (real.scores, fake.scores)), strict=True)
        real_margins, fake_margins = zip(*(self.loss.margins(*pair) for pair in pairs), strict=True)
        return list(real_margins), list(fake_margins)

    def reconstruct(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Returns both batches; a variant may add reconstructions of their images.

        Only phases other than the discriminator's call this.
        """
        return real, fake

    def needs_real(self) -> bool:
        """Returns whether the generator's side needs real scores, which costs an extra pass."""
        return self.loss.needs_real

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the generator's losses: named scalars, whose sum trains it.

        ``real`` has scores only if ``needs_real()``.
        """
        scores = [fake.scores, real.scores] if self.needs_real() else [fake.scores]
        loss = self.loss.at(self.steps_completed)
        return {"adversarial": mean_of(keras.tree.map_structure(loss.generator, *scores))}

    def after_step(self, real: Batch, fake: Batch) -> None:
        """Updates everything else: an adaptive ``augment``, regularizers and weight averages.

        ``real`` and ``fake`` have the scores of the discriminator's last update.
        """
        adapt = getattr(self.augment, "adapt", None)
        if adapt is not None:
            adapt(self.margins(real, fake)[0][0] > 0)
        for regularizer in self.regularizers:
            regularizer.after_step(self, real, fake)
        if self.generator_ema is None:
            return
        images = count_rows(real.images) * differentiation.num_replicas()
        decay = decay_at(self.steps_completed, self.generator_ema, images)
        for network in self.generator_networks():
            follow(self.averaged(network), network, decay)
