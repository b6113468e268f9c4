"""PyTorch: graphs of tensors that require gradients."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import torch
from keras import ops

from gankit.backends.one_replica import add as add
from gankit.backends.one_replica import assert_divisible as assert_divisible
from gankit.backends.one_replica import num_replicas as num_replicas
from gankit.backends.one_replica import replica_id as replica_id
from gankit.backends.one_replica import several_workers as several_workers
from gankit.backends.scope import Scope, assign
from gankit.backends.structures import float_tensors, map_float_tensors, sum_of
from gankit.typing import PathLike, Structure, Tensor

USES_TF_DATA = False
SUM_DTYPE = "float64"


def record(
    function: Callable[[], Structure], variables: Sequence[keras.Variable]
) -> tuple[Structure, Callable[..., list[Tensor | None]]]:
    """Runs on copies of the variables' values: updates in place before the way back do no harm."""
    leaves = {id(v): v.value.detach().clone().requires_grad_() for v in variables}
    with torch.enable_grad(), Scope((v, leaves[id(v)]) for v in variables) as scope:
        made = function()
    assign(scope.changes())
    outputs = float_tensors(made)

    def pull_back(gradients, some):
        known = [
            pair
            for pair in zip(outputs, gradients, strict=True)
            if pair[1] is not None and pair[0].requires_grad
        ]
        if not known:
            return [None] * len(some)
        targets, cotangents = zip(*known, strict=True)
        return list(
            torch.autograd.grad(
                targets,
                [leaves[id(v)] for v in some],
                cotangents,
                retain_graph=True,
                allow_unused=True,
            )
        )

    return detached(made), pull_back


def value_and_gradients(
    function: Callable[..., tuple[Tensor, Any]],
    variables: Sequence[keras.Variable],
    inputs: Sequence[Tensor] = (),
) -> tuple[Any, list[Tensor | None], list[Tensor | None]]:
    """Runs on inputs that require gradients, as variables do."""
    inputs = [one.detach().requires_grad_() for one in inputs]
    sources = [v.value for v in variables] + inputs
    with torch.enable_grad():
        value, kept = function(*inputs)
    gradients = [None] * len(sources)
    if value.requires_grad:
        gradients = list(torch.autograd.grad(value, sources, allow_unused=True))
    return detached(kept), gradients[: len(variables)], gradients[len(variables) :]


def gradient_by_inputs(function: Callable[[Structure], Structure], inputs: Structure) -> Structure:
    """Makes a graph of the gradient, too."""
    parts = [
        one if one.requires_grad else one.detach().requires_grad_()
        for one in map(ops.convert_to_tensor, keras.tree.flatten(inputs))
    ]
    with torch.enable_grad():
        total = sum_of(function(keras.tree.pack_sequence_as(inputs, parts)))
        gradients = torch.autograd.grad(total, parts, create_graph=True)
    return keras.tree.pack_sequence_as(inputs, gradients)


def detached(structure: Structure) -> Structure:
    """Returns a nested structure without the graph that made it."""
    return map_float_tensors(lambda one: one.detach(), structure)


def scalar_if(when: Tensor, function: Callable[[], Tensor]) -> Tensor:
    """Branches in Python."""
    return function() if when else ops.zeros(())


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Tensor | None],
    variables: Sequence[keras.Variable],
    when: Tensor | None = None,
) -> None:
    """Updates in place."""
    if when is None or when:
        with torch.no_grad():
            optimizer.apply(gradients, variables)


@contextlib.contextmanager
def seeded(seed: keras.random.SeedGenerator) -> Iterator[None]:
    """Seeds PyTorch's own generators, by which Keras drops out, and puts them back."""
    first, second = ops.convert_to_numpy(seed.next()).tolist()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed((first << 32) + second)
        yield


def call_step(
    model: keras.Model, step: Callable[[Structure], Structure], data: Structure
) -> Structure:
    """Runs a step, in which only what differentiates makes graphs."""
    with torch.no_grad():
        return step(data)


def read_or_train(model: Any, train: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a function of a batch, in a list."""

    def run(batches):
        if model.position.pass_by(1):
            return model.get_metrics_result()
        logs = train(batches)
        model.position.count(1)
        return logs

    return run


def compile_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Leaves it as it is."""
    return function


def keep_compiled(folder: PathLike) -> None:
    """Has nothing to keep."""


def on_gpu() -> bool:
    """Asks where Keras puts a new tensor."""
    return ops.zeros(()).device.type != "cpu"


def attributes(model: keras.Model) -> dict[str, Any]:
    """Returns what Python keeps, and the modules, which PyTorch keeps elsewhere."""
    return vars(model) | dict(model.named_children())


def writes_files(model: keras.Model) -> bool:
    """Asks which of the processes this one is."""
    there = torch.distributed.is_available() and torch.distributed.is_initialized()
    return not there or torch.distributed.get_rank() == 0
