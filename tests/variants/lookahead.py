import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class LookaheadGAN(gankit.GAN):
    """Every k steps both players go back a part of their way, which stops them from circling.

    Args:
        generator: as in ``GAN``.
        discriminator: as in ``GAN``.
        every: k, in steps.
        part: alpha, how much of the way since the last time is kept.
        **kwargs: as in ``GAN``.

    References:
        Chavdarova et al. 2020, "Taming GANs with Lookahead-Minmax", arXiv:2006.14567, algorithm 1.
    """

    def __init__(self, generator, discriminator, every=5, part=0.5, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.every, self.part = every, part
        self.fast = generator.trainable_variables + discriminator.trainable_variables
        self.slow = [
            self.add_weight(
                shape=variable.shape,
                initializer=lambda shape, dtype, variable=variable: ops.copy(variable.value),
                trainable=False,
                aggregation="only_first_replica",
            )
            for variable in self.fast
        ]

    def after_step(self, real, fake):
        due = ops.equal((self.steps_completed + 1) % self.every, 0)
        for slow, fast in zip(self.slow, self.fast, strict=True):
            slow.assign(ops.where(due, slow + self.part * (fast - slow), slow))
            fast.assign(ops.where(due, slow, fast))
        super().after_step(real, fake)
