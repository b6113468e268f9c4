"""A DCGAN on CIFAR-10's frogs, after "Deep Learning with Python" (Chollet 2017, section 8.5).

    python examples/dcgan_frogs.py --path cifar10.npz --minutes 60
    python examples/dcgan_frogs.py --path cifar10.npz --recipe write-up

``--recipe write-up`` is the book's: RMSprop, clipped gradients and noisy labels, on batches of 20
in the files' order. The default trains the same networks by ``gankit.recipes.assemble``, on frogs
and their mirror images. Takes the 5,000 frogs from TensorFlow Datasets, or from a local ``.npz``
with ``x_train`` (and ``y_train``, if it holds other classes too). Every 50 iterations it writes the
averages of the losses, a row of generated frogs above a row of real ones, and the weights; at the
end the model. docs/experiments.md tells what came out.
"""

import argparse
import math
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data, losses, recipes
from gankit.architectures import unnormalized

IMAGE_SHAPE = (32, 32, 3)
LATENT_DIM = 32
FROG = 6  # the class's number in CIFAR-10
SEED = 0

BATCH_SIZES = {"gankit": 64, "write-up": 20}
ITERATIONS = 10_000
LEARNING_RATE = 2e-4  # of gankit's recipe: with its default, 5e-4, the losses swing at first

# The book's labels are the other way round, generated = 1 and real = 0, and it adds 0.05 * uniform
# noise to both. With gankit's, real = 1 and generated = 0, that is noise subtracted from both.
LABEL_NOISE = 0.05

EVERY = 50  # iterations: pictures, weights, and what Keras calls an epoch here


class FrogRows(callbacks.SampleGrid):
    """Generated frogs above real ones."""

    def __init__(self, folder, real, **options):
        super().__init__(folder, len(real), columns=len(real), **options)
        self.real = real

    def draw(self):
        return np.concatenate([super().draw(), self.real])


def load_data(recipe, path, value_range):
    options = {"batch_size": BATCH_SIZES[recipe], "value_range": value_range, "seed": SEED}
    options |= {"flip": "horizontal"} if recipe == "gankit" else {"shuffle": False}
    if path is None:
        return data.from_tfds("cifar10", classes=["frog"], cache=True, **options)
    with np.load(path) as file:
        images = file["x_train"]
        if "y_train" in file:
            images = images[file["y_train"].ravel() == FROG]
    return data.from_arrays(images, **options)


def build_gan(recipe, num_images):
    keras.utils.set_random_seed(SEED)
    generator = unnormalized.build_generator(IMAGE_SHAPE, LATENT_DIM)
    discriminator = unnormalized.build_discriminator(IMAGE_SHAPE)
    if recipe == "gankit":
        return recipes.assemble(
            generator,
            discriminator,
            num_images=num_images,
            learning_rate=LEARNING_RATE,
            seed=SEED,
        )
    return compile_like_the_write_up(generator, discriminator)


def compile_like_the_write_up(generator, discriminator):
    gan = gankit.OnePassGAN(  # real and fake in one concatenated batch
        generator,
        discriminator,
        share_fakes=False,  # fresh latents for the generator
        generator_ema=None,
        seed=SEED,
    )
    gan.compile(
        generator_optimizer=build_optimizer(0.0004),
        discriminator_optimizer=build_optimizer(0.0008),
        loss=losses.NonSaturating(label_noise=LABEL_NOISE),
        penalty=None,
    )
    return gan


def build_optimizer(learning_rate):
    schedule = keras.optimizers.schedules.InverseTimeDecay(learning_rate, 1, decay_rate=1e-8)
    return keras.optimizers.RMSprop(schedule, clipvalue=1.0)


def main(arguments):
    folder, recipe, value_range = arguments.folder, arguments.recipe, arguments.value_range
    folder.mkdir(parents=True, exist_ok=True)
    dataset = load_data(recipe, arguments.path, value_range)
    real = np.asarray(next(iter(dataset)))[:10]
    gan = build_gan(recipe, num_images=len(dataset) * BATCH_SIZES[recipe])
    gan.fit(
        dataset.repeat(),
        steps_per_epoch=min(EVERY, arguments.iterations),
        epochs=math.ceil(arguments.iterations / EVERY),
        callbacks=[
            FrogRows(folder / "samples", real, every=EVERY, value_range=value_range),
            keras.callbacks.ModelCheckpoint(
                folder / "frogs.weights.h5", save_weights_only=True, save_freq=EVERY
            ),
            keras.callbacks.CSVLogger(folder / "losses.csv"),
            callbacks.StopAfter(60 * arguments.minutes),
        ],
        verbose=2,
    )
    gan.save(folder / "frogs.keras")
    images = gan.generate(64, seed=0)
    print("Wrote", gankit.save_grid(images, folder / "frogs.png", value_range=value_range))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A DCGAN on CIFAR-10's frogs.")
    parser.add_argument("--path", help="an .npz with x_train; default: TensorFlow Datasets")
    parser.add_argument("--recipe", choices=BATCH_SIZES, default="gankit")
    parser.add_argument("--iterations", type=int, default=ITERATIONS, help="rounded up to fifties")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop earlier, after these")
    parser.add_argument(
        "--value_range", type=float, nargs=2, default=[-1, 1], help="of the images; the book's: 0 1"
    )
    parser.add_argument("--folder", type=Path, default=Path("frogs"), help="where to write")
    main(parser.parse_args())
