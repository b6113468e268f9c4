"""A hundred labels for all of MNIST: a classifier that learns from digits without labels, too.

    python examples/few_labels.py --mnist --steps 10000 --mixed

Trains an ``SGAN`` on 60,000 digits, of which ten of each kind have a label, and, for comparison,
the same network on these hundred alone. Prints the accuracy of both on the 10,000 test digits.
The learning rates fall to zero by the last step. Without ``--mnist`` it takes the 5,000 digits
inside the package, the last 1,000 as its test. docs/gallery.md tells what came out.
"""

import argparse
import time
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import data
from gankit.architectures import sgan

SHAPE = (28, 28, 1)
NUM_CLASSES, OF_EACH = 10, 10  # digits, and labels of each
BATCH_SIZE = 100
REPEATED = 6  # one of so many images in a batch has a label
LEARNING_RATE = 1e-3
EPOCHS_ALONE = 300
EPOCHS = 10


class Accuracy(keras.callbacks.Callback):
    """Prints the accuracy after each epoch, and how much processor time training took so far."""

    def __init__(self, test):
        super().__init__()
        self.test = test

    def on_train_begin(self, logs=None):
        self.start = time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        taken = time.process_time() - self.start
        right = share_right(self.model, *self.test)
        print(f"{int(self.model.steps_completed)} steps, {taken:.0f} s: {right:.2%} of test digits")


def load_data(mnist):
    """Returns images and labels to learn from, and those of the test."""
    if mnist is not False:
        return data.load_mnist(mnist), data.load_mnist(mnist, "test")
    images, labels = data.sample_digits()
    return (images[:4000], labels[:4000]), (images[4000:], labels[4000:])


def share_right(gan, images, labels):
    """Returns the accuracy of the discriminator's classes."""
    return np.mean(gan.classify(images).argmax(axis=1) == labels)


def make_dataset(images, labels, chosen, seed):
    """Returns a dataset of all images without labels, and of labelled ones, repeated."""
    times = -(-len(images) // (REPEATED - 1) // len(chosen))
    repeated = np.tile(chosen, times)
    all_images = np.concatenate([images, images[repeated]])
    all_labels = np.concatenate([np.full(len(images), -1), labels[repeated]])
    return data.from_arrays(all_images, all_labels, batch_size=BATCH_SIZE, seed=seed)


def build_gan(steps, seed):
    """Returns a compiled SGAN with the paper's networks."""
    keras.utils.set_random_seed(seed)
    gan = gankit.SGAN(
        sgan.build_generator(SHAPE),
        sgan.build_discriminator(SHAPE, NUM_CLASSES),
        latent_prior="uniform",
        seed=seed,
    )
    falling = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    gan.compile(*(keras.optimizers.Adam(falling, beta_1=0.5) for _ in range(2)))
    return gan


def train_alone(images, labels, test, seed):
    """Returns the test accuracy of the same network, trained on labelled images alone."""
    keras.utils.set_random_seed(seed)
    network = sgan.build_discriminator(SHAPE, NUM_CLASSES)
    classifier = keras.Model(network.input, network.outputs[0])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(LEARNING_RATE), loss, metrics=["accuracy"])
    classifier.fit(images / 127.5 - 1, labels, epochs=EPOCHS_ALONE, batch_size=100, verbose=0)
    return classifier.evaluate(test[0] / 127.5 - 1, test[1], verbose=0)[1]


def main(mnist, steps, mixed, seed, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
    (images, labels), test = load_data(mnist)
    draw = np.random.default_rng(seed)
    of_class = [draw.permutation(np.flatnonzero(labels == c)) for c in range(NUM_CLASSES)]
    chosen = np.concatenate([indices[:OF_EACH] for indices in of_class])
    right = train_alone(images[chosen], labels[chosen], test, seed)
    print(f"{len(chosen)} labels alone: {right:.2%} of {len(test[1])} test digits", flush=True)
    gan = build_gan(steps, seed)
    dataset = make_dataset(images, labels, chosen, seed).repeat()
    each = -(-steps // EPOCHS)
    gan.fit(dataset, steps_per_epoch=each, epochs=EPOCHS, callbacks=[Accuracy(test)], verbose=0)
    gan.save(folder / "few_labels.keras")
    gankit.save_grid(gan.generate(100, seed=0), folder / "few_labels.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Classify digits with few labels.")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("few_labels"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.mnist, arguments.steps, arguments.mixed, arguments.seed, arguments.folder)
