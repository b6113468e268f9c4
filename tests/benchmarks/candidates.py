"""One candidate's training steps, in a process of its own; ``training.py`` starts it.

    python tests/benchmarks/candidates.py gankit A 128 10

Prints the seconds of each step as JSON. All candidates train the same layers on the same random
images with the same optimizers. Those of Keras are as the write-ups have them, with
``UpSampling2D`` and ``Conv2D``, and tanh before pooling; PyTorch's pool first, as gankit does.
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import ops

import gankit
from gankit.architectures import acgan, resize_convolution, tanh_upsampling, unnormalized
from gankit.layers import UpsampleConv2D

WARM_UP = 3  # steps that are not counted: the first ones build graphs and fill caches

# networks, image shape, length of a latent vector, number of classes
EXPERIMENTS = {
    "A": (tanh_upsampling, {}, (28, 28, 1), 100, 0),
    "B": (acgan, {"num_classes": 10}, (28, 28, 1), 100, 10),
    "C": (unnormalized, {}, (32, 32, 3), 32, 0),
    "D": (tanh_upsampling, {"upsampling": (4, 2)}, (64, 64, 3), 1000, 0),
    "E64": (tanh_upsampling, {}, (64, 64, 3), 100, 0),
    "E96": (resize_convolution, {}, (96, 96, 3), 100, 0),
}


def build_networks(experiment):
    module, options, image_shape, latent_dim, num_classes = EXPERIMENTS[experiment]
    generator = module.build_generator(image_shape, latent_dim=latent_dim, **options)
    options = {"num_classes": num_classes} if num_classes else {}
    return generator, module.build_discriminator(image_shape, **options)


def make_data(experiment, batch_size):
    """Returns a dataset of one batch of noise again and again, so that reading costs nothing."""
    _, _, image_shape, _, num_classes = EXPERIMENTS[experiment]
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (batch_size, *image_shape)).astype("float32")
    if num_classes:
        images = (images, random.integers(0, num_classes, batch_size).astype("int32"))
    return images, tf.data.Dataset.from_tensors(images).repeat()


def optimizers():
    return [keras.optimizers.SGD(0.0005, momentum=0.9, nesterov=True) for _ in range(2)]


def as_the_source_writes_it(network):
    """Returns the network with ``UpSampling2D`` and ``Conv2D``, and tanh before pooling."""
    order = []
    for layer in network.layers:
        pooled = bool(order) and isinstance(order[-1], keras.layers.MaxPooling2D)
        place = -1 if pooled and isinstance(layer, keras.layers.Activation) else len(order)
        order.insert(place, layer)
    if order != network.layers:
        copies = [type(layer).from_config(layer.get_config()) for layer in order[1:]]
        return keras.Sequential([keras.Input(network.input_shape[1:]), *copies])

    def plain(layer):
        if not isinstance(layer, UpsampleConv2D):
            return type(layer).from_config(layer.get_config())
        convolution = keras.layers.Conv2D(
            layer.filters, layer.kernel_size, padding="same", activation=layer.activation
        )
        return keras.Sequential([keras.layers.UpSampling2D(layer.scale), convolution])

    return keras.models.clone_model(network, clone_function=plain)


class StepTimes(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.times = []

    def on_train_batch_begin(self, batch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.perf_counter() - self.start)


def fit(model, dataset, steps):
    times = StepTimes()
    model.fit(dataset, steps_per_epoch=steps, callbacks=[times], verbose=0)
    return times.times


def measure_gankit(experiment, batch_size, steps, **options):
    networks = build_networks(experiment)
    variant = gankit.ACGAN if EXPERIMENTS[experiment][-1] else gankit.GAN
    gan = variant(*networks, **{"generator_ema": None} | options)
    gan.compile(*optimizers(), penalty=None)
    return fit(gan, make_data(experiment, batch_size)[1], steps)


def bfloat16(measure):
    def measured(*arguments):
        keras.config.set_dtype_policy("mixed_bfloat16")
        return measure(*arguments)

    return measured


class KerasPattern(keras.Model):
    """A training step as Keras's own examples write it: one batch of both, fresh latents twice."""

    def __init__(self, generator, discriminator, latent_dim, num_classes):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim, self.num_classes = latent_dim, num_classes
        self.entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        self.class_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def compile(self, generator_optimizer, discriminator_optimizer):
        super().compile()
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer

    def cost(self, outputs, targets, labels):
        if not self.num_classes:
            return self.entropy(targets, outputs)
        scores, classes = outputs
        return self.entropy(targets, scores) + self.class_entropy(labels, classes)

    def latents(self, number, labels):
        latents = keras.random.normal((number, self.latent_dim))
        return [latents, labels] if self.num_classes else latents

    def train_step(self, data):
        images, labels = data if self.num_classes else (data, None)
        number = ops.shape(images)[0]
        fakes = self.generator(self.latents(number, labels), training=True)
        both = ops.concatenate([fakes, images])
        both_labels = ops.concatenate([labels, labels]) if self.num_classes else None
        targets = ops.concatenate([ops.zeros((number, 1)), ops.ones((number, 1))])
        with tf.GradientTape() as tape:
            cost = self.cost(self.discriminator(both, training=True), targets, both_labels)
        variables = self.discriminator.trainable_weights
        self.discriminator_optimizer.apply(tape.gradient(cost, variables), variables)
        with tf.GradientTape() as tape:
            fakes = self.generator(self.latents(number, labels), training=True)
            outputs = self.discriminator(fakes, training=True)
            generator_cost = self.cost(outputs, ops.ones((number, 1)), labels)
        variables = self.generator.trainable_weights
        self.generator_optimizer.apply(tape.gradient(generator_cost, variables), variables)
        return {"discriminator_loss": cost, "generator_loss": generator_cost}


def measure_keras_pattern(experiment, batch_size, steps):
    networks = map(as_the_source_writes_it, build_networks(experiment))
    model = KerasPattern(*networks, *EXPERIMENTS[experiment][3:])
    model.compile(*optimizers())
    return fit(model, make_data(experiment, batch_size)[1], steps)


def measure_classic_loop(experiment, batch_size, steps):
    """``predict``, then ``train_on_batch`` of the discriminator and of both networks in a row."""
    generator, discriminator = map(as_the_source_writes_it, build_networks(experiment))
    latent_dim, num_classes = EXPERIMENTS[experiment][3:]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    class_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    costs = [entropy, class_entropy] if num_classes else entropy
    for_generator, for_discriminator = optimizers()
    discriminator.compile(for_discriminator, costs)
    discriminator.trainable = False
    both = keras.Model(generator.inputs, discriminator(generator.output))
    both.compile(for_generator, costs)
    random = np.random.default_rng(0)
    data, _ = make_data(experiment, batch_size)
    images, labels = data if num_classes else (data, None)
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        latents = random.normal(size=(batch_size, latent_dim)).astype("float32")
        told = [latents, labels] if num_classes else latents
        fakes = generator.predict(told, batch_size=batch_size, verbose=0)
        targets = np.concatenate([np.ones((batch_size, 1)), np.zeros((batch_size, 1))])
        if num_classes:
            targets = [targets, np.concatenate([labels, labels])]
        discriminator.trainable = True
        discriminator.train_on_batch(np.concatenate([images, fakes]), targets)
        discriminator.trainable = False
        ones = np.ones((batch_size, 1))
        both.train_on_batch(told, [ones, labels] if num_classes else ones)
        times.append(time.perf_counter() - start)
    return times


def measure_torch(experiment, batch_size, steps, dtype="float32"):
    from torch_networks import train

    return train(
        *build_networks(experiment), *EXPERIMENTS[experiment][2:], batch_size, steps, dtype
    )


CANDIDATES = {
    "classic loop": measure_classic_loop,
    "keras.io pattern": measure_keras_pattern,
    "keras.io pattern, bfloat16": bfloat16(measure_keras_pattern),
    "gankit": measure_gankit,
    "gankit, bfloat16": bfloat16(measure_gankit),
    "PyTorch": measure_torch,
    "PyTorch, bfloat16": lambda *arguments: measure_torch(*arguments, dtype="bfloat16"),
}

if __name__ == "__main__":
    name, experiment, batch_size, steps = sys.argv[1:]
    keras.utils.set_random_seed(0)
    times = CANDIDATES[name](experiment, int(batch_size), int(steps) + WARM_UP)
    print(json.dumps(times[WARM_UP:]))
