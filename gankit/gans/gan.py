"""The whole path of a batch, from the data to both networks' updates."""

from collections.abc import Mapping, MutableMapping, Sequence
from types import GeneratorType
from typing import Any, ClassVar, Literal, Self

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import ArrayLike

from gankit import losses, penalties
from gankit.checks import check_choice, check_seed
from gankit.gans import checks
from gankit.gans.batch import Batch, map_tensors
from gankit.gans.epochs import EpochKeeper, Replay
from gankit.gans.logs import EpochAverages, check_losses, name_losses
from gankit.gans.networks import (
    DISCRIMINATOR_ROLES,
    GENERATOR_ROLES,
    check_networks,
    check_variables,
    clone,
    computes_in_float16,
    find_inputs,
    match_inputs,
    regularization,
    split_outputs,
    trainable_variables,
)
from gankit.gans.optimizers import (
    OptimizerPair,
    apply_gradients,
    build_optimizer,
    prepare_optimizers,
)
from gankit.gans.random import choose_stream, find_seed_states, make_seed_generators
from gankit.typing import Config, ImageData, Logs, PathLike, Scalars, Seed, Structure, Tensor
from gankit.version import __version__


@keras.saving.register_keras_serializable(package="gankit")
class GAN(keras.Model):
    """A generative adversarial network: two networks, a loss, and one training step.

    ``fit`` takes a ``tf.data.Dataset`` (or what else Keras takes) of float32 images in [-1, 1] of
    shape ``(batch, height, width, channels)``, or of pairs ``(images, condition)``. With networks
    that take a condition this is a conditional GAN; other variants are subclasses, which override
    what flows or add a named term to a phase's losses.

    Args:
        generator: a functional or sequential ``keras.Model`` from latents (and a condition) to
            images. Inputs named ``latents`` and ``condition`` are matched by name, others by order.
            Without an input for latents it gets none.
        discriminator: a functional or sequential ``keras.Model`` from images (and a condition) to
            scores: logits of any shape ``(batch, ...)``, without a sigmoid. Inputs named ``images``
            and ``condition`` are matched by name, others by order. Its first output is the scores,
            further ones are heads.
        latent_prior: ``"normal"`` (standard) or ``"uniform"`` on [-1, 1].
        discriminator_steps: updates of the discriminator for each one of the generator; None for
            the class's default. With k, a batch of the data holds k sub-batches, and step j takes
            ``images[j::k]``.
        share_fakes: whether the generator is trained on the fakes that the discriminator has just
            been trained on, which saves a run of the generator; False draws fresh ones.
        one_pass: whether the discriminator sees real and fake in one concatenated batch. Matters
            where it has batch normalization, whose statistics are then of both.
        augment: a Keras layer through which all images go before the discriminator sees them in
            training, e.g. ``gankit.augment.DiffAugment()``, or ``keras.layers.GaussianNoise(0.1)``
            for instance noise (Sonderby et al. 2016, arXiv:1610.04490). Its random numbers follow
            from ``seed``. If it has a method ``adapt(correct)``, as ``gankit.augment.ADA`` has,
            that is called after each step with which scores of real images are on the right side,
            or, where they have none, above those of generated images.
        generator_ema: keeps an exponential moving average of the generator's weights as
            ``ema_generator``, which then makes the images of ``generate`` (Yazici et al. 2018,
            arXiv:1806.04498). A number of 1 or more is its half-life in training images, e.g.
            ``10_000``; one in [0, 1) is its decay b per step, ``b * average + (1 - b) * weights``.
            Either warms up: step t decays by at most (1 + t) / (10 + t), so that early pictures
            don't show initial weights. None keeps no average.
        seed: integer; settles all random numbers but those of the networks' own layers, which
            ``keras.utils.set_random_seed`` covers when it is called before they are built.
        **kwargs: ``name``, ``dtype`` and the like of ``keras.Model``.

    Raises:
        ValueError: the generator's images don't fit the discriminator's input, or an option is out
            of its range.
        TypeError: a network whose input shapes are not known.

    References:
        Goodfellow et al. 2014, "Generative Adversarial Networks", arXiv:1406.2661.
    """

    default_loss: ClassVar[str | losses.Loss] = "non_saturating"
    default_penalty: ClassVar[penalties.Penalty | None] = penalties.R1(0.1, every=8)
    default_discriminator_steps: ClassVar[int] = 1

    penalty: Any  # an instance of gankit.penalties, or None

    _initial_epoch: int | None  # Keras's own: where fit goes on

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        latent_prior: Literal["normal", "uniform"] = "normal",
        discriminator_steps: int | None = None,
        share_fakes: bool = True,
        one_pass: bool = False,
        augment: keras.Layer | None = None,
        generator_ema: float | None = 10_000,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if discriminator_steps is None:
            discriminator_steps = self.default_discriminator_steps
        check_choice("latent_prior", latent_prior, ("normal", "uniform"))
        checks.check_at_least_one("discriminator_steps", discriminator_steps)
        checks.check_average("generator_ema", generator_ema)
        if seed is not None:
            check_seed(seed)
        checks.check_layer("augment", augment)
        check_networks(generator, discriminator)

        self.generator = generator
        self.discriminator = discriminator
        self.latent_prior = latent_prior
        self.discriminator_steps = discriminator_steps
        self.share_fakes = share_fakes
        self.one_pass = one_pass
        self.augment = augment
        if augment is not None and not augment.built:  # or Keras would, by a call of the GAN
            augment.build(find_inputs(discriminator, DISCRIMINATOR_ROLES, "images")[0].shape)
        self.generator_ema = None if generator_ema is None else float(generator_ema)
        self.seed = seed

        self.ema_generator = self.make_ema(generator)
        self.training_seed, self.sampling_seed = make_seed_generators(seed, 2)
        self.epochs_completed = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False, name="epochs_completed"
        )
        self.steps_completed = self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="steps_completed",
        )
        self.averages = EpochAverages()
        self.epoch_offset = self.steps_to_replay = 0
        self.built = True

    def compile(
        self,
        generator_optimizer: str | keras.optimizers.Optimizer | None = None,
        discriminator_optimizer: str | keras.optimizers.Optimizer | None = None,
        loss: str | losses.Loss | None = None,
        penalty: penalties.Penalty | Literal["auto"] | None = "auto",
        **kwargs: Any,
    ) -> None:
        """Settles how both networks are trained.

        Args:
            generator_optimizer: a Keras optimizer or its name; None for the class's default, see
                ``default_optimizer``.
            discriminator_optimizer: likewise; another instance than the generator's.
            loss: what a score costs, a name or an instance of ``gankit.losses``; None for the
                class's default.
            penalty: a gradient penalty on the discriminator, an instance of ``gankit.penalties``;
                ``"auto"`` for the class's default, here ``R1(0.1, every=8)``; None for no penalty.
            **kwargs: ``run_eagerly``, ``steps_per_execution``, ``jit_compile`` and
                ``auto_scale_loss`` of ``keras.Model.compile``.

        Raises:
            ValueError: an unknown name, or one optimizer for both networks.
            TypeError: an argument of ``keras.Model.compile`` that a GAN can't honour.
        """
        checks.check_compile_arguments(kwargs)
        loss = losses.get(self.default_loss if loss is None else loss)
        penalty = penalties.get(self.default_penalty if penalty == "auto" else penalty)
        pair = prepare_optimizers(
            generator_optimizer, discriminator_optimizer, self.default_optimizer
        )
        super().compile(optimizer=None, **kwargs)
        self.loss, self.penalty = loss, penalty
        check_variables(self.generator_variables, self.discriminator_variables)
        scale_loss = kwargs.get("auto_scale_loss", True)
        self.generator_optimizer = build_optimizer(
            pair[0],
            self.generator_variables,
            float16=scale_loss and computes_in_float16(self.generator_networks()),
        )
        self.discriminator_optimizer = build_optimizer(
            pair[1],
            self.discriminator_variables,
            float16=scale_loss and computes_in_float16(self.discriminator_networks()),
        )
        self.optimizer = OptimizerPair(self.generator_optimizer, self.discriminator_optimizer)
        self.averages.forget()
        self._compile_arguments = kwargs

    def fit(
        self,
        x: ImageData | None = None,
        y: Structure = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | Literal["auto"] = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Trains both networks, as ``keras.Model.fit`` trains one.

        The order of data that comes from ``gankit.data`` goes on with the number of epochs that
        this GAN has completed, in whatever process: 2 epochs, ``save``, ``load_model`` and 2 epochs
        are the same as 4. With ``initial_epoch``, that number counts instead.

        Args:
            x: a dataset of images or of ``(images, condition)``, or an array of images.
            y: the condition, where ``x`` is an array.
            batch_size: where ``x`` is an array; default 32.
            epochs: passes over the data.
            verbose: see Keras.
            callbacks: see Keras.
            **kwargs: further arguments of ``keras.Model.fit``; with ``validation_data``, the logs
                also hold what ``evaluate`` says of it, as ``val_...``.

        Returns:
            Keras's ``History``: for each epoch the averages of ``discriminator_loss``,
            ``generator_loss``, ``real_accuracy`` and ``fake_accuracy`` (the shares of scores on the
            right side), and of each phase's terms where it has several.

        Raises:
            ValueError, TypeError: the first batch is not what the networks can be trained on.

        Warns:
            UserWarning: its images look as if they lay in [0, 1].
        """
        self._assert_compile_called("fit")
        checks.check_fit_arguments(kwargs)
        first, x = checks.peek(x, y, batch_size)
        self.check_training_data(first)
        checks.warn_of_range(first, x)
        self.check_data(checks.peek_validation(kwargs))
        keeper = EpochKeeper(x, kwargs.get("initial_epoch", 0))
        kwargs.setdefault("shuffle", not isinstance(x, tf.data.Dataset | GeneratorType))
        in_order = put_in_order(callbacks)
        try:
            history = super().fit(
                x,
                y,
                batch_size,
                epochs=epochs,
                verbose=verbose,
                callbacks=[keeper, *in_order],
                **kwargs,
            )
        finally:
            self._initial_epoch, self.steps_to_replay = None, 0
            function = getattr(self, "train_function", None)
            if isinstance(function, Replay):  # interrupted on its way
                self.train_function = function.train
            for callback in in_order:
                getattr(callback, "close", lambda: None)()
        # What Keras does for a model's one optimizer, where that keeps an average of its own.
        self.generator_optimizer.finalize_variable_values(self.generator_variables)
        self.discriminator_optimizer.finalize_variable_values(self.discriminator_variables)
        return history

    def take_up(self, steps_of_epoch: int, logs: Logs, averages: list[Any]) -> None:
        """Has ``fit``, which begins, go on with the epoch that was restored.

        Args:
            steps_of_epoch: how many of its steps are trained already; their batches are passed
                over.
            logs: what was logged after them.
            averages: the values that the variables of ``self.averages`` had then.
        """
        self._initial_epoch = int(self.epochs_completed.numpy()) - self.epoch_offset
        self.steps_to_replay = steps_of_epoch
        if steps_of_epoch:
            self.train_function = Replay(self, logs, averages)

    def train_on_batch(
        self,
        x: Structure,
        y: Structure = None,
        sample_weight: None = None,
        class_weight: None = None,
        return_dict: bool = False,
    ) -> list[float] | Any:  # a dict with return_dict
        """Makes one training step on a batch of images (and their condition), as Keras does."""
        checks.check_fit_arguments({"sample_weight": sample_weight, "class_weight": class_weight})
        self.check_training_data((x, y))
        return super().train_on_batch(x, y, return_dict=return_dict)

    def evaluate(
        self,
        x: ImageData | None = None,
        y: Structure = None,
        batch_size: int | None = None,
        verbose: int | Literal["auto"] = "auto",
        return_dict: bool = True,
        **kwargs: Any,
    ) -> dict[str, float] | Any:  # a list without return_dict
        """Returns what held-out data cost both networks, and the shares that are judged right.

        Both networks run in inference mode and ``ema_generator`` makes the images, where there is
        one; penalties and weight decay, which belong to training, are left out. Nothing that
        training depends on changes. How good images are, these losses don't say: see
        ``gankit.metrics``.

        Args:
            x: a dataset of images or of ``(images, condition)``, or an array of images.
            y: the condition, where ``x`` is an array.
            batch_size: where ``x`` is an array; default 32.
            verbose: see Keras.
            return_dict: whether to return the values by name, or as a list in the order of names.
            **kwargs: further arguments of ``keras.Model.evaluate``.

        Returns:
            Averages over all images: ``discriminator_loss``, ``generator_loss``, and what else
            ``fit`` logs.

        Raises:
            ValueError, TypeError: the first batch is not what the networks can take.
        """
        self._assert_compile_called("evaluate")
        checks.check_fit_arguments(kwargs)
        if "_use_cached_eval_dataset" not in kwargs:  # fit has looked at it before
            first, x = checks.peek(x, y, batch_size)
            self.check_data(first)
        return super().evaluate(x, y, batch_size, verbose, return_dict=return_dict, **kwargs)

    def check_data(self, batch: Structure) -> None:
        """Raises unless the networks can take ``batch``: images or ``(images, condition)``.

        ``batch`` is None where nothing can be looked at.
        """
        if batch is not None:
            invents = type(self).sample_condition is not GAN.sample_condition
            checks.check_batch(
                batch, self.generator, self.discriminator, needs_condition=not invents
            )

    def check_training_data(self, batch: Structure) -> None:
        """Raises unless ``batch`` can be split into the discriminator's steps, too."""
        self.check_data(batch)
        if batch is not None:
            images, *_ = keras.utils.unpack_x_y_sample_weight(batch)
            checks.check_divisible(count_rows(images), self.discriminator_steps)

    # The path of a batch, from top to bottom

    def train_step(self, data: Structure) -> Scalars:
        """Updates the discriminator, ``discriminator_steps`` times, and then the generator."""
        for real in self.split_batch(self.unpack(data)):
            fake, tape = self.record_fakes(real)
            judged = self.train_discriminator(real, fake)
        if not self.share_fakes:
            fake, tape = self.record_fakes(real)
        self.train_generator(real, fake, tape)
        self.after_step(*judged)
        self.steps_completed.assign_add(1)
        return self.logs()

    def unpack(self, data: Structure) -> Batch:
        """Returns what the data set gave, as a batch of real images and their condition."""
        images, condition, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        checks.check_no_weights(sample_weight)
        return Batch(images, condition).map(checks.standardize)

    def split_batch(self, real: Batch) -> list[Batch]:
        """Returns the sub-batches of the discriminator's steps.

        They are strided, so that each replica of a distribution strategy, which holds a part of the
        batch, finds rows of every sub-batch in it.
        """
        steps = self.discriminator_steps
        checks.check_divisible(count_rows(real.images), steps)
        return [real.map(lambda tensor, step=step: tensor[step::steps]) for step in range(steps)]

    def record_fakes(self, real: Batch) -> tuple[Batch, tf.GradientTape]:
        """Returns a batch of fakes, and the tape that recorded how the generator made them."""
        with tf.GradientTape() as tape:
            fake = self.generate_batch(real)
        return fake, tape

    def train_discriminator(self, real: Batch, fake: Batch) -> tuple[Batch, Batch]:
        """Updates the discriminator to tell ``real`` from ``fake``, taking both as given.

        Returns both with the scores that they had before the update.
        """
        fake = fake.map(ops.stop_gradient)
        with tf.GradientTape() as tape:
            real, fake = self.discriminate_pair(real, fake)
            terms = check_losses("discriminator", self.discriminator_losses(real, fake))
            terms = terms | self.slope_losses(real, fake)
            terms = terms | regularization(self.discriminator_networks())
            objective = self.objective(terms, self.discriminator_optimizer)
        gradients = tape.gradient(objective, self.discriminator_variables)
        self.apply_gradients(self.discriminator_optimizer, gradients, self.discriminator_variables)
        self.log_losses("discriminator", terms)
        self.averages.update_state(self.accuracies(real, fake))
        return real, fake

    def train_generator(self, real: Batch, fake: Batch, tape: tf.GradientTape) -> None:
        """Updates the generator by the discriminator's scores; ``tape`` saw the fakes made."""
        with tape:
            fake = self.reconstruct(real, fake)
            if self.loss.needs_real:
                real, fake = self.discriminate_pair(real, fake)
            else:
                fake = self.discriminate(fake)
            terms = check_losses("generator", self.generator_losses(real, fake))
            terms = terms | regularization(self.generator_networks())
            objective = self.objective(terms, self.generator_optimizer)
        gradients = tape.gradient(objective, self.generator_variables)
        self.apply_gradients(self.generator_optimizer, gradients, self.generator_variables)
        self.log_losses("generator", terms)

    def objective(self, terms: Scalars, optimizer: keras.optimizers.Optimizer) -> Tensor:
        """Returns the scalar to differentiate: the sum of the terms.

        Divided by the number of replicas, whose gradients Keras sums, and scaled for float16.
        """
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return optimizer.scale_loss(sum(terms.values()) / replicas)

    def apply_gradients(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: list[Tensor],
        variables: list[keras.Variable],
        when: Tensor | None = None,
    ) -> None:
        """Updates ``variables``: the only place where what learns is changed.

        Where the boolean scalar ``when``, the same on all replicas, is false, nothing changes.
        """
        apply_gradients(optimizer, gradients, variables, when)

    def log_losses(self, phase: str, terms: Scalars) -> None:
        """Takes the terms of a phase and their sum into the epoch's averages."""
        self.averages.update_state(name_losses(phase, terms))

    def logs(self) -> Scalars:
        """Returns the averages since the epoch began, by name."""
        logs = self.get_metrics_result()
        if isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy):
            # Keras 3.15 reduces the logs of several workers along an axis that scalars don't have.
            logs = {name: ops.expand_dims(value, 0) for name, value in logs.items()}
        return logs

    # What a variant may override

    @staticmethod
    def default_optimizer() -> keras.optimizers.Optimizer:
        """Returns what trains a network if ``compile`` gets no optimizer.

        Adam without momentum, and with a shorter memory of squared gradients than usual, as
        StyleGAN2 has it (Karras et al. 2019, arXiv:1912.04958). ``docs/recipes.md`` shows how it
        compares.
        """
        return keras.optimizers.Adam(5e-4, beta_1=0.0, beta_2=0.99)

    def generator_networks(self) -> list[keras.Model]:
        """Returns the networks that the generator's phase trains."""
        return [self.generator]

    def discriminator_networks(self) -> list[keras.Model]:
        """Returns the networks that the discriminator's phase trains."""
        return [self.discriminator]

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What the generator's phase trains."""
        return trainable_variables(self.generator_networks())

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        """What the discriminator's phase trains."""
        return trainable_variables(self.discriminator_networks())

    def sample_latents(self, num_images: int | Tensor, seed: Seed = None) -> Tensor | None:
        """Returns latents for one run of the generator, or None if it takes none.

        Args:
            num_images: int, or an int32 scalar tensor.
            seed: an int or a ``keras.random.SeedGenerator``; None draws from training's stream.
        """
        inputs = find_inputs(self.generator, GENERATOR_ROLES, "latents")
        if not inputs:
            return None
        shape = (num_images, *inputs[0].shape[1:])
        seed = self.training_seed if seed is None else seed
        if self.latent_prior == "uniform":
            return keras.random.uniform(shape, minval=-1.0, maxval=1.0, seed=seed, dtype="float32")
        return keras.random.normal(shape, seed=seed, dtype="float32")

    def sample_condition(
        self, real: Batch | None = None, num_images: int | None = None, seed: Seed = None
    ) -> Structure:
        """Returns what the generator is told when nobody says: here, what ``real`` images have.

        A variant that invents conditions draws ``num_images`` of them where ``real`` is None.
        """
        if real is not None:
            return real.condition
        if find_inputs(self.generator, GENERATOR_ROLES, "condition"):
            raise ValueError(
                "This generator takes a condition, a row for each image: pass condition=[...], or "
                "--condition in a shell."
            )
        return None

    def generate_batch(self, real: Batch, training: bool = True) -> Batch:
        """Returns as many fakes as there are ``real`` images."""
        condition = self.sample_condition(real=real)
        latents = self.sample_latents(count_rows(real.images))
        network = self.generator if training else self.sampling_generator
        inputs = match_inputs(network, latents=latents, condition=condition)
        return Batch(in_float32(network(inputs, training=training)), condition)

    def reconstruct(self, real: Batch, fake: Batch, training: bool = True) -> Batch:
        """Returns the fakes, in a variant with what its generator makes again from them.

        Only the generator's phase asks for it.
        """
        return fake

    def discriminate(self, batch: Batch, training: bool = True) -> Batch:
        """Returns the batch with its scores and heads, from one pass of the discriminator."""
        images = self.augmented(batch.images) if training else batch.images
        inputs = match_inputs(self.discriminator, images=images, condition=batch.condition)
        scores, heads = split_outputs(in_float32(self.discriminator(inputs, training=training)))
        return batch._replace(scores=scores, heads=heads)

    def discriminate_pair(
        self, real: Batch, fake: Batch, training: bool = True
    ) -> tuple[Batch, Batch]:
        """Returns both batches with their scores: two passes, or one if ``one_pass`` is set."""
        if not self.one_pass:
            return self.discriminate(real, training), self.discriminate(fake, training)
        conditional = bool(find_inputs(self.discriminator, DISCRIMINATOR_ROLES, "condition"))
        both = self.discriminate(
            Batch(
                concatenate(real.images, fake.images),
                concatenate(real.condition, fake.condition) if conditional else None,
            ),
            training,
        )
        num_real = count_rows(real.images)
        on_real = map_tensors(lambda tensor: tensor[:num_real], (both.scores, both.heads))
        on_fake = map_tensors(lambda tensor: tensor[num_real:], (both.scores, both.heads))
        return (
            real._replace(scores=on_real[0], heads=on_real[1]),
            fake._replace(scores=on_fake[0], heads=on_fake[1]),
        )

    def augmented(self, images: Structure) -> Structure:
        """Returns the images as the discriminator sees them in training."""
        if self.augment is None:
            return images
        for state in find_seed_states(self.augment):
            state.assign(self.training_seed.next())
        return keras.tree.map_structure(lambda x: self.augment(x, training=True), images)

    def discriminator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns what the discriminator pays: named scalars, whose sum trains it."""
        values = self.loss.discriminator(real.scores, fake.scores, seed=self.training_seed)
        return {"adversarial": ops.mean(values)}

    def slope_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns what the discriminator's slope costs it, in training, if there is a penalty."""
        if self.penalty is None:
            return {}
        every = self.penalty.every

        def penalty():
            return ops.mean(self.slope_costs(real, fake)) * every

        if every == 1:
            return {"penalty": penalty()}
        now = ops.equal(self.discriminator_optimizer.iterations % every, 0)
        return {"penalty": ops.cond(now, penalty, lambda: ops.zeros(()))}

    def slope_costs(self, real: Batch, fake: Batch) -> Tensor:
        """Returns what the penalty asks for each image."""
        return self.penalty(
            lambda images: self.discriminate(real._replace(images=images)).scores,
            real.images,
            fake.images,
            seed=self.training_seed,
        )

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        """Returns what the generator pays: named scalars, whose sum trains it.

        ``real`` has scores only for a loss that needs them.
        """
        return {"adversarial": ops.mean(self.loss.generator(fake.scores, real.scores))}

    def accuracies(self, real: Batch, fake: Batch) -> Scalars:
        """Returns the shares of real and of fake scores on the right side, where there is one."""
        correct = self.loss.correct(real.scores, fake.scores)
        if correct is None:
            return {}
        real_accuracy, fake_accuracy = (ops.mean(ops.cast(c, "float32")) for c in correct)
        return {"real_accuracy": real_accuracy, "fake_accuracy": fake_accuracy}

    def after_step(self, real: Batch, fake: Batch) -> None:
        """Updates what follows the networks: an adaptive ``augment``, and the average generator.

        ``real`` and ``fake`` have the scores of the discriminator's last update.
        """
        adapt = getattr(self.augment, "adapt", None)
        if adapt is not None:
            correct = self.loss.correct(real.scores, fake.scores)
            # Where scores have no right side, being above a fake one's is the best there is.
            adapt(real.scores > fake.scores if correct is None else correct[0])
        self.update_ema(self.ema_generator, self.generator, self.ema_decay(real))

    def ema_decay(self, real: Batch) -> Tensor | None:
        """Returns what averages keep of themselves at this step, None where there are none.

        ``real`` is the batch that the generator's phase has just seen.
        """
        if self.generator_ema is None:
            return None
        decay = self.generator_ema
        if decay >= 1:  # a half-life in images
            images = count_rows(real.images) * tf.distribute.get_strategy().num_replicas_in_sync
            decay = 0.5 ** (ops.cast(images, "float32") / decay)
        step = ops.cast(self.steps_completed, "float32")
        return ops.minimum(decay, (1.0 + step) / (10.0 + step))

    def make_ema(self, network: keras.Model) -> keras.Model | None:
        """Returns a copy of a network that is to keep its average, None where there are none."""
        if self.generator_ema is None:
            return None
        average = clone(network)
        average.trainable = False  # for good: it follows, it does not learn
        return average

    def update_ema(
        self, average: keras.Model | None, network: keras.Model, decay: Tensor | None
    ) -> None:
        """Has an average, if there is one, follow its network by one step: see ``ema_decay``."""
        if average is None or decay is None:
            return
        for mean, weight in zip(average.weights, network.weights, strict=True):
            if weight.trainable:
                weight = decay * mean + (1.0 - decay) * weight
            mean.assign(weight)

    # The path of a held-out batch

    def test_step(self, data: Structure) -> Scalars:
        """Takes what a batch costs both networks, as they are, into the averages."""
        real = self.unpack(data)
        # Evaluation draws from the stream of ``generate``: training goes on as if without it.
        state = ops.copy(self.training_seed.state)
        self.training_seed.state.assign(self.sampling_seed.next())
        fake = self.reconstruct(real, self.generate_batch(real, training=False), training=False)
        real, fake = self.discriminate_pair(real, fake, training=False)
        values = name_losses("discriminator", self.discriminator_losses(real, fake))
        values |= name_losses("generator", self.generator_losses(real, fake))
        values |= self.accuracies(real, fake)
        self.training_seed.state.assign(state)
        self.averages.update_state(values, weight=count_rows(real.images))
        return {name: value for name, value in self.logs().items() if name in values}

    # Use

    @property
    def sampling_generator(self) -> keras.Model:
        """The network that makes images outside of training: the average one, if there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def call(self, inputs: Structure, training: bool = False) -> Tensor:
        """Returns the generator's images, so that ``predict`` serves the generator.

        Args:
            inputs: what the generator takes: latents of shape ``(batch, latent_dim)``, or latents
                and condition in the generator's own structure.
            training: whether in training mode.
        """
        network = self.generator if training else self.sampling_generator
        return network(inputs, training=training)

    def export(self, filepath: PathLike, format: str = "tf_saved_model", **kwargs: Any) -> None:
        """Writes the generator for serving, see ``keras.Model.export``."""
        self.sampling_generator.export(filepath, format=format, **kwargs)

    def generate(
        self,
        num_images: int | None = None,
        condition: Structure = None,
        latents: ArrayLike | None = None,
        seed: int | None = None,
        batch_size: int = 256,
        ema: bool = True,
    ) -> np.ndarray:
        """Returns new images.

        Args:
            num_images: how many; may be left out where ``latents`` or ``condition`` say it.
            condition: what the generator is told, a row for each image, e.g. ``[7, 7, 7]``.
            latents: ``(num_images, latent_dim)``; by default drawn from ``latent_prior``.
            seed: integer, for the same images each time; None draws anew, apart from training's
                random numbers.
            batch_size: images that are made at once; changes memory and speed only.
            ema: whether to use ``ema_generator`` where there is one.

        Returns:
            float32 of shape ``(num_images, height, width, channels)`` in [-1, 1], if the generator
            ends in tanh.

        Raises:
            ValueError: numbers or shapes that don't fit.
        """
        condition = checks.check_told(condition, self.generator)
        num_images = checks.count_images(num_images, condition=condition, latents=latents)
        checks.check_at_least_one("batch_size", batch_size)
        seed = choose_stream(seed, self.sampling_seed)
        if latents is None:
            latents = self.sample_latents(num_images, seed=seed)
        else:
            latent_inputs = find_inputs(self.generator, GENERATOR_ROLES, "latents")
            latents = checks.check_latents(latents, latent_inputs)
        if condition is None:
            condition = self.sample_condition(num_images=num_images, seed=seed)
        network = self.sampling_generator if ema else self.generator
        condition = map_tensors(checks.standardize, condition)
        inputs = match_inputs(network, latents=latents, condition=condition)
        return predict(network, inputs, batch_size)

    def score(
        self, images: ArrayLike, condition: Structure = None, batch_size: int = 256
    ) -> np.ndarray:
        """Returns the discriminator's opinion of images: float32 of shape ``(n,)``.

        The higher, the more real. Where it scores patches, this is their mean.
        """
        checks.check_at_least_one("batch_size", batch_size)
        images_input = find_inputs(self.discriminator, DISCRIMINATOR_ROLES, "images")[0]
        images = np.asarray(images)
        checks.check_images(images, images_input.shape)
        if condition is not None:
            condition = checks.as_rows(condition)
            checks.check_condition(
                condition, self.discriminator, DISCRIMINATOR_ROLES, "discriminator"
            )
            checks.count_images(None, images=images, condition=condition)
        return self._score(images, condition, batch_size)

    def _score(
        self, images: np.ndarray, condition: Structure = None, batch_size: int = 256
    ) -> np.ndarray:
        condition = map_tensors(checks.standardize, condition)
        scores = []
        for start in range(0, len(images), batch_size):
            rows = slice(start, start + batch_size)
            some = Batch(images, condition).map(lambda part, rows=rows: part[rows])
            judged = self.discriminate(some.map(ops.convert_to_tensor), training=False).scores
            scores.append(np.asarray(judged).reshape(len(judged), -1).mean(axis=1))
        return np.concatenate(scores)

    def generate_best(
        self, num_images: int, out_of: int, condition: Structure = None, seed: int | None = None
    ) -> np.ndarray:
        """Returns the images that the discriminator takes for the most real, best first.

        Args:
            num_images: how many to return.
            out_of: how many to make and score.
            condition: what the generator is told, ``num_images`` rows. Each row then gets
                ``out_of / num_images`` candidates, and its best one is kept, in the rows' order.
            seed: integer, see ``generate``.

        Returns:
            float32 of shape ``(num_images, height, width, channels)``, see ``generate``.

        Raises:
            ValueError: ``out_of`` is below ``num_images``, or with a condition no multiple of it.
        """
        checks.check_at_least_one("num_images", num_images)
        checks.check_at_least_one("out_of", out_of)
        if out_of < num_images:
            raise ValueError(f"out_of={out_of} must be at least num_images={num_images}.")
        if condition is None:
            stream = choose_stream(seed, self.sampling_seed)
            latents = self.sample_latents(out_of, seed=stream)
            invented = self.sample_condition(num_images=out_of, seed=stream)
            candidates = self.generate(out_of, invented, latents)
            order = np.argsort(-self._score(candidates, invented), kind="stable")
            return candidates[order[:num_images]]
        if out_of % num_images:
            raise ValueError(
                f"With a condition, out_of={out_of} must be a multiple of num_images={num_images}: "
                "each row of the condition gets the same number of candidates."
            )
        repeats = out_of // num_images
        condition = keras.tree.map_structure(
            lambda rows: np.repeat(rows, repeats, axis=0), checks.as_rows(condition)
        )
        candidates = self.generate(out_of, condition=condition, seed=seed)
        scores = self._score(candidates, condition).reshape(num_images, repeats)
        best = np.arange(num_images) * repeats + scores.argmax(axis=1)
        return candidates[best]

    # Persistence

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """What is logged, and reset by Keras at the start of each epoch."""
        return [metric for metric in super().metrics if metric is not self._loss_tracker]

    def get_config(self) -> Config:
        """Returns the constructor's arguments."""
        checks.check_config_is_complete(type(self))
        return super().get_config() | {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "latent_prior": self.latent_prior,
            "discriminator_steps": self.discriminator_steps,
            "share_fakes": self.share_fakes,
            "one_pass": self.one_pass,
            "augment": keras.saving.serialize_keras_object(self.augment),
            "generator_ema": self.generator_ema,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: dict[str, Any] | None = None) -> Self:
        """Returns the GAN that ``get_config`` describes; networks in it may be serialized."""
        return cls(**keras.saving.deserialize_keras_object(config, custom_objects))

    def get_build_config(self) -> Config:
        """Returns which gankit writes the file; a GAN is built from its constructor's arguments."""
        return {"gankit_version": __version__}

    def build_from_config(self, config: Config) -> None:
        """Does nothing: the constructor has built everything."""

    def get_compile_config(self) -> Config:
        """Returns the arguments of ``compile``."""
        if not self.compiled:
            return {}
        return keras.saving.serialize_keras_object(
            {
                "generator_optimizer": self.generator_optimizer,
                "discriminator_optimizer": self.discriminator_optimizer,
                "loss": self.loss,
                "penalty": self.penalty,
                **self._compile_arguments,
            }
        )

    def compile_from_config(self, config: Config) -> None:
        """Compiles as ``get_compile_config`` describes; the optimizers' slots are made here."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Writes what Keras leaves out: the state of every seed generator, dropout's too."""
        super().save_own_variables(store)
        store["seeds"] = np.array([state.numpy() for state in find_seed_states(self)])

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Reads what ``save_own_variables`` has written."""
        names = set(store.keys()) - {"seeds"}
        super().load_own_variables({name: store[name] for name in names})
        seeds, states = np.array(store["seeds"]), find_seed_states(self)
        if len(seeds) != len(states):
            raise ValueError(
                f"The file holds the state of {len(seeds)} random number generators, but this GAN "
                f"has {len(states)}: its networks are built of other layers."
            )
        for state, seed in zip(states, seeds, strict=True):
            state.assign(seed)


def put_in_order(
    callbacks: Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None,
) -> list[keras.callbacks.Callback]:
    """Returns callbacks in the order that serves them, whatever order they were given in.

    First what guards the state, then what writes and restores it, then what adds to the logs, and
    last what reads these.
    """
    given = getattr(callbacks, "callbacks", callbacks)  # of a keras CallbackList
    in_order = keras.tree.flatten(given or [])
    for trait in ("adds_to_logs", "restores", "guards"):
        in_order.sort(key=lambda callback: not getattr(callback, trait, False))
    return in_order


def count_rows(images: Structure) -> int | Tensor:
    """Returns the number of images: an int where it is known, else a scalar tensor."""
    return ops.shape(keras.tree.flatten(images)[0])[0]


def concatenate(real: Structure, fake: Structure) -> Structure:
    """Returns two nested structures of the same kind as one, with the rows of both."""
    return keras.tree.map_structure(
        lambda *pair: None if pair[0] is None else ops.concatenate(pair), real, fake
    )


def in_float32(outputs: Structure) -> Structure:
    """Returns a network's outputs in float32, whatever it computes in."""
    return keras.tree.map_structure(lambda tensor: ops.cast(tensor, "float32"), outputs)


def predict(network: keras.Model, inputs: Structure, batch_size: int) -> Structure:
    """Returns a network's outputs in inference mode as float32 NumPy arrays."""
    inputs = keras.tree.map_structure(ops.convert_to_numpy, inputs)
    outputs = network.predict(inputs, batch_size=batch_size, verbose=0)
    return keras.tree.map_structure(lambda array: np.asarray(array, np.float32), outputs)
