"""Random streams that differ between replicas and can be resumed."""

import contextlib
import random
from collections.abc import Iterator

import keras
import numpy as np
from keras import ops

from gankit import differentiation
from gankit.checks import check_seed
from gankit.typing import Seed, Structure, Tensor

REPLICA_STRIDE = 0x9E3779B97F4A7C  # any large number keeps the replicas' seeds apart
LARGEST_SEED = 2**31 - 1  # that Keras takes on every backend


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A seed generator whose numbers also depend on the replica that asks.

    ``keras.random`` with a plain ``SeedGenerator`` gives every replica of a ``tf.distribute``
    strategy the same numbers: two devices would train on the same latents. On the first replica,
    and without a strategy, this one is a plain ``SeedGenerator``.

    Examples:
        >>> seed = gankit.training.random.ReplicaSeedGenerator(0)
        >>> ops.shape(keras.random.normal((2, 3), seed=seed))
        (2, 3)
    """

    def next(self, ordered: bool = True) -> Tensor:
        """Returns a new seed, int64 of shape ``(2,)``, and moves on."""
        seed = super().next(ordered=ordered)
        replica = differentiation.replica_id()
        if replica is None:
            return seed
        replica = ops.cast(replica, seed.dtype)
        return seed + replica * ops.convert_to_tensor([REPLICA_STRIDE, 0], dtype=seed.dtype)


def make_seed_generators(seed: int | None, number: int) -> list[ReplicaSeedGenerator]:
    """Returns generators of independent streams that all follow from one seed.

    With ``seed=None`` they follow from Python's random state, as layers of Keras do, so that
    ``keras.utils.set_random_seed`` covers them.
    """
    root = random.randrange(2**31) if seed is None else seed
    words = np.random.SeedSequence(root).generate_state(number)
    return [ReplicaSeedGenerator(int(word) & LARGEST_SEED) for word in words]


def choose_stream(
    seed: int | None, default: keras.random.SeedGenerator
) -> keras.random.SeedGenerator:
    """Returns a new stream of random numbers that follows from ``seed``, or ``default`` for None.

    Raises:
        TypeError, ValueError: a seed that is no integer from 0 on.
    """
    if seed is None:
        return default
    check_seed(seed)
    seed = int(seed) if seed <= LARGEST_SEED else derive_seed(int(seed), 0)
    # TensorFlow keeps some 30 kB for each name that a variable has ever had.
    return keras.random.SeedGenerator(seed, name="stream")


def derive_seed(seed: int, number: int) -> int:
    """Returns a seed for a numbered part of something that has a seed.

    ``seed + number`` would give it to parts of what has a neighbouring seed, too.
    """
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0]) & LARGEST_SEED


def seed_of_part(seed: Seed, place: int) -> Seed:
    """Returns where the numbers of a part come from, so that no two parts draw the same.

    A stream moves on by itself; the first part has an integer seed as it is.
    """
    return derive_seed(int(seed), place) if place and isinstance(seed, int | np.integer) else seed


def find_seed_states(layer: keras.Layer) -> list[keras.Variable]:
    """Returns the states of all seed generators of a layer and those below, each once, in order."""
    weights = {id(variable) for variable in layer.weights}
    states = {id(state): state for state in layer.variables if id(state) not in weights}
    return list(states.values())


@contextlib.contextmanager
def reseeded(layer: keras.Layer, stream: keras.random.SeedGenerator) -> Iterator[None]:
    """Has what a layer and those below draw by themselves follow from a stream, for a while."""
    before = [(state, ops.convert_to_numpy(state)) for state in find_seed_states(layer)]
    for state, _ in before:
        state.assign(stream.next())
    try:
        yield
    finally:
        for state, value in before:
            state.assign(value)


def call_seeded(
    layer: keras.Layer, inputs: Structure, seed: keras.random.SeedGenerator
) -> Structure:
    """Returns a layer's outputs in training mode, whose random numbers follow from ``seed``."""
    for state in find_seed_states(layer):
        state.assign(seed.next())
    return keras.tree.map_structure(lambda tensor: layer(tensor, training=True), inputs)
