"""Keras's ``fit`` and ``evaluate`` for GANs, and checks of their data."""

import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras
from keras import ops

from gankit import differentiation
from gankit.data.epochs import get_epochs, set_epoch
from gankit.training.arguments import check_fit_arguments, check_no_weights
from gankit.training.batch import check_divisible, count_rows
from gankit.training.by_products import tolerate_logs
from gankit.training.first_batch import is_stream, peek, peek_validation, warn_of_range
from gankit.training.known_data import describe_data
from gankit.training.logs import EpochMeans, name_losses, share_finite
from gankit.training.monitors import PlainComparisons
from gankit.training.optimizers import Optimizers, copy_of, portable
from gankit.training.phase import Phase, check_apart, check_side
from gankit.training.position import Position, PositionKeeper
from gankit.training.random import make_seed_generators
from gankit.training.sampling import Sampling
from gankit.typing import Config, ImageData, Number, Scalars, Structure, Tensor

#: Callbacks of Keras that write the same files in every process.
WRITERS = (
    keras.callbacks.CSVLogger,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.TensorBoard,
)


class Fitting(Sampling):
    """The part of a GAN that trains and evaluates, around the steps that ``GAN`` defines.

    Examples:
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> dataset = data.from_arrays(digits[:64, 10:18, 10:18], batch_size=32)
        >>> history = gan.fit(dataset, epochs=2, verbose=0).history
        >>> len(history["generator_loss"])  # a mean for each epoch
        2
    """

    discriminator_steps: int
    phases: dict[str, Phase]
    means: EpochMeans
    position: Position
    epochs_completed: keras.Variable
    steps_completed: keras.Variable
    compile_arguments: Config
    loss: Any  # an instance of gankit.losses
    penalty: Any  # an instance of gankit.penalties, or None
    regularizers: Any  # instances of gankit.regularizers
    train_function: Any

    def update(self, data: Structure) -> Scalars:
        """Makes one training step, and returns what to log."""
        raise NotImplementedError

    def set_networks(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Takes both networks."""
        raise NotImplementedError

    def compile(self, *arguments: Any, **options: Any) -> None:
        """Configures how all networks are trained, see ``GAN``."""
        super().compile(*arguments, **options)

    def evaluate_batch(self, data: Structure) -> Scalars:
        """Adds a held-out batch's losses to the logged means, and returns what to log."""
        raise NotImplementedError

    def create_state(self, seed: int | None) -> None:
        """Creates the state that training updates besides networks: seeds, counts, means."""
        self.ema_generator = None  # a class's attribute would hide the network from PyTorch
        self.running = threading.local()  # the steps of several devices are traced interleaved
        self.training_seed, self.sampling_seed = make_seed_generators(seed, 2)
        count = {"shape": (), "dtype": "int", "initializer": "zeros", "trainable": False}
        self.epochs_completed = self.add_weight(name="epochs_completed", **count)
        self.steps_completed = self.add_weight(
            name="steps_completed", aggregation="only_first_replica", **count
        )
        self.means = EpochMeans()
        self.position = Position(self)
        self.phases: dict[str, Phase] = {}

    def make_phases(
        self, chosen: Mapping[str, keras.optimizers.Optimizer], scale_loss: bool
    ) -> dict[str, Phase]:
        """Returns the phase of each side, by name."""
        phases = {}
        for name, networks in self.sides().items():
            check_side(self, name, networks)
            phases[name] = Phase(name, networks, chosen[name], scale_loss, self.phases.get(name))
        check_apart(list(phases.values()))
        return phases

    def set_phases(self, phases: dict[str, Phase]) -> None:
        """Uses these phases from now on, and gives Keras their optimizers."""
        self.phases = phases
        self.means.forget()
        for name, phase in self.phases.items():
            setattr(self, f"{name}_optimizer", phase.optimizer)  # where files have it
        self.optimizer = Optimizers({name: one.optimizer for name, one in self.phases.items()})

    def replace_networks(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Replaces the generator and the discriminator by others that may share some layers.

        Other networks, such as an encoder, stay. Shared variables keep their average and their
        optimizer state. Call this between two calls to ``fit``, or in a callback at the start of an
        epoch.
        """
        means = {
            id(weight): ops.convert_to_numpy(mean)
            for network in self.generator_networks()
            for weight, mean in zip(network.weights, self.averaged(network).weights, strict=True)
        }
        former = [self.generator, self.discriminator]
        self.retire([*former, *map(self.averaged, former)])
        self.set_networks(generator, discriminator)
        self.create_averages(means)
        if self.compiled:
            copies = {name: copy_of(phase.optimizer) for name, phase in self.phases.items()}
            phases = self.make_phases(copies, self.compile_arguments.get("auto_scale_loss", True))
            for name, phase in phases.items():
                phase.recall(self.phases[name])
            self.set_phases(phases)
            self.make_train_function(force=True)

    def current(self, number: Number) -> Any:
        """Returns a number, or the value of a schedule after the completed training steps."""
        return number(self.steps_completed) if callable(number) else number

    def fit(
        self,
        x: ImageData | None = None,
        y: Structure = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | Literal["auto"] = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None = None,
        initial_epoch: int = 0,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Trains all networks, as ``keras.Model.fit`` trains one.

        The order of data from ``gankit.data`` depends on the number of epochs that this GAN has
        completed, even across processes: 2 epochs, ``save``, ``load_model`` and 2 more epochs are
        the same as 4. ``initial_epoch`` replaces that number.

        Args:
            x: a dataset of images or of ``(images, condition)``, or an array of images.
            y: the condition, where ``x`` is an array.
            batch_size: where ``x`` is an array; default 32.
            epochs: passes over the data.
            verbose: see Keras.
            callbacks: see Keras. If its ``CSVLogger`` or ``TensorBoard`` can't write, for example
                on a full disk, there is a warning, and training continues.
            initial_epoch: see Keras.
            **kwargs: further arguments of ``keras.Model.fit``; with ``validation_data``, the logs
                also contain the results of ``evaluate`` on it, as ``val_...``.

        Returns:
            Keras's ``History``: for each epoch the averages of ``discriminator_loss``,
            ``generator_loss``, ``real_accuracy`` and ``fake_accuracy`` (how often the discriminator
            is right), and of each phase's terms if it has several.

        Raises:
            ValueError, TypeError: the networks can't be trained on the first batch.

        Warns:
            UserWarning: its images seem to have a different range than the generator's, or the GAN
                can't be saved.
        """
        self.check_compiled()
        check_fit_arguments(kwargs)
        set_epoch(x, 0)  # the first batch tells whether the data has changed
        first, x = peek(x, y, batch_size)
        self.check_training_data(first)
        self.check_data(peek_validation(kwargs))
        warn_of_range(first, x, self.value_range)
        self.warn_unless_savable()
        kwargs.setdefault("shuffle", not (get_epochs(x) or is_stream(x)))
        in_order = put_in_order(callbacks, differentiation.writes_files(self))
        self.position.begin(initial_epoch)
        self.position.data = describe_data(x, first, batch_size, kwargs.get("steps_per_epoch"))
        try:
            for callback in in_order:
                getattr(callback, "restore_before_fit", lambda gan, others: None)(self, in_order)
            history = super().fit(
                x,
                y,
                batch_size,
                epochs=epochs,
                verbose=verbose,
                callbacks=[
                    PositionKeeper(x, kwargs.get("validation_data")),
                    PlainComparisons(in_order),
                    *tolerate_logs(in_order),
                ],
                initial_epoch=self.position.first_epoch(epochs),
                **kwargs,
            )
        finally:
            self.position.behind = 0  # batches to skip, which concern only this call
            for callback in reversed(in_order):
                getattr(callback, "close", lambda: None)()
        # What Keras does for a model's one optimizer, where that keeps an average of its own.
        for phase in self.phases.values():
            phase.optimizer.finalize_variable_values(phase.variables)
        return history

    def train_on_batch(
        self,
        x: Structure,
        y: Structure = None,
        sample_weight: None = None,
        class_weight: None = None,
        return_dict: bool = False,
    ) -> list[float] | Any:  # a dict with return_dict
        """Makes one training step on a batch of images (and their condition), as Keras does."""
        self.check_compiled()
        check_fit_arguments({"sample_weight": sample_weight, "class_weight": class_weight})
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
        """Returns both networks' losses on held-out data, and how often the discriminator is right.

        All networks run in inference mode, and averaged networks make the images, if there are any;
        penalties and weight decay, which belong to training, are left out. Nothing in the GAN
        changes, not even its random numbers. These losses don't tell how good images are: for that,
        see ``gankit.metrics``.

        Args:
            x: a dataset of images or of ``(images, condition)``, or an array of images.
            y: the condition, where ``x`` is an array.
            batch_size: where ``x`` is an array; default 32.
            verbose: see Keras.
            return_dict: whether to return the values by name, or as a list in the order of names.
            **kwargs: further arguments of ``keras.Model.evaluate``.

        Returns:
            Averages over all images: ``discriminator_loss``, ``generator_loss``, and everything
            else that ``fit`` logs.

        Raises:
            ValueError, TypeError: the networks can't take the first batch.
        """
        self.check_compiled()
        check_fit_arguments(kwargs)
        if not isinstance(kwargs.get("callbacks"), keras.callbacks.CallbackList):
            first, x = peek(x, y, batch_size)  # fit, which calls with such a list, has looked
            self.check_data(first)
        before = [(state, ops.convert_to_numpy(state)) for state in self.seed_states()]
        means = self.means.save()
        try:
            return super().evaluate(x, y, batch_size, verbose, return_dict=return_dict, **kwargs)
        finally:
            for state, value in before:
                state.assign(value)
            self.means.restore(means)

    # Steps, as Keras calls them

    def train_step(self, *given: Any) -> Any:
        """Makes one training step, as Keras's trainer of any backend calls it."""
        return differentiation.call_step(self, self.train_on, given)

    def test_step(self, *given: Any) -> Any:
        """Evaluates a batch, as Keras's trainer of any backend calls it."""
        return differentiation.call_step(self, self.evaluate_on, given)

    def train_on(self, data: Structure) -> Scalars:
        """Makes one training step, see ``update``."""
        self.means.update_state({"_finite_data": share_finite(data)})
        with self.step(training=True), differentiation.seeded(self.training_seed):
            logs = self.update(data)
        self.steps_completed.assign_add(1)
        return logs

    def evaluate_on(self, data: Structure) -> Scalars:
        """Evaluates a batch; random numbers come from the stream of ``generate``."""
        state = ops.copy(self.training_seed.state)
        self.training_seed.state.assign(self.sampling_seed.next())
        with self.step(training=False):
            logs = self.evaluate_batch(data)
        self.training_seed.state.assign(state)
        return logs

    def make_train_function(self, force: bool = False) -> None:
        """Lets ``fit`` only read the batches that were trained before an interruption."""
        if self.train_function is not None and not force:
            return
        super().make_train_function(force)
        self.train_function = differentiation.read_or_train(self, self.train_function)

    def log_losses(self, phase: str, terms: Scalars, finite_scores: Tensor | None = None) -> None:
        """Adds the terms of a phase and their sum to the logged means.

        ``finite_scores`` is the share of finite scores, which ``StopOnNaN`` uses to find the origin
        of a NaN.
        """
        values = name_losses(phase, terms)
        if finite_scores is not None:
            values[f"_finite_{phase}_scores"] = finite_scores
        self.means.update_state(values)

    def logs(self) -> Scalars:
        """Returns the means since the epoch began, by name."""
        logs = self.get_metrics_result()
        if differentiation.several_workers(self):
            # Keras 3.15 reduces the logs of several workers along an axis that scalars don't have.
            logs = {name: ops.expand_dims(value, 0) for name, value in logs.items()}
        return logs

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """What is logged, and reset by Keras at the start of each epoch."""
        return [metric for metric in super().metrics if metric.name != "loss"]

    # Files

    def get_compile_config(self) -> Config:
        """Returns the arguments of ``compile``."""
        if not self.compiled:
            return {}
        chosen = {name: phase.optimizer for name, phase in self.phases.items()}
        own = {f"{name}_optimizer": chosen.pop(name) for name in ("generator", "discriminator")}
        config = own | {"loss": self.loss, "penalty": self.penalty, "optimizers": chosen}
        config |= {"regularizers": list(self.regularizers)} | self.compile_arguments
        return portable(keras.saving.serialize_keras_object(config))

    def compile_from_config(self, config: Config) -> None:
        """Compiles as ``get_compile_config`` describes, and creates the optimizers' slots."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    # Checks of the data

    def check_compiled(self) -> None:
        """Raises ``ValueError`` unless ``compile`` has been called."""
        if not self.compiled:
            raise ValueError("Call compile() first: it says how this GAN is trained.")

    def warn_unless_savable(self) -> None:
        """Warns before a training whose result can't be saved."""
        try:
            self.get_config()
            self.get_compile_config()
        except NotImplementedError as error:
            warnings.warn(f"This GAN will train, but can't be saved: {error}", stacklevel=3)

    def check_data(self, batch: Structure) -> None:
        """Raises unless the networks can take ``batch``: images or ``(images, condition)``.

        ``batch`` is None if no batch can be inspected.
        """
        if batch is None:
            return
        images, condition, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        check_no_weights(sample_weight)
        self.discriminator_inputs.check_images(images, self.value_range, self.shown_shape)
        number = len(keras.tree.flatten(images)[0])
        for part in [] if condition is None else keras.tree.flatten(condition):
            if len(part) != number:
                raise ValueError(
                    f"The batch has {number} images, but its condition has {len(part)} rows."
                )
        if self.needs_condition():
            self.generator_inputs.check_condition(condition, self.value_range)
            self.discriminator_inputs.check_condition(condition, self.value_range)

    def check_training_data(self, batch: Structure) -> None:
        """Raises unless ``batch`` can be split into the discriminator's steps, too."""
        self.check_data(batch)
        if batch is not None:
            images, *_ = keras.utils.unpack_x_y_sample_weight(batch)
            check_divisible(count_rows(images), self.discriminator_steps)


def put_in_order(
    callbacks: Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None,
    writes: bool,
) -> list[keras.callbacks.Callback]:
    """Returns callbacks in the order in which they must run, however they were given.

    They are sorted by their attribute ``order``: -2 for those that must act before others save the
    GAN, -1 for those that add to the logs, 0 for all others, and 1 for those that save the state
    last. If this process is not the one that ``writes``, Keras callbacks that only write files are
    left out, since two workers would write the same file.
    """
    given = keras.tree.flatten(getattr(callbacks, "callbacks", callbacks) or [])
    kept = [one for one in given if writes or not isinstance(one, WRITERS)]
    return sorted(kept, key=lambda callback: getattr(callback, "order", 0))
