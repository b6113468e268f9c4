"""JAX: functions without side effects, whose variables' values come in and go out."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import keras
from keras import ops

from gankit.backends.one_replica import add as add
from gankit.backends.one_replica import assert_divisible as assert_divisible
from gankit.backends.one_replica import num_replicas as num_replicas
from gankit.backends.one_replica import replica_id as replica_id
from gankit.backends.one_replica import several_workers as several_workers
from gankit.backends.scope import Scope, assign
from gankit.backends.structures import float_tensors, sum_of
from gankit.typing import PathLike, Structure, Tensor

USES_TF_DATA = False
SUM_DTYPE = "float32"


class Pure:
    """A function without side effects, made of one that reads and assigns variables.

    Args:
        function: with side effects.
        variables: whose values the pure one takes as its first argument.

    Attributes:
        assigned: the variables that the last call assigned.
    """

    def __init__(self, function: Callable[..., Any], variables: Sequence[keras.Variable] = ()):
        self.function = function
        self.variables = list(variables)
        self.assigned: list[keras.Variable] = []

    def __call__(self, values: Sequence[Tensor], *inputs: Any) -> tuple[Any, list[Tensor]]:
        """Returns what the function returns, and the new values of what it assigned."""
        with Scope(zip(self.variables, values, strict=True)) as scope:
            result = self.function(*inputs)
        changes = scope.changes()
        self.assigned = [variable for variable, _ in changes]
        return result, [value for _, value in changes]

    def values(self) -> list[Tensor]:
        """Returns the present values of the variables."""
        return [variable.value for variable in self.variables]

    def assign(self, values: Sequence[Tensor]) -> None:
        """Assigns what the last call assigned."""
        assign(zip(self.assigned, values, strict=True))


def record(
    function: Callable[[], Structure], variables: Sequence[keras.Variable]
) -> tuple[Structure, Callable[..., list[Tensor | None]]]:
    """Linearizes a function of the variables' values."""
    pure = Pure(function, variables)

    def run(values):
        made, changed = pure(values)
        return float_tensors(made), (made, changed)

    outputs, pull, (made, changed) = jax.vjp(run, pure.values(), has_aux=True)
    pure.assign(changed)

    def pull_back(gradients, some):
        cotangents = [
            ops.zeros_like(output) if gradient is None else ops.cast(gradient, output.dtype)
            for output, gradient in zip(outputs, gradients, strict=True)
        ]
        by_variable = dict(zip(map(id, variables), pull(cotangents)[0], strict=True))
        return [by_variable[id(variable)] for variable in some]

    return made, pull_back


def value_and_gradients(
    function: Callable[..., tuple[Tensor, Any]],
    variables: Sequence[keras.Variable],
    inputs: Sequence[Tensor] = (),
) -> tuple[Any, list[Tensor | None], list[Tensor | None]]:
    """Differentiates a function of the variables' values and the inputs."""
    pure = Pure(function, variables)

    def run(values, inputs):
        (value, kept), changed = pure(values, *inputs)
        return value, (kept, changed)

    differentiate = jax.grad(run, argnums=(0, 1), has_aux=True)
    (by_variables, by_inputs), (kept, changed) = differentiate(pure.values(), list(inputs))
    pure.assign(changed)
    return kept, by_variables, by_inputs


def gradient_by_inputs(function: Callable[[Structure], Structure], inputs: Structure) -> Structure:
    """Differentiates within whatever differentiates around it."""
    pure = Pure(lambda parts: sum_of(function(keras.tree.pack_sequence_as(inputs, parts))))
    differentiate = jax.grad(lambda parts: pure([], parts), has_aux=True)
    gradients, changed = differentiate(keras.tree.flatten(inputs))
    pure.assign(changed)
    return keras.tree.pack_sequence_as(inputs, gradients)


def scalar_if(when: Tensor, function: Callable[[], Tensor]) -> Tensor:
    """Branches; what the function assigns keeps its value in the other branch."""
    pure = Pure(function)
    jax.eval_shape(lambda: pure([]))  # to learn what it assigns
    stay = [variable.value for variable in pure.assigned]
    value, changed = jax.lax.cond(when, lambda: pure([]), lambda: (ops.zeros(()), stay))
    pure.assign(changed)
    return value


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Tensor | None],
    variables: Sequence[keras.Variable],
    when: Tensor | None = None,
) -> None:
    """Computes new values, and assigns them or the old ones."""
    groups = [variables, optimizer.variables]
    values, slots = ([variable.value for variable in group] for group in groups)
    new = optimizer.stateless_apply(slots, list(gradients), values)
    if when is not None:
        new = jax.tree.map(lambda a, b: ops.where(when, a, b), list(new), [values, slots])
    assign(pairs(groups, new))


def seeded(seed: keras.random.SeedGenerator) -> contextlib.AbstractContextManager[None]:
    """Has nothing to do: all that is random has a seed."""
    return contextlib.nullcontext()


def call_step(
    model: keras.Model, step: Callable[[Structure], Structure], state: tuple[Any, ...], data: Any
) -> tuple[Structure, tuple[Any, ...]]:
    """Runs a step on the state that Keras hands in, and returns the new state beside the logs."""
    groups = variables_of(model, len(state))
    with Scope(pairs(groups, state)) as scope:
        logs = step(data)
    return logs, tuple([scope.get_current_value(one) for one in group] for group in groups)


def variables_of(model: keras.Model, number: int) -> list[list[keras.Variable]]:
    """Returns the groups of variables whose values Keras calls a state: four to train, or three."""
    groups = [model.trainable_variables, model.non_trainable_variables, model.metrics_variables]
    if number == 4:
        groups.insert(2, model.optimizer.variables)
    return groups


def pairs(
    groups: Sequence[Sequence[keras.Variable]], state: Sequence[Sequence[Tensor]]
) -> list[tuple[keras.Variable, Tensor]]:
    """Returns each variable with its value in a state."""
    return [
        pair
        for group, values in zip(groups, state, strict=True)
        for pair in zip(group, values, strict=True)
    ]


class Counted:
    """An iterator that knows how many batches it gave."""

    def __init__(self, batches: Iterator[Any]):
        self.batches = batches
        self.number = 0

    def __next__(self) -> Any:
        """Returns the next batch."""
        batch = next(self.batches)
        self.number += 1
        return batch


def read_or_train(model: Any, train: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a function of a state and an iterator."""

    def run(state, iterator):
        behind = model.position.pass_by(model.steps_per_execution)
        for _ in range(behind):
            next(iterator)
        if behind:
            with Scope(pairs(variables_of(model, len(state)), state)):
                return model.get_metrics_result(), state
        counted = Counted(iterator)
        try:
            return train(state, counted)
        finally:
            model.position.count(counted.number)

    return run


def compile_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles it once it is called, as a function of the variables that it looks at."""
    compiled: list[tuple[Pure, Any]] = []

    def run(*inputs):
        if not compiled:
            with Scope() as scope:
                jax.eval_shape(function, *inputs)
            pure = Pure(function, list(scope.known.values()))
            compiled.append((pure, jax.jit(pure)))
        pure, jitted = compiled[0]
        result, changed = jitted(pure.values(), *inputs)
        pure.assign(changed)
        return result

    return run


def keep_compiled(folder: PathLike) -> None:
    """Sets JAX's own cache, unless the user has."""
    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", str(folder))


def on_gpu() -> bool:
    """Asks what JAX computes on by default."""
    return jax.default_backend() != "cpu"


def attributes(model: keras.Model) -> dict[str, Any]:
    """Returns what Python keeps."""
    return vars(model)


def writes_files(model: keras.Model) -> bool:
    """Asks which of the processes this one is."""
    return jax.process_index() == 0
