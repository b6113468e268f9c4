"""An ACGAN on MNIST: digits of the class that one asks for.

    python examples/acgan_mnist.py --minutes 30
    python examples/acgan_mnist.py --recipe write-up --iterations 3000

``--recipe write-up`` is Adam with momentum on batches drawn with replacement, with
``--two_updates`` also the original's way to train the discriminator; the default trains the same
networks by ``gankit.recipes.assemble``. Data are the 5,000 digits inside the package, or all of
MNIST with ``--mnist`` (downloaded, or ``--mnist FOLDER`` with its four files). Shows losses and
accuracies, writes a grid every 10 iterations with one class a row, both networks as pictures where
Graphviz is there, and the model. ``--classifier`` (a file of digit_classifier.py) logs how often it
finds the class asked for. docs/experiments.md tells what came out.
"""

import argparse
import math
from pathlib import Path

import keras
import numpy as np
from keras import ops

import gankit
from gankit import callbacks, data, recipes
from gankit.architectures import acgan
from gankit.differentiation import value_and_gradients

IMAGE_SHAPE = (28, 28, 1)
NUM_CLASSES = 10
SEED = 0

BATCH_SIZES = {"gankit": 64, "write-up": 128}
ITERATIONS = 3000

GRID_EVERY = 10  # iterations
LOG_EVERY = 100  # iterations: what Keras calls an epoch here


@keras.saving.register_keras_serializable(package="examples")
class TwoUpdatesACGAN(gankit.ACGAN):
    """Updates the discriminator twice an iteration, on real and then on fake; logs the means.

    Its cost is the plain cross-entropy, whatever ``compile`` says.
    """

    def train_discriminator(self, real, fake):
        phase, seen = self.phases["discriminator"], []
        for batch, target in ((real, 1.0), (fake.map(ops.stop_gradient), 0.0)):

            def objective(batch=batch, target=target):
                judged = self.discriminate(batch)
                targets = ops.full_like(judged.scores, target)
                cost = ops.binary_crossentropy(targets, judged.scores, from_logits=True)
                terms = {"adversarial": ops.mean(cost), "class": self.class_loss(judged)}
                return phase.objective(terms), (judged, terms)

            (judged, terms), gradients, _ = value_and_gradients(objective, phase.variables)
            phase.update(gradients)
            self.log_losses("discriminator", terms)
            seen.append(judged)
        self.means.update_state(self.step_metrics(*seen))
        return tuple(seen)


class Agreement(keras.callbacks.Callback):
    """Logs the share of generated digits in which a classifier finds the class asked for."""

    def __init__(self, classifier, num_images=1000):
        super().__init__()
        self.classifier = classifier
        self.labels = np.arange(num_images) % NUM_CLASSES

    def measure(self, gan):
        logits = self.classifier.predict(gan.generate(condition=self.labels, seed=1), verbose=0)
        return float(np.mean(logits.argmax(axis=-1) == self.labels))

    def on_epoch_end(self, epoch, logs=None):
        logs["agreement"] = self.measure(self.model)


def load_data(recipe, mnist):
    images, labels = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    options = {"batch_size": BATCH_SIZES[recipe], "replacement": recipe == "write-up"}
    return data.from_arrays(images, labels, seed=SEED, **options)


def build_gan(recipe, num_images, two_updates=False):
    keras.utils.set_random_seed(SEED)
    generator = acgan.build_generator(IMAGE_SHAPE, NUM_CLASSES)
    discriminator = acgan.build_discriminator(IMAGE_SHAPE, NUM_CLASSES)
    if recipe == "gankit":
        return recipes.assemble(
            generator, discriminator, variant=gankit.ACGAN, num_images=num_images, seed=SEED
        )
    variant = TwoUpdatesACGAN if two_updates else gankit.ACGAN
    return compile_like_the_write_up(variant, generator, discriminator)


def compile_like_the_write_up(variant, generator, discriminator):
    gan = variant(generator, discriminator, generator_ema=None, seed=SEED)
    optimizers = (keras.optimizers.Adam(0.0002, beta_1=0.5) for _ in range(2))
    gan.compile(*optimizers, penalty=None)
    return gan


def draw_networks(gan, folder):
    for network in (gan.generator, gan.discriminator):
        try:
            keras.utils.plot_model(network, folder / f"{network.name}.png", show_shapes=True)
        except ImportError as error:
            print(f"No picture of the {network.name}: {error}")


def main(arguments):
    folder, recipe = arguments.folder, arguments.recipe
    folder.mkdir(parents=True, exist_ok=True)
    dataset = load_data(recipe, arguments.mnist)
    gan = build_gan(recipe, len(dataset) * BATCH_SIZES[recipe], arguments.two_updates)
    draw_networks(gan, folder)
    one_class_a_row = np.repeat(np.arange(NUM_CLASSES), 10)
    watchers = [
        callbacks.SampleGrid(
            folder / "samples", condition=one_class_a_row, every=GRID_EVERY, columns=10
        ),
        keras.callbacks.CSVLogger(folder / "losses.csv"),
        callbacks.StopAfter(60 * arguments.minutes),
    ]
    if arguments.classifier:
        classifier = keras.models.load_model(arguments.classifier)
        watchers.insert(0, Agreement(classifier))
    gan.fit(
        dataset.repeat(),
        steps_per_epoch=min(LOG_EVERY, arguments.iterations),
        epochs=math.ceil(arguments.iterations / LOG_EVERY),
        callbacks=watchers,
        verbose=2,
    )
    gan.save(folder / "acgan.keras")
    gankit.save_grid(gan.generate(condition=one_class_a_row, seed=0), folder / "digits.png")
    if arguments.classifier:
        print(f"Agreement on 10,000 digits: {Agreement(classifier, 10_000).measure(gan):.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An ACGAN on MNIST.")
    parser.add_argument("--recipe", choices=BATCH_SIZES, default="gankit")
    parser.add_argument("--iterations", type=int, default=ITERATIONS, help="rounded up to hundreds")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop earlier, after these")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--two_updates", action="store_true", help="of the write-up")
    parser.add_argument("--classifier", help="a file of digit_classifier.py")
    parser.add_argument("--folder", type=Path, default=Path("acgan"), help="where to write")
    arguments = parser.parse_args()
    if arguments.two_updates and arguments.recipe != "write-up":
        parser.error("--two_updates is the write-up's: add --recipe write-up, or leave it out")
    main(arguments)
