"""Differentiation, and everything else that depends on Keras's backend.

The training step, penalties and searches are written in ``keras.ops`` and in these verbs, so that
no other file opens a gradient tape, or asks which backend runs or on how many devices.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import keras

from gankit.backends.scope import Scope, assign
from gankit.backends.structures import float_tensors, is_float, replace_float_tensors
from gankit.typing import PathLike, Structure, Tensor

__all__ = [
    "SUM_DTYPE",
    "add",
    "apply_gradients",
    "assert_divisible",
    "attributes",
    "call_step",
    "compile_function",
    "float_tensors",
    "gradient_by_inputs",
    "holds_data",
    "is_float",
    "keep_compiled",
    "num_replicas",
    "on_gpu",
    "read_or_train",
    "record",
    "replace_float_tensors",
    "replica_id",
    "scalar_if",
    "seeded",
    "several_workers",
    "substituted",
    "uses_tf_data",
    "value_and_gradients",
    "writes_files",
]

backend: Any = importlib.import_module(f"gankit.backends.{keras.backend.backend()}")

#: Of sums over an epoch. In float64 those of float32 values are exact, so that it doesn't matter
#: how they are spread over devices, or where a run was stopped; JAX has float32 only.
SUM_DTYPE: str = backend.SUM_DTYPE

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
        scalar by these. It may be called several times. A gradient that does not exist is None, or
        0 on JAX.

    Examples:
        >>> w = keras.Variable([2.0])
        >>> value, pull_back = gankit.differentiation.record(lambda: w * w, [w])
        >>> print(np.array(value))
        [4.]
        >>> print(np.array(pull_back([ops.ones(1)], [w])[0]))  # 2 w
        [4.]
    """
    return backend.record(function, variables)


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
        ``inputs``. A gradient that does not exist is None, or 0 on JAX.

    Examples:
        >>> w = keras.Variable([2.0])
        >>> cost = lambda x: (ops.sum(w * x), "kept")
        >>> kept, by_w, by_x = gankit.differentiation.value_and_gradients(
        ...     cost, [w], [ops.full((1,), 3.0)]
        ... )
        >>> kept, float(by_w[0][0]), float(by_x[0][0])  # x and w
        ('kept', 3.0, 2.0)
    """
    return backend.value_and_gradients(function, variables, inputs)


def gradient_by_inputs(function: Callable[[Structure], Structure], inputs: Structure) -> Structure:
    """Returns the gradient of a function, which can be differentiated again.

    Args:
        function: takes ``inputs``, and returns a tensor or a nested structure of tensors, the sum
            of all of whose values is differentiated.
        inputs: a float tensor, or a nested structure of them.

    Returns:
        Tensors in the structure of ``inputs``.

    Examples:
        >>> x = ops.convert_to_tensor([1.0, 2.0])
        >>> print(np.array(gankit.differentiation.gradient_by_inputs(lambda x: x**2, x)))  # 2 x
        [2. 4.]
    """
    return backend.gradient_by_inputs(function, inputs)


def scalar_if(when: Tensor, function: Callable[[], Tensor]) -> Tensor:
    """Returns what a function does, a float32 scalar, or 0 without calling it.

    Args:
        when: a boolean scalar.
        function: may read and assign variables; these don't change where ``when`` is false.

    Examples:
        >>> term = gankit.differentiation.scalar_if(
        ...     ops.convert_to_tensor(False), lambda: ops.ones(())
        ... )
        >>> float(term)
        0.0
    """
    return backend.scalar_if(when, function)


@contextlib.contextmanager
def substituted(values: Iterable[tuple[keras.Variable, Tensor]]) -> Iterator[None]:
    """Gives variables other values for a while; all that is assigned to others stays.

    Args:
        values: pairs of a variable and its value.

    Examples:
        >>> w = keras.Variable([2.0])
        >>> with gankit.differentiation.substituted([(w, ops.zeros(1))]):
        ...     inside = float(ops.sum(w))
        ...
        >>> inside, float(ops.sum(w))
        (0.0, 2.0)
    """
    with Scope(values) as scope:
        yield
    assign(scope.changes())


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Tensor | None],
    variables: Sequence[keras.Variable],
    when: Tensor | None = None,
) -> None:
    """Updates ``variables``; where the boolean scalar ``when`` is false, changes nothing.

    Args:
        optimizer: a Keras optimizer that was built for ``variables``.
        gradients: one for each variable, None where it has none.
        variables: what to update.
        when: a boolean scalar; None always updates.

    Examples:
        >>> w = keras.Variable([2.0])
        >>> optimizer = keras.optimizers.SGD(0.5)
        >>> optimizer.build([w])
        >>> gankit.differentiation.apply_gradients(optimizer, [ops.ones(1)], [w])
        >>> float(w[0])
        1.5
    """
    backend.apply_gradients(optimizer, gradients, variables, when)


def add(one: Tensor, other: Tensor) -> Tensor:
    """Returns the sum of two gradients by one variable."""
    return backend.add(one, other)


def seeded(seed: keras.random.SeedGenerator) -> contextlib.AbstractContextManager[None]:
    """Has random numbers that Keras leaves to the backend follow from a seed, for a while."""
    return backend.seeded(seed)


def call_step(model: keras.Model, step: Callable[[Structure], Structure], given: Any) -> Any:
    """Returns what Keras expects of ``train_step`` or ``test_step``.

    Args:
        model: whose variables change.
        step: takes a batch of data, and returns what to log.
        given: the arguments that Keras of this backend calls steps with.
    """
    return backend.call_step(model, step, *given)


def read_or_train(model: Any, train: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a training function that only reads batches which ``model.position`` passes by.

    Args:
        model: a GAN.
        train: the function that Keras has made, which trains on batches; their steps are counted.
    """
    return backend.read_or_train(model, train)


def compile_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function of tensors that runs as one graph, where the backend has graphs."""
    return backend.compile_function(function)


def keep_compiled(folder: PathLike) -> None:
    """Keeps compiled steps in a folder, so that the next process need not compile them again.

    JAX compiles a step for seconds to a minute. The other backends have nothing to keep.
    """
    backend.keep_compiled(folder)


def uses_tf_data() -> bool:
    """Returns whether this backend trains best from ``tf.data``."""
    return backend.USES_TF_DATA


def on_gpu() -> bool:
    """Returns whether a GPU computes."""
    return backend.on_gpu()


def holds_data() -> bool:
    """Returns whether data are better kept on the device: a GPU, and no more than one."""
    return on_gpu() and keras.distribution.distribution() is None


def attributes(model: keras.Model) -> dict[str, Any]:
    """Returns a model's attributes by name, layers and networks among them."""
    return backend.attributes(model)


def num_replicas() -> int:
    """Returns on how many devices the step runs, each on its part of the batch."""
    return backend.num_replicas()


def replica_id() -> Tensor | None:
    """Returns the number of the device that asks, None outside of a step on devices."""
    return backend.replica_id()


def several_workers(model: keras.Model) -> bool:
    """Returns whether the model's steps run in several processes at once."""
    return backend.several_workers(model)


def writes_files(model: keras.Model) -> bool:
    """Returns whether this process writes files: of several workers only the first one does."""
    return backend.writes_files(model)


def assert_divisible(number: Tensor, divisor: int, message: str) -> None:
    """Has the step fail unless ``divisor`` divides a number that only the step knows."""
    backend.assert_divisible(number, divisor, message)
