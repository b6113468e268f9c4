"""keras-dcgan on MNIST: tanh networks, two recipes to train them by, and the "nice" mode.

    python examples/keras_dcgan_mnist.py --mode train --minutes 30
    python examples/keras_dcgan_mnist.py --mode train --recipe write-up
    python examples/keras_dcgan_mnist.py --mode generate --nice

``--recipe write-up`` is SGD with momentum on the digits in their files' order, as in
jacobgil/keras-dcgan; the default trains the same networks by ``gankit.recipes.assemble``. Data are
the 5,000 digits inside the package, all of MNIST with ``--mnist`` (downloaded, or ``--mnist
FOLDER`` with its four files), or a folder of images of one's own with ``--path``. Prints the losses
of single batches and writes, while training, a grid every 20 batches and the model every 10.
``generate`` draws a grid with that model, with ``--nice`` of the best 5 % by the discriminator.
docs/experiments.md tells what came out.
"""

import argparse
import math
import secrets
from pathlib import Path

import keras

import gankit
from gankit import callbacks, data, recipes
from gankit.architectures import tanh_upsampling

IMAGE_SHAPE = (28, 28, 1)
LATENT_DIM = 100
SEED = 0

BATCH_SIZES = {"gankit": 64, "write-up": 128}
EPOCHS = 100
LEARNING_RATE = 2e-4  # of gankit's recipe: with its default, 5e-4, the losses swing at first

GRID_EVERY = 20  # batches
SAVE_EVERY = 10  # batches
MODEL = "dcgan.keras"
CANDIDATES = 20  # an image that is kept


def load_data(arguments):
    shuffle = arguments.recipe == "gankit"  # the write-up keeps the files' order
    options = {"batch_size": arguments.batch_size, "shuffle": shuffle, "seed": SEED}
    if arguments.path:
        return data.from_directory(
            arguments.path, image_size=IMAGE_SHAPE[:2], color_mode="grayscale", **options
        )
    if arguments.mnist is False:
        images, _ = data.sample_digits()
    else:
        images, _ = data.load_mnist(arguments.mnist)
    return data.from_arrays(images, **options)


def build_gan(recipe, num_images):
    keras.utils.set_random_seed(SEED)
    generator = tanh_upsampling.build_generator(IMAGE_SHAPE, LATENT_DIM)
    discriminator = tanh_upsampling.build_discriminator(IMAGE_SHAPE)
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
        latent_prior="uniform",
        share_fakes=False,  # fresh latents for the generator
        generator_ema=None,
        seed=SEED,
    )
    optimizers = (keras.optimizers.SGD(0.0005, momentum=0.9, nesterov=True) for _ in range(2))
    gan.compile(*optimizers, penalty=None)
    return gan


class BatchLosses(keras.callbacks.Callback):
    """Prints the losses of single batches; Keras's progress bar shows averages of an epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        print(f"Epoch {epoch}, {self.params['steps']} batches")

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        last = batch == self.params["steps"] - 1
        if batch % GRID_EVERY == 0 or last:
            print(
                f"batch {batch} d_loss {logs['discriminator_loss']:.3f} "
                f"g_loss {logs['generator_loss']:.3f}",
                flush=True,
            )


def train(arguments):
    dataset = load_data(arguments)
    gan = build_gan(arguments.recipe, num_images=len(dataset) * arguments.batch_size)
    gan.fit(
        dataset,
        epochs=arguments.epochs,
        verbose=0,
        callbacks=[
            BatchLosses(),
            callbacks.SampleGrid(
                arguments.folder / "samples", arguments.batch_size, every=GRID_EVERY
            ),
            keras.callbacks.ModelCheckpoint(arguments.folder / MODEL, save_freq=SAVE_EVERY),
            callbacks.StopAfter(60 * arguments.minutes),
        ],
    )
    gan.save(arguments.folder / MODEL)


def generate(arguments):
    gan = gankit.load(arguments.folder / MODEL)
    number, seed = arguments.batch_size, arguments.seed
    if arguments.nice:
        images = gan.generate_best(number, out_of=CANDIDATES * number, seed=seed)
    else:
        images = gan.generate(number, seed=seed)
    print("Wrote", gankit.save_grid(images, arguments.folder / "generated.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="keras-dcgan on MNIST.")
    parser.add_argument("--mode", choices=["train", "generate"], required=True)
    parser.add_argument("--recipe", choices=BATCH_SIZES, default="gankit")
    parser.add_argument("--batch_size", type=int, help="default: 64; of the write-up: 128")
    parser.add_argument("--nice", action="store_true", help="generate the best 5 %% only")
    parser.add_argument("--path", help="a folder of images of your own")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop earlier, after these")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of the images")
    parser.add_argument("--folder", type=Path, default=Path("keras_dcgan"), help="where to write")
    arguments = parser.parse_args()
    arguments.batch_size = arguments.batch_size or BATCH_SIZES[arguments.recipe]
    arguments.folder.mkdir(parents=True, exist_ok=True)
    {"train": train, "generate": generate}[arguments.mode](arguments)
