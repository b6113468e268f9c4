"""Three verbs that differentiate, and the rest of what depends on the backend of Keras.

The training step, penalties and searches are written in ``keras.ops`` and in these verbs, so that
no other file opens a gradient tape or asks on how many devices it runs.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras
import tensorflow as tf
from keras import ops

from gankit.typing import Structure, Tensor

#: From the gradients by what was made, in the order of ``float_tensors``, and some of the
#: variables, to the gradients by these.
PullBack: TypeAlias = Callable[
    [Sequence[Tensor | None], Sequence[keras.Variable]], list[Tensor | None]
]


def record(
    function: Callable[[], Structure], variables: Sequence[keras.Variable]
) -> tuple[Structure, PullBack]:
    """Runs a function now, to differentiate it later.

    Args:
        function: takes nothing, and returns a nested structure of tensors.
        variables: what to differentiate by.

    Returns:
        What ``function`` returned, and a function from the gradients of some scalar by the float
        tensors in it (see ``float_tensors``), and any of ``variables``, to the gradients of that
        scalar by these. It may be called several times. A gradient that does not exist is None.
    """
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
    """Differentiates a function now.

    Args:
        function: takes ``inputs``, and returns a scalar and whatever else is to be kept.
        variables: what to differentiate by.
        inputs: float tensors to differentiate by, too.

    Returns:
        What else the function returned, the scalar's gradients by ``variables``, and those by
        ``inputs``. A gradient that does not exist is None.
    """
    with tf.GradientTape() as tape:
        for tensor in inputs:
            tape.watch(tensor)
        value, kept = function(*inputs)
    by_variables, by_inputs = tape.gradient(value, [[v.value for v in variables], list(inputs)])
    return kept, by_variables, by_inputs


def gradient_by_inputs(function: Callable[[Structure], Structure], inputs: Structure) -> Structure:
    """Returns the gradient of a function, which can be differentiated again.

    Args:
        function: takes ``inputs``, and returns a tensor or a nested structure of tensors, the sum
            of all of whose values is differentiated.
        inputs: a float tensor, or a nested structure of them.

    Returns:
        Tensors in the structure of ``inputs``.
    """
    with tf.GradientTape() as tape:
        keras.tree.map_structure(tape.watch, inputs)
        total = sum(ops.sum(part) for part in keras.tree.flatten(function(inputs)))
    return tape.gradient(total, inputs)


def float_tensors(structure: Structure) -> list[Tensor]:
    """Returns the float tensors of a nested structure, each once: what can be differentiated."""
    tensors = {id(leaf): leaf for leaf in keras.tree.flatten(structure) if is_float(leaf)}
    return list(tensors.values())


def replace_float_tensors(structure: Structure, tensors: Sequence[Tensor]) -> Structure:
    """Returns a nested structure with other float tensors, in the order of ``float_tensors``."""
    others = dict(zip(map(id, float_tensors(structure)), tensors, strict=True))
    return keras.tree.map_structure(lambda leaf: others.get(id(leaf), leaf), structure)


def is_float(tensor: Any) -> bool:
    """Returns whether a leaf of a structure is a tensor of floats."""
    return hasattr(tensor, "dtype") and keras.backend.is_float_dtype(
        keras.backend.standardize_dtype(tensor.dtype)
    )


def num_replicas() -> int:
    """Returns on how many devices the step runs, each on its part of the batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_id() -> Tensor | None:
    """Returns the number of the device that asks, None outside of a step on devices."""
    context = tf.distribute.get_replica_context()
    return None if context is None else context.replica_id_in_sync_group


def several_workers() -> bool:
    """Returns whether the step runs in several processes at once."""
    return isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy)


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Tensor | None],
    variables: Sequence[keras.Variable],
    when: Tensor | None = None,
) -> None:
    """Updates ``variables``; where the boolean scalar ``when`` is false, changes nothing.

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


def assert_divisible(number: Tensor, divisor: int, message: str) -> None:
    """Has the step fail unless ``divisor`` divides a number that only the step knows."""
    tf.debugging.assert_equal(number % divisor, 0, message)


def compile_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function of tensors that runs as one graph."""
    return tf.function(function)
