import keras
from keras import ops

import gankit


@keras.saving.register_keras_serializable(package="tests")
class VAEGAN(gankit.GAN):
    """A VAE whose likelihood is that of the discriminator's features.

    Encoder, decoder (the generator) and discriminator are three phases, each with its own sum
    (Larsen et al. 2015, arXiv:1512.09300, algorithm 1). ``discriminator`` has a second output, the
    features; ``encoder`` has two, the posterior's mean and log-variance; ``gamma`` weights.
    """

    def __init__(self, generator, discriminator, encoder, gamma=0.1, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.encoder, self.gamma = encoder, gamma

    def sides(self):
        return super().sides() | {"encoder": [self.encoder]}

    def make(self, real):
        real, fake = super().make(real)
        mean, log_var = self.run(self.encoder, real.images)
        noise = keras.random.normal(ops.shape(mean), seed=self.training_seed)
        again = self.run(self.generator, mean + ops.exp(log_var / 2) * noise)
        return real._replace(extra={"mean": mean, "log_var": log_var, "again": again}), fake

    def discriminator_losses(self, real, fake):
        again = gankit.Batch(real.extra["again"], scores=self.score(real.extra["again"]))
        cost = super().discriminator_losses(real, again)["adversarial"]
        return super().discriminator_losses(real, fake) | {"again": cost}

    def distance(self, real):
        again = self.discriminate(gankit.Batch(real.extra["again"])).heads[0]
        return ops.mean(ops.square(again - self.discriminate(real).heads[0]))

    def generator_losses(self, real, fake):
        return super().generator_losses(real, fake) | {"distance": self.gamma * self.distance(real)}

    def encoder_losses(self, real, fake):
        mean, log_var = real.extra["mean"], real.extra["log_var"]
        divergence = ops.sum(ops.square(mean) + ops.exp(log_var) - 1.0 - log_var, axis=-1) / 2
        return {"prior": ops.mean(divergence), "distance": self.distance(real)}
