"""keras-dcgan on MNIST: tanh networks, SGD with momentum, and the "nice" mode.

    python examples/keras_dcgan_mnist.py --mode train --batch_size 128
    python examples/keras_dcgan_mnist.py --mode generate --batch_size 128 --nice

Trains on the 5,000 digits inside the package; on all of MNIST with ``--mnist`` (downloaded, or
``--mnist FOLDER`` with its four files), on a folder of images of one's own with ``--path``. Prints
the losses of single batches and writes, while training, a grid every 20 batches and the weights
every 10. ``generate`` draws a grid by those weights, with ``--nice`` of the best 5 % by the
discriminator. After jacobgil/keras-dcgan; docs/experiments.md tells what came out.
"""

import argparse
import secrets
from pathlib import Path

import keras

import gankit
from gankit import callbacks, data
from gankit.architectures import tanh_upsampling

IMAGE_SHAPE = (28, 28, 1)
LATENT_DIM = 100
SEED = 0

BATCH_SIZE = 128
EPOCHS = 100
LEARNING_RATE = 0.0005
MOMENTUM = 0.9

GRID_EVERY = 20  # batches
SAVE_EVERY = 10  # batches
WEIGHTS = "dcgan.weights.h5"
CANDIDATES = 20  # an image that is kept


def load_data(arguments):
    options = {"batch_size": arguments.batch_size, "shuffle": False}  # in the files' order
    if arguments.path:
        return data.from_directory(
            arguments.path, image_size=IMAGE_SHAPE[:2], color_mode="grayscale", **options
        )
    if arguments.mnist is False:
        images, _ = data.sample_digits()
    else:
        images, _ = data.load_mnist(arguments.mnist)
    return data.from_arrays(images, **options)


def build_optimizer():
    return keras.optimizers.SGD(LEARNING_RATE, MOMENTUM, nesterov=True)


def build_gan():
    keras.utils.set_random_seed(SEED)
    gan = gankit.GAN(
        generator=tanh_upsampling.build_generator(IMAGE_SHAPE, LATENT_DIM),
        discriminator=tanh_upsampling.build_discriminator(IMAGE_SHAPE),
        latent_prior="uniform",
        share_fakes=False,  # fresh latents for the generator
        one_pass=True,  # real and fake in one concatenated batch
        generator_ema=None,
        seed=SEED,
    )
    gan.compile(build_optimizer(), build_optimizer(), penalty=None)
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
    gan = build_gan()
    weights = arguments.folder / WEIGHTS
    gan.fit(
        load_data(arguments),
        epochs=arguments.epochs,
        verbose=0,
        callbacks=[
            BatchLosses(),
            callbacks.SampleGrid(
                arguments.folder / "samples", arguments.batch_size, every=GRID_EVERY
            ),
            keras.callbacks.ModelCheckpoint(weights, save_weights_only=True, save_freq=SAVE_EVERY),
        ],
    )
    gan.save_weights(weights)


def generate(arguments):
    gan = build_gan()
    gan.load_weights(arguments.folder / WEIGHTS)
    number, seed = arguments.batch_size, arguments.seed
    if arguments.nice:
        images = gan.generate_best(number, out_of=CANDIDATES * number, seed=seed)
    else:
        images = gan.generate(number, seed=seed)
    print("Wrote", gankit.save_grid(images, arguments.folder / "generated.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="keras-dcgan on MNIST.")
    parser.add_argument("--mode", choices=["train", "generate"], required=True)
    parser.add_argument("--batch_size", type=int, default=BATCH_SIZE)
    parser.add_argument("--nice", action="store_true", help="generate the best 5 %% only")
    parser.add_argument("--path", help="a folder of images of your own")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31), help="of the images")
    parser.add_argument("--folder", type=Path, default=Path("keras_dcgan"), help="where to write")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    {"train": train, "generate": generate}[arguments.mode](arguments)
