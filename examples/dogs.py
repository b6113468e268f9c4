"""Dogs of 64x64 pixels from a folder of photos, after Kaggle's Generative Dog Images.

    python examples/dogs.py --path photos

keras-dcgan's networks at another size. The write-up states no optimizer: it is keras-dcgan's here,
SGD with momentum, with fresh latents for the generator and one concatenated batch for the
discriminator. Writes a grid an epoch, the averages of the losses, and the model.
docs/experiments.md tells what came out.
"""

import argparse
from pathlib import Path

import keras

import gankit
from gankit import callbacks, data
from gankit.architectures import tanh_upsampling

IMAGE_SHAPE = (64, 64, 3)
LATENT_DIM = 1000
UPSAMPLING = (4, 2)
SEED = 0

BATCH_SIZE = 64
EPOCHS = 65
LEARNING_RATE = 0.0005
MOMENTUM = 0.9


def build_optimizer():
    return keras.optimizers.SGD(LEARNING_RATE, MOMENTUM, nesterov=True)


def build_gan():
    keras.utils.set_random_seed(SEED)
    gan = gankit.GAN(
        generator=tanh_upsampling.build_generator(IMAGE_SHAPE, LATENT_DIM, upsampling=UPSAMPLING),
        discriminator=tanh_upsampling.build_discriminator(IMAGE_SHAPE),
        latent_prior="uniform",
        share_fakes=False,
        one_pass=True,
        generator_ema=None,
        seed=SEED,
    )
    gan.compile(build_optimizer(), build_optimizer(), penalty=None)
    return gan


def main(path, batch_size, epochs, folder):
    folder.mkdir(parents=True, exist_ok=True)
    dataset = data.from_directory(
        path, image_size=IMAGE_SHAPE[:2], batch_size=batch_size, cache=True, seed=SEED
    )
    gan = build_gan()
    gan.fit(
        dataset,
        epochs=epochs,
        callbacks=[
            callbacks.SampleGrid(folder / "samples"),
            keras.callbacks.CSVLogger(folder / "losses.csv"),
            keras.callbacks.ModelCheckpoint(folder / "dogs.keras"),
        ],
        verbose=2,
    )
    print("Wrote", gankit.save_grid(gan.generate(64, seed=0), folder / "dogs.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN on photos of dogs.")
    parser.add_argument("--path", required=True, help="a folder of photos")
    parser.add_argument("--batch_size", type=int, default=BATCH_SIZE)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--folder", type=Path, default=Path("dogs"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.path, arguments.batch_size, arguments.epochs, arguments.folder)
