import keras
from keras import ops

import gankit
from gankit.differentiation import gradient_by_inputs


@keras.saving.register_keras_serializable(package="tests")
class PathLengthGAN(gankit.GAN):
    """StyleGAN2's generator pays where a step in w moves the image more or less than elsewhere.

    Karras et al. 2019, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958,
    section 3.2. ``generator`` is made of two models, its layers "mapping" and "synthesis".
    """

    def __init__(self, generator, discriminator, weight=2.0, every=4, decay=0.01, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.weight, self.every, self.decay = weight, every, decay
        zero = {"shape": (), "initializer": "zeros", "trainable": False, "aggregation": "mean"}
        self.mean_length = self.add_weight(name="mean_length", **zero)

    def penalty_losses(self, phase, real, fake):
        terms = super().penalty_losses(phase, real, fake)
        if phase.name != "generator":
            return terms
        cost = phase.lazily(self.every, lambda: self.weight * self.path_length(fake))
        return terms | {"path_length": cost}

    def path_length(self, fake):
        synthesis = self.generator.get_layer("synthesis")
        w = self.run(self.generator.get_layer("mapping"), fake.latents)
        noise = keras.random.normal(ops.shape(fake.images), seed=self.training_seed)
        noise = noise / (fake.images.shape[1] * fake.images.shape[2]) ** 0.5
        slopes = gradient_by_inputs(lambda w: self.run(synthesis, w) * noise, w)
        lengths = ops.sqrt(ops.sum(ops.square(slopes), axis=-1) + 1e-12)
        mean = self.mean_length + self.decay * (ops.mean(lengths) - self.mean_length)
        self.mean_length.assign(ops.stop_gradient(mean))
        return ops.mean(ops.square(lengths - ops.stop_gradient(mean)))
