"""TensorFlow: gradient tapes, graphs, and distribution strategies."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from gankit.backends.structures import float_tensors, sum_of
from gankit.typing import PathLike, Structure, Tensor

USES_TF_DATA = True
SUM_DTYPE = "float64"


def record(
    function: Callable[[], Structure], variables: Sequence[keras.Variable]
) -> tuple[Structure, Callable[..., list[Tensor | None]]]:
    """Runs under a tape that can be asked several times."""
    with tf.GradientTape(persistent=True) as tape:
        made = function()
    outputs = float_tensors(made)

    def pull_back(gradients, some):
        known = [pair for pair in zip(outputs, gradients, strict=True) if pair[1] is not None]
        if not known:
            return [None] * len(some)
        targets, cotangents = zip(*known, strict=True)
        return tape.gradient(
            list(targets), [v.value for v in some], output_gradients=list(cotangents)
        )

    return made, pull_back


def value_and_gradients(
    function: Callable[..., tuple[Tensor, Any]],
    variables: Sequence[keras.Variable],
    inputs: Sequence[Tensor] = (),
) -> tuple[Any, list[Tensor | None], list[Tensor | None]]:
    """Runs under a tape that also watches the inputs."""
    with tf.GradientTape() as tape:
        for tensor in inputs:
            tape.watch(tensor)
        value, kept = function(*inputs)
    by_variables, by_inputs = tape.gradient(value, [[v.value for v in variables], list(inputs)])
    return kept, by_variables, by_inputs


def gradient_by_inputs(function: Callable[[Structure], Structure], inputs: Structure) -> Structure:
    """Runs under a tape; one around it differentiates again."""
    with tf.GradientTape() as tape, second_derivatives():
        keras.tree.map_structure(tape.watch, inputs)
        total = sum_of(function(inputs))
    return tape.gradient(total, inputs)


@contextlib.contextmanager
def second_derivatives() -> Iterator[None]:
    """Has normalization keep its second derivative for a while.

    Keras normalizes by ``tf.nn.moments``, where the mean within the variance is a constant. That is
    right once, as the variance is least at the mean, but not when the gradient is differentiated.
    """
    before, tf.nn.moments = tf.nn.moments, differentiable_moments
    try:
        yield
    finally:
        tf.nn.moments = before


def differentiable_moments(
    x: Tensor, axes: Sequence[int], keepdims: bool = False, **kwargs: Any
) -> tuple[Tensor, Tensor]:
    """Returns what ``tf.nn.moments`` does, the mean and the variance."""
    mean = tf.reduce_mean(x, axes, keepdims=keepdims)
    return mean, tf.math.reduce_variance(x, axes, keepdims=keepdims)


def scalar_if(when: Tensor, function: Callable[[], Tensor]) -> Tensor:
    """Branches within the graph."""
    return ops.cond(when, function, lambda: ops.zeros(()))


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Tensor | None],
    variables: Sequence[keras.Variable],
    when: Tensor | None = None,
) -> None:
    """Updates in place.

    A condition around an update is legal only outside of the replicas, where the decision is one
    for all; ``LossScaleOptimizer`` of Keras skips updates in the same way.
    """
    if when is None:
        optimizer.apply(gradients, variables)
    elif num_replicas() == 1:
        ops.cond(when, lambda: optimizer.apply(gradients, variables), lambda: None)
    else:
        tf.distribute.get_replica_context().merge_call(
            apply_in_all_replicas, args=(optimizer, gradients, variables, when)
        )


def apply_in_all_replicas(
    strategy: tf.distribute.Strategy,
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Tensor | None],
    variables: Sequence[keras.Variable],
    when: Tensor,
) -> None:
    """Updates all replicas' variables if ``when``, which each of them computed alike, is true."""

    def update():
        strategy.extended.call_for_each_replica(optimizer.apply, args=(gradients, variables))

    ops.cond(strategy.experimental_local_results(when)[0], update, lambda: None)


def add(one: Tensor, other: Tensor) -> Tensor:
    """Adds tensors: the gradient of an embedding is some of its rows only, and has no sum."""
    return tf.convert_to_tensor(one) + tf.convert_to_tensor(other)


def seeded(seed: keras.random.SeedGenerator) -> contextlib.AbstractContextManager[None]:
    """Has nothing to do: all that is random has a seed."""
    return contextlib.nullcontext()


def call_step(
    model: keras.Model, step: Callable[[Structure], Structure], data: Structure
) -> Structure:
    """Runs a step; variables change in place."""
    return step(data)


def read_or_train(model: Any, train: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a function of an iterator, which takes as many batches as it makes steps."""

    def run(iterator):
        behind = model.position.pass_by(model.steps_per_execution)
        for _ in range(behind):
            next(iterator)
        if behind:
            return model.get_metrics_result()
        try:
            return train(iterator)
        finally:  # the data may end within an execution of several steps
            completed = int(ops.convert_to_numpy(model.steps_completed))
            model.position.count(completed - model.position.steps)

    return run


def compile_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a graph of it."""
    return tf.function(function)


def keep_compiled(folder: PathLike) -> None:
    """Has nothing to keep."""


def on_gpu() -> bool:
    """Asks whether TensorFlow sees a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def attributes(model: keras.Model) -> dict[str, Any]:
    """Returns what Python keeps."""
    return vars(model)


def num_replicas() -> int:
    """Asks the strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_id() -> Tensor | None:
    """Asks the replica's context."""
    context = tf.distribute.get_replica_context()
    return None if context is None else context.replica_id_in_sync_group


def several_workers(model: keras.Model) -> bool:
    """Asks the strategy under which the model was made; a cluster may have one worker, too."""
    strategy = model.distribute_strategy
    several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return several and strategy.num_replicas_in_sync > 1


def writes_files(model: keras.Model) -> bool:
    """Asks the strategy under which the model was made."""
    resolver = model.distribute_strategy.cluster_resolver
    return resolver is None or not resolver.task_id


def assert_divisible(number: Tensor, divisor: int, message: str) -> None:
    """Adds an assertion to the graph, in which shapes may be open."""
    tf.debugging.assert_equal(number % divisor, 0, message)
