"""The family on MNIST: each variant for a few minutes, judged by one measure.

    python examples/variants_mnist.py --variant wgan_gp --minutes 3 --folder variants

What makes a variant is one line of ``VARIANTS``: a class, networks, a loss, a penalty. All but the
residual ones and autoencoders share the quick start's networks, and all draw with an average of the
generator's weights. The minutes are the processor's, so other work on the machine changes nothing.
Writes a grid of samples, the model, and a row of ``variants.csv``: steps of the generator,
milliseconds for each, and what 10,000 images are worth in the features of the embedded classifier,
next to MNIST's test set. ``infogan_mnist.py`` and ``lapgan.py`` are beside it.
"""

import argparse
import csv
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import augment, data, metrics, penalties
from gankit.architectures import acgan, autoencoder, biggan, dcgan, sagan, sngan

SHAPE = (28, 28, 1)
NUM_CLASSES = 10
BATCH_SIZE = 64
NUM_IMAGES = 10_000
RUN = ("variant", "seed", "steps", "milliseconds")
VALUES = ("fid", "precision", "recall", "class_accuracy")

# What a photo may undergo would turn digits into others: they are shifted only.
POLICY = ["translation"]


def dcgan_networks(num_classes=None):
    return (
        dcgan.build_generator(SHAPE, filters=32, num_classes=num_classes),
        dcgan.build_discriminator(SHAPE, filters=32, dropout=0.0, num_classes=num_classes),
    )


def residual_networks(architecture, num_classes=None):
    options = {"filters": 16, "num_classes": num_classes}
    return (
        architecture.build_generator(SHAPE, **options),
        architecture.build_discriminator(SHAPE, **options),
    )


def classifying_networks():
    return dcgan_networks(NUM_CLASSES)[0], acgan.build_discriminator(SHAPE)


def repeating_networks():
    return dcgan_networks()[0], autoencoder.build_discriminator(SHAPE)


Adam = keras.optimizers.Adam
adam = partial(Adam, 1e-3, beta_1=0.0, beta_2=0.99)
slow_adam = partial(Adam, 5e-4, beta_1=0.0, beta_2=0.99)
fast_adam = partial(Adam, 2e-3, beta_1=0.0, beta_2=0.99)
rmsprop = partial(keras.optimizers.RMSprop, 5e-4)  # the paper's 5e-5 is for days, not for minutes


def make(
    variant=gankit.GAN,
    networks=dcgan_networks,
    optimizer=adam,
    discriminator_optimizer=None,
    loss=None,
    penalty="auto",
    num_classes=None,
    **options,
):
    parts = networks() if num_classes is None else networks(num_classes)
    gan = variant(*parts, generator_ema=20_000, **options)
    gan.compile(optimizer(), (discriminator_optimizer or optimizer)(), loss, penalty)
    return gan


# Spectral normalization bounds the discriminator's slopes, as a penalty does elsewhere.
RESIDUAL = {
    "optimizer": slow_adam,
    "discriminator_optimizer": adam,
    "loss": "hinge",
    "penalty": None,
}

VARIANTS = {
    "dcgan": {},
    "minimax": {"loss": "minimax"},
    "lsgan": {"loss": "least_squares"},
    "hinge": {"loss": "hinge"},
    "r3gan": {
        "loss": "relativistic",
        "penalty": penalties.R1(0.1, every=8) + penalties.R2(0.1, every=8),
    },
    "dragan": {"penalty": penalties.DRAGAN(1.0, every=4)},
    "diffaugment": {"augment": augment.DiffAugment(POLICY)},
    "ada": {"augment": augment.ADA(POLICY, images_to_one=50_000)},
    "wgan": {"variant": gankit.WGAN, "optimizer": rmsprop, "discriminator_steps": 1, "clip": 0.05},
    # One update of a critic that learns faster, instead of five: more images a minute.
    "wgan_gp": {
        "variant": gankit.WGANGP,
        "optimizer": slow_adam,
        "discriminator_optimizer": fast_adam,
        "discriminator_steps": 1,
    },
    "ebgan": {"variant": gankit.EBGAN, "networks": repeating_networks},
    "ebgan_pt": {"variant": gankit.EBGAN, "networks": repeating_networks, "pulling_away": 0.1},
    # A 1 costs an autoencoder so little that at BEGAN's own diversity, 0.5, nothing else is drawn;
    # and its balance, which moves by a thousandth a step there, has to be found in minutes here.
    "began": {
        "variant": gankit.BEGAN,
        "networks": repeating_networks,
        "optimizer": partial(Adam, 5e-4, beta_1=0.5),
        "diversity": 0.9,
        "balance_rate": 0.01,
    },
    "cgan": {"num_classes": NUM_CLASSES},
    "acgan": {"variant": gankit.ACGAN, "networks": classifying_networks},
    "sngan": {"networks": partial(residual_networks, sngan)} | RESIDUAL,
    "projection": {"networks": partial(residual_networks, sngan), "num_classes": 10} | RESIDUAL,
    "sagan": {"networks": partial(residual_networks, sagan)} | RESIDUAL,
    "biggan": {"networks": partial(residual_networks, biggan), "num_classes": 10} | RESIDUAL,
}
CONDITIONAL = ("cgan", "acgan", "projection", "biggan")


class StopAndTell(keras.callbacks.Callback):
    """Stops after some time of the processor; counts from the first step on, which is slow."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds
        self.steps = 0

    def on_train_batch_end(self, batch, logs=None):
        now = time.process_time()
        if not self.steps:
            self.start = now
        self.steps += 1
        self.taken = now - self.start
        self.model.stop_training = self.taken > self.seconds

    def milliseconds(self):
        return round(1000 * self.taken / (self.steps - 1), 1)


def judge(gan, real, condition):
    extractor = metrics.extractors.digits()
    fake = metrics.extract(gan.generate(NUM_IMAGES, condition=condition, seed=0), extractor)
    names = ["fid", "precision_recall"] + ["class_accuracy"] * (condition is not None)
    return metrics.measure(real, fake._replace(labels=condition), names, extractor=extractor)


def main(name, minutes, seed, mnist, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    images, labels = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    real = images if mnist is False else data.load_mnist(mnist, "test")[0]
    gan, conditional = make(**VARIANTS[name], seed=seed), name in CONDITIONAL
    dataset = data.from_arrays(
        images,
        labels if conditional else None,
        batch_size=BATCH_SIZE * gan.discriminator_steps,
        seed=seed,
    )
    stop = StopAndTell(60 * minutes)
    gan.fit(dataset, epochs=10_000, callbacks=[stop], verbose=2)
    gan.save(folder / f"{name}.keras")
    rows = np.repeat(np.arange(NUM_CLASSES), 10) if conditional else None
    gankit.save_grid(gan.generate(100, condition=rows, seed=0), folder / f"{name}.png")
    row = dict(zip(RUN, (name, seed, stop.steps, stop.milliseconds()), strict=True))
    row |= judge(gan, real, np.arange(NUM_IMAGES) % NUM_CLASSES if conditional else None)
    path = folder / "variants.csv"
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, RUN + VALUES)
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a variant on MNIST's digits.")
    parser.add_argument("--variant", choices=VARIANTS, default="dcgan")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--folder", type=Path, default=Path("variants"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.variant, arguments.minutes, arguments.seed, arguments.mnist, arguments.folder)
