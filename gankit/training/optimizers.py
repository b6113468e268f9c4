"""Several optimizers in the place where Keras expects one."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Self

import keras
from keras import ops

from gankit.checks import did_you_mean
from gankit.typing import Config, Tensor


@keras.saving.register_keras_serializable(package="gankit")
class ByPart(keras.optimizers.Optimizer):
    """Several optimizers for one phase, each of which trains a part of its networks.

    StyleGAN's mapping network, for instance, learns 100 times slower than the rest of the
    generator (Karras et al. 2019, arXiv:1812.04948, appendix C)::

        gan.compile(generator_optimizer=ByPart(Adam(2e-3), {"mapping": Adam(2e-5)}))

    A part is a layer, a model within the network, or one of a phase's several networks, by its
    name, or what else has a name in the paths of variables, such as ``"bias"``. Clipping, weight
    decay, accumulation of gradients, and averages of an optimizer concern the variables of its own
    part only.

    ``learning_rate`` is that of ``optimizer``. Where it is set, as by Keras's
    ``LearningRateScheduler``, those of the parts follow in proportion, unless a schedule of steps
    gives them.

    Args:
        optimizer: a Keras optimizer or its name, for all variables that are in no part.
        parts: optimizers by the names of parts. A variable that is in several belongs to the
            first of these.
        name: of the optimizer; a phase gives it its own.

    Raises:
        ValueError: an optimizer that is used twice, that has trained other variables, or that
            scales the loss; when it is built, a part in which there are no variables.

    Examples:
        >>> from gankit.training.optimizers import ByPart
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> slow = keras.optimizers.Adam(1e-5)
        >>> gan.compile(generator_optimizer=ByPart(keras.optimizers.Adam(1e-3), {"bias": slow}))
        >>> round(float(gan.phases["generator"].optimizer.learning_rate), 6)
        0.001
    """

    def __init__(
        self,
        optimizer: str | keras.optimizers.Optimizer,
        parts: Mapping[str, str | keras.optimizers.Optimizer],
        name: str | None = None,
    ):
        super().__init__(learning_rate=0.0, name=name)  # in nobody's use: see the property below
        self.optimizer = keras.optimizers.get(optimizer)
        self.parts = {name: keras.optimizers.get(part) for name, part in parts.items()}
        check_optimizers(self.optimizers())
        self.trained: list[keras.Variable] = []
        self.layers_of: Callable[[keras.Variable], list[str]] = lambda variable: []
        self.ratios = [ratio_of_rates(part, self.optimizer) for part in self.parts.values()]

    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """Returns all optimizers, that of the variables in no part first."""
        return [self.optimizer, *self.parts.values()]

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Creates the slots of all optimizers."""
        self.check_parts(variables)
        self.trained = list(variables)
        for optimizer, numbers in self.split(variables):
            optimizer.build([variables[number] for number in numbers])
        super().build(variables)

    def names_of(self, variable: keras.Variable) -> list[str]:
        """Returns the names of the layers that hold a variable, and its own last.

        A phase says by ``layers_of`` which these are. Paths alone don't tell: those of layers in a
        model within a model change when that is loaded from a file.
        """
        return [*self.layers_of(variable), *variable.path.split("/")]

    def part_of(self, variable: keras.Variable) -> str | None:
        """Returns the name of the part that a variable belongs to, None if it is in none."""
        names = self.names_of(variable)
        return next((part for part in self.parts if part in names), None)

    def check_parts(self, variables: Sequence[keras.Variable]) -> None:
        """Raises ``ValueError`` for a part to which no variable belongs."""
        filled = {self.part_of(variable) for variable in variables}
        there = dict.fromkeys(name for one in variables for name in self.names_of(one)[:-1])
        for part in self.parts:
            if part not in filled:
                raise ValueError(
                    f"No variable belongs to the part {part!r}, there are {list(there)}."
                    + did_you_mean(part, there)
                )

    def split(
        self, variables: Sequence[keras.Variable]
    ) -> Iterator[tuple[keras.optimizers.Optimizer, list[int]]]:
        """Yields each optimizer with the places in ``variables`` of those that it trains."""
        owners = [self.part_of(variable) for variable in variables]
        for part, optimizer in zip([None, *self.parts], self.optimizers(), strict=True):
            yield optimizer, [number for number, owner in enumerate(owners) if owner == part]

    def apply(
        self,
        grads: Sequence[Tensor | None],
        trainable_variables: Sequence[keras.Variable] | None = None,
    ) -> None:
        """Updates variables, see ``keras.optimizers.Optimizer``; a missing gradient is None."""
        variables = list(trainable_variables or self.trained)
        if not self.built:
            self.build(variables)
        if all(gradient is None for gradient in grads):
            raise ValueError("No gradients provided for any variable.")
        for optimizer, numbers in self.split(variables):
            theirs = [variables[number] for number in numbers]
            gradients = [grads[number] for number in numbers]
            if any(gradient is not None for gradient in gradients):
                optimizer.apply(gradients, theirs)
            elif theirs:
                paths = [variable.path for variable in theirs]
                warnings.warn(f"There are no gradients for a whole part: {paths}.", stacklevel=2)
        self.iterations.assign_add(1)

    @property
    def variables(self) -> list[keras.Variable]:
        """The number of updates, and the state of all optimizers."""
        theirs = [variable for one in self.optimizers() for variable in one.variables]
        return [self.iterations, *theirs]

    @property
    def learning_rate(self) -> Any:
        """That of ``optimizer``."""
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.optimizer.learning_rate = learning_rate
        for part, ratio in zip(self.parts.values(), self.ratios, strict=True):
            if ratio is not None:
                part.learning_rate = float(ops.convert_to_numpy(learning_rate)) * ratio

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Gives variables their averages, where an optimizer keeps some."""
        for optimizer, numbers in self.split(var_list):
            optimizer.finalize_variable_values([var_list[number] for number in numbers])

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Writes the number of updates; Keras has each of the optimizers write its own state."""
        store["iterations"] = ops.convert_to_numpy(self.iterations)

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Reads what ``save_own_variables`` has written."""
        self.iterations.assign(store["iterations"])

    def get_config(self) -> Config:
        """Returns the arguments, and how the rates of parts relate to the first optimizer's."""
        serialize = keras.optimizers.serialize
        return {
            "name": self.name,
            "optimizer": serialize(self.optimizer),
            "parts": {name: serialize(part) for name, part in self.parts.items()},
            "ratios": list(self.ratios),
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: dict[str, Any] | None = None) -> Self:
        """Returns the optimizer that ``get_config`` describes."""

        def deserialize(one):
            return keras.optimizers.deserialize(one, custom_objects)

        parts = {name: deserialize(part) for name, part in config["parts"].items()}
        made = cls(deserialize(config["optimizer"]), parts, config["name"])
        made.ratios = config["ratios"]  # from rates that were set and rounded, they would drift
        return made


def check_optimizers(optimizers: Sequence[keras.optimizers.Optimizer]) -> None:
    """Raises ``ValueError`` unless each optimizer can train a part of its own."""
    if len(set(map(id, optimizers))) < len(optimizers):
        raise ValueError("Two parts have the same optimizer: create one for each part.")
    for one in optimizers:
        if one.built:
            raise ValueError(
                f"The optimizer {one.name!r} has trained other variables before. Create a new one."
            )
        scales = isinstance(one, keras.optimizers.LossScaleOptimizer)
        if scales or one.loss_scale_factor is not None:
            raise ValueError(
                f"The optimizer {one.name!r} of a part can't scale the loss, which is one for all "
                "parts: leave that to the GAN, or write LossScaleOptimizer(ByPart(...))."
            )


def ratio_of_rates(
    part: keras.optimizers.Optimizer, whole: keras.optimizers.Optimizer
) -> float | None:
    """Returns how many times faster a part learns, None where a schedule or 0 leaves it open."""
    rates = [one.get_config().get("learning_rate") for one in (part, whole)]
    if all(isinstance(rate, float) for rate in rates) and rates[1]:
        return rates[0] / rates[1]
    return None


class Optimizers:
    """All optimizers, read-only, for what Keras's callbacks ask of ``model.optimizer``.

    The generator's comes first: its iterations are the number of training steps.

    Args:
        optimizers: those of the phases by name.
    """

    def __init__(self, optimizers: Mapping[str, keras.optimizers.Optimizer]):
        last_the_discriminator = sorted(optimizers, key=lambda name: name == "discriminator")
        self.optimizers = tuple(optimizers[name] for name in last_the_discriminator)
        self.built = True

    @property
    def variables(self) -> list[keras.Variable]:
        """The state of all: slots, iterations, learning rates."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    @property
    def iterations(self) -> keras.Variable:
        """The number of training steps: updates of the generator."""
        return self.optimizers[0].iterations


def dcgan_adam() -> keras.optimizers.Optimizer:
    """Returns the optimizer of DCGAN and of many papers since.

    Radford et al. 2015, arXiv:1511.06434, section 4.
    """
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


def copy_of(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Returns a new optimizer of the same settings."""
    return type(optimizer).from_config(optimizer.get_config())


def portable(config: Any) -> Any:
    """Returns a serialized configuration in which optimizers belong to no backend.

    Keras writes of its PyTorch backend's own kinds, which other backends can't import.
    """
    if isinstance(config, list | tuple):
        return [portable(part) for part in config]
    if not isinstance(config, dict):
        return config
    config = {name: portable(part) for name, part in config.items()}
    of_backend = str(config.get("module")).startswith("keras.src.backend.")
    if of_backend and hasattr(keras.optimizers, config["class_name"]):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config


def choose_optimizers(
    names: Iterable[str],
    own: Mapping[str, str | keras.optimizers.Optimizer | None],
    further: Mapping[str, str | keras.optimizers.Optimizer],
    default: Callable[[], keras.optimizers.Optimizer],
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns an optimizer for each phase by name, made by ``default`` where None is given.

    Args:
        names: of the phases.
        own: those that ``compile`` has arguments for, by name.
        further: those of its argument ``optimizers``.
        default: makes an optimizer.

    Raises:
        ValueError: an optimizer for a phase that is not there, one for two phases, or two for one.
    """
    names, given = list(names), dict(own) | dict(further)
    for name in further:
        if own.get(name) is not None:
            raise ValueError(
                f"{name}_optimizer and optimizers[{name!r}] are both given: leave one out."
            )
    for name in given:
        if name not in names:
            raise ValueError(
                f"There is no phase {name!r} to give an optimizer, there are {names}."
                + did_you_mean(name, names)
            )
    chosen = {
        name: default() if given.get(name) is None else keras.optimizers.get(given[name])
        for name in names
    }
    owners: dict[int, str] = {}
    for name, optimizer in chosen.items():
        owner = owners.setdefault(id(optimizer), name)
        if owner != name:
            raise ValueError(
                f"{owner}_optimizer and {name}_optimizer are the same object. Create one optimizer "
                "for each network."
            )
    return chosen
