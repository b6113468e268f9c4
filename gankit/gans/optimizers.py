"""Two optimizers in the place where Keras expects one."""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

from gankit.typing import Tensor


class OptimizerPair:
    """Both optimizers, read-only, for what Keras's callbacks ask of ``model.optimizer``."""

    def __init__(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
    ):
        self.optimizers = (generator_optimizer, discriminator_optimizer)
        self.built = True

    @property
    def variables(self) -> list[keras.Variable]:
        """The state of both: slots, iterations, learning rates."""
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


def prepare_optimizers(
    generator_optimizer: str | keras.optimizers.Optimizer | None,
    discriminator_optimizer: str | keras.optimizers.Optimizer | None,
    default: Callable[[], keras.optimizers.Optimizer],
) -> list[keras.optimizers.Optimizer]:
    """Returns both optimizers, made by ``default`` where None, and named after what they train."""
    pair = [
        keras.optimizers.get(optimizer) if optimizer is not None else default()
        for optimizer in (generator_optimizer, discriminator_optimizer)
    ]
    if pair[0] is pair[1]:
        raise ValueError(
            "generator_optimizer and discriminator_optimizer are one object, whose state can't "
            "serve two networks. Make two."
        )
    # Keras logs learning rates under these names: learning_rate_generator tells more than _adam_1.
    pair[0].name, pair[1].name = "generator", "discriminator"
    return pair


def build_optimizer(
    optimizer: keras.optimizers.Optimizer, variables: list[keras.Variable], float16: bool
) -> keras.optimizers.Optimizer:
    """Returns the optimizer with its slots, wrapped to scale the loss where float16 needs that."""
    if float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name=optimizer.name)
    # Now rather than at the first step: slots that don't exist yet can't be loaded.
    if not optimizer.built:
        optimizer.build(variables)
    elif {id(known) for known in optimizer._trainable_variables} != set(map(id, variables)):
        raise ValueError(
            f"The {optimizer.name}'s optimizer has trained other variables before. Make a new one "
            "for each GAN, and after layers were frozen or thawed."
        )
    return optimizer


def apply_gradients(
    optimizer: keras.optimizers.Optimizer,
    gradients: list[Tensor],
    variables: list[keras.Variable],
    when: Tensor | None = None,
) -> None:
    """Updates ``variables``; where the boolean scalar ``when`` is false, changes nothing.

    A condition around an update is legal only outside of the replicas, where the decision is one
    for all; ``LossScaleOptimizer`` of Keras skips updates in the same way.
    """
    if when is None:
        optimizer.apply(gradients, variables)
        return

    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        ops.cond(when, lambda: optimizer.apply(gradients, variables), lambda: None)
    else:
        tf.distribute.get_replica_context().merge_call(
            apply_in_all_replicas, args=(optimizer, gradients, variables, when)
        )


def apply_in_all_replicas(
    strategy: tf.distribute.Strategy,
    optimizer: keras.optimizers.Optimizer,
    gradients: list[Tensor],
    variables: list[keras.Variable],
    when: Tensor,
) -> None:
    """Updates all replicas' variables if ``when``, which each of them computed alike, is true."""

    def update():
        strategy.extended.call_for_each_replica(optimizer.apply, args=(gradients, variables))

    decision = strategy.experimental_local_results(when)[0]
    ops.cond(decision, update, lambda: None)
