"""Random numbers that differ between replicas and can be taken up where they stopped."""

import random

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gankit.checks import check_seed
from gankit.typing import Tensor

REPLICA_STRIDE = 0x9E3779B97F4A7C  # any large number keeps the replicas' seeds apart


class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A seed generator whose numbers also depend on the replica that asks.

    ``keras.random`` with a plain ``SeedGenerator`` gives every replica of a ``tf.distribute``
    strategy the same numbers: two devices would train on the same latents. On the first replica,
    and without a strategy, this one is a plain ``SeedGenerator``.
    """

    def next(self, ordered: bool = True) -> Tensor:
        """Returns a new seed, int64 of shape ``(2,)``, and moves on."""
        seed = super().next(ordered=ordered)
        context = tf.distribute.get_replica_context()
        if context is None:
            return seed
        replica = ops.cast(context.replica_id_in_sync_group, seed.dtype)
        return seed + replica * ops.convert_to_tensor([REPLICA_STRIDE, 0], dtype=seed.dtype)


def make_seed_generators(seed: int | None, number: int) -> list[ReplicaSeedGenerator]:
    """Returns generators of independent streams that all follow from one seed.

    With ``seed=None`` they follow from Python's random state, as layers of Keras do, so that
    ``keras.utils.set_random_seed`` covers them.
    """
    root = random.randrange(2**31) if seed is None else seed
    words = np.random.SeedSequence(root).generate_state(number)
    return [ReplicaSeedGenerator(int(word)) for word in words]


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
    return keras.random.SeedGenerator(int(seed))


def derive_seed(seed: int, number: int) -> int:
    """Returns a seed for a numbered part of something that has a seed.

    ``seed + number`` would give it to parts of what has a neighbouring seed, too.
    """
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


def find_seed_states(layer: keras.Layer) -> list[keras.Variable]:
    """Returns the states of all seed generators of a layer and those below, each once, in order."""
    weights = {id(variable) for variable in layer.weights}
    states = {id(state): state for state in layer.variables if id(state) not in weights}
    return list(states.values())
