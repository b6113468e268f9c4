"""A phase: networks that are trained together, their optimizer and their terms."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import keras
from keras import ops

from gankit import differentiation
from gankit.training.optimizers import ByPart
from gankit.typing import Scalars, Tensor


class Phase:
    """What is trained together: some networks, one optimizer, and the terms of their loss.

    Args:
        name: of the phase, e.g. ``"generator"``: the GAN's ``<name>_losses`` are its terms.
        networks: whose variables it trains, and whose weight decay is a term of it.
        optimizer: a Keras optimizer, built here, and wrapped where float16 needs a scaled loss.
        scale_loss: whether float16 may have that.
        former: the phase of this name before; its optimizer may continue with the same variables.

    Raises:
        ValueError: nothing to train, or an optimizer that has trained other variables.

    Examples:
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> list(gan.phases)
        ['discriminator', 'generator']
        >>> gan.phases["generator"].networks == [gan.generator]
        True
    """

    def __init__(
        self,
        name: str,
        networks: Sequence[keras.Model],
        optimizer: keras.optimizers.Optimizer,
        scale_loss: bool = True,
        former: "Phase | None" = None,
    ):
        self.name = name
        self.optimizer: keras.optimizers.Optimizer
        self.networks = list(networks)
        self.variables = trainable_variables(networks)
        if not self.variables:
            raise ValueError(
                f"The {name} has no trainable variables. gankit keeps the phases apart by itself: "
                f"leave {name}.trainable = True."
            )
        # Keras logs learning rates under this name: learning_rate_generator tells more than _adam.
        optimizer.name = name
        if former is not None and former.has(optimizer) and self.trains_what(former):
            self.optimizer = former.optimizer
        else:
            name_layers(optimizer, networks)
            float16 = scale_loss and computes_in_float16(networks)
            self.optimizer = build_optimizer(optimizer, self.variables, float16)

    def recall(self, former: "Phase") -> None:
        """Takes over what a former phase's optimizer, of the same kind, remembers.

        That is where it stands, and its slots of the variables that both train.
        """
        known = by_name(former.optimizer.variables)
        staying = set(map(id, former.variables))
        new = [slot_prefix(one) for one in self.variables if id(one) not in staying]
        for (name, number), variable in by_name(self.optimizer.variables).items():
            if (name, number) in known and not any(name.startswith(prefix) for prefix in new):
                variable.assign(known[name, number])

    def has(self, optimizer: keras.optimizers.Optimizer) -> bool:
        """Returns whether the phase trains by an optimizer, wrapped for float16 or not."""
        inner = getattr(self.optimizer, "inner_optimizer", None)
        return optimizer is self.optimizer or optimizer is inner

    def trains_what(self, other: "Phase") -> bool:
        """Returns whether two phases train the same variables."""
        return list(map(id, self.variables)) == list(map(id, other.variables))

    def objective(self, terms: Scalars) -> Tensor:
        """Returns the scalar to differentiate: the sum of the terms.

        Divided by the number of replicas, whose gradients Keras sums, and scaled for float16.
        """
        return self.optimizer.scale_loss(sum(terms.values()) / differentiation.num_replicas())

    def terms(self, losses: Scalars, penalties: Scalars) -> Scalars:
        """Returns all terms of the phase's loss, weight decay too.

        Raises:
            TypeError: the losses have no names.
        """
        if not isinstance(losses, dict):
            raise TypeError(
                f"{self.name}_losses must return a dict of named scalars, {{'name': ...}}, got "
                f"{losses!r}."
            )
        return losses | penalties | self.regularization()

    def regularization(self) -> Scalars:
        """Returns the networks' weight decay as a named term, if there is any."""
        decay = [
            variable.regularizer(variable)
            for variable in self.variables
            if variable.regularizer is not None
        ]
        if sum(len(network.losses) for network in self.networks) > len(decay):
            raise ValueError(
                "A network has losses of its own other than weight decay, from add_loss or an "
                "activity regularizer. Keras keeps those of a network's last call only, and a GAN "
                f"calls it several times: return them as a term of {self.name}_losses."
            )
        return {"regularization": sum(decay)} if decay else {}

    def lazily(self, every: int, cost: Callable[[], Tensor]) -> Tensor:
        """Returns ``cost()`` times ``every`` in one of ``every`` updates, and else 0.

        Lazy regularization (Karras et al. 2019, arXiv:1912.04958, appendix B).
        """
        if every == 1:
            return cost()
        now = ops.equal(self.optimizer.iterations % every, 0)
        return differentiation.scalar_if(now, lambda: cost() * every)

    def update(self, gradients: Sequence[Tensor | None], when: Tensor | None = None) -> None:
        """Changes the networks: the only place where what learns is changed.

        Args:
            gradients: by ``variables``, in their order.
            when: a boolean scalar, the same on all replicas; where it is false, nothing changes.
        """
        differentiation.apply_gradients(self.optimizer, gradients, self.variables, when)


def build_optimizer(
    optimizer: keras.optimizers.Optimizer, variables: list[keras.Variable], float16: bool
) -> keras.optimizers.Optimizer:
    """Returns the optimizer with its slots, wrapped to scale the loss where float16 needs that."""
    if optimizer.built:
        raise ValueError(
            f"The {optimizer.name}'s optimizer has trained other variables before. Create a new "
            "one for each GAN, and after layers were frozen or unfrozen."
        )
    if float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name=optimizer.name)
    # Now rather than at the first step: slots that don't exist yet can't be loaded.
    optimizer.build(variables)
    return optimizer


def name_layers(optimizer: keras.optimizers.Optimizer, networks: Sequence[keras.Model]) -> None:
    """Tells an optimizer of parts, if there is one, which layers hold each variable."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if not isinstance(inner, ByPart):
        return
    names: dict[int, list[str]] = {}
    for network in networks:
        for layer in all_layers(network):
            for variable in layer.trainable_variables:
                names.setdefault(id(variable), []).append(layer.name)
    inner.layers_of = lambda variable: names.get(id(variable), [])


def by_name(slots: Sequence[keras.Variable]) -> dict[tuple[str, int], keras.Variable]:
    """Returns an optimizer's variables by name, and by number among those of the same name.

    Optimizers within an optimizer have a learning rate and a count of iterations each.
    """
    seen: Counter[str] = Counter()
    named = {}
    for slot in slots:
        name = slot.path.split("/")[-1]
        named[name, seen[name]] = slot
        seen[name] += 1
    return named


def slot_prefix(variable: keras.Variable) -> str:
    """Returns how the names of an optimizer's slots for a variable begin."""
    return variable.path.replace("/", "_") + "_"


def trainable_variables(networks: Sequence[keras.Model]) -> list[keras.Variable]:
    """Returns the trainable variables of all ``networks``."""
    return [variable for network in networks for variable in network.trainable_variables]


def check_side(gan: object, name: str, networks: object) -> None:
    """Raises ``TypeError`` unless a phase has a list of networks, and losses."""
    if not isinstance(networks, list | tuple):
        raise TypeError(
            f"sides() must return a list of networks for each phase, {{{name!r}: [network]}}, got "
            f"an instance of {type(networks).__name__}."
        )
    if not hasattr(gan, f"{name}_losses"):
        raise TypeError(
            f"The phase {name!r} of {type(gan).__name__} has no losses: define "
            f"{name}_losses(self, real, fake), which returns a dict of named scalars."
        )


def check_apart(phases: Sequence[Phase]) -> None:
    """Raises ``ValueError`` unless each variable is trained in one phase alone."""
    owners: dict[int, str] = {}
    for phase in phases:
        for variable in phase.variables:
            owner = owners.setdefault(id(variable), phase.name)
            if owner != phase.name:
                raise ValueError(
                    f"Both the {owner} and the {phase.name} would train {variable.path!r}: the "
                    "networks share a layer. Give each its own."
                )


def computes_in_float16(networks: Sequence[keras.Model]) -> bool:
    """Returns whether any layer of ``networks`` computes in float16, whose gradients underflow."""
    return any(
        layer.compute_dtype == "float16" for network in networks for layer in all_layers(network)
    )


def all_layers(layer: keras.Layer) -> Iterator[keras.Layer]:
    """Yields a layer and all below it, of nested models and wrappers too."""
    yield layer
    below = getattr(layer, "layers", None) or [getattr(layer, "layer", None)]
    for one in below:
        if isinstance(one, keras.Layer):
            yield from all_layers(one)


def add_gradients(
    one: Sequence[Tensor | None], other: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """Returns the sums of two lists of gradients, where None stands for no gradient."""
    return [
        b if a is None else a if b is None else differentiation.add(a, b)
        for a, b in zip(one, other, strict=True)
    ]
