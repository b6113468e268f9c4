"""A pyramid of GANs, coarse to fine: Denton et al. 2015, arXiv:1506.05751.

    python examples/lapgan.py --mnist --epochs 3 --folder lapgan
    python examples/lapgan.py --frogs cifar10_frogs.npz --folder lapgan_frogs

The first GAN draws small images, each further one adds what an image of twice the size has beyond
them. Levels are trained one after the other, each for the same time, on MNIST's digits (7x7, 14x14
and 28x28) or on colour images of 32x32 (8x8, 16x16 and 32x32). Writes the pyramid, and
``levels.png``: the same images after each level, enlarged to one size.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import data, metrics, penalties
from gankit.architectures import lapgan, mlp

NUM_LEVELS = 3
BATCH_SIZE = 64
NUM_IMAGES = 10_000
COLUMNS = 10
LEARNING_RATE = 5e-4

# So few pixels are soon told apart from real ones for sure; R1 keeps the scores' slope small.
PENALTY = penalties.R1(1.0)


def make_pyramid(image_shape):
    height, width, channels = image_shape
    gans = []
    for level in range(NUM_LEVELS):
        smaller = 2 ** (NUM_LEVELS - 1 - level)
        shape = (height // smaller, width // smaller, channels)
        if level == 0:  # as in the paper: dense layers are enough for so few pixels
            generator = mlp.build_generator(shape, hidden_units=(600, 600))
            # With dropout it was sure of every image, and all images became the same.
            discriminator = mlp.build_discriminator(shape, hidden_units=(240, 240), dropout=0.0)
        else:
            generator = lapgan.build_generator(shape, filters=32)
            discriminator = lapgan.build_discriminator(shape, filters=32)
        gan = gankit.GAN(generator, discriminator, generator_ema=0.99, seed=level)
        gan.compile(
            keras.optimizers.Adam(LEARNING_RATE, beta_1=0.5),
            keras.optimizers.Adam(LEARNING_RATE, beta_1=0.5),
            penalty=PENALTY,
        )
        gans.append(gan)
    return gankit.LAPGAN(gans)


def load_images(frogs, mnist):
    if frogs is not None:
        with np.load(frogs) as file:
            return file["x_train"]
    return data.sample_digits()[0] if mnist is False else data.load_mnist(mnist)[0]


def draw(pyramid, path):
    """Saves a row of images for each level, the coarsest on top."""
    levels = pyramid.generate_levels(COLUMNS, seed=0)
    size = levels[-1].shape[1]
    rows = [
        image.repeat(size // image.shape[1], 1).repeat(size // image.shape[1], 2)
        for image in levels
    ]
    gankit.save_grid(np.concatenate(rows), path, columns=COLUMNS)


def main(frogs, mnist, epochs, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    images = load_images(frogs, mnist)
    pyramid = make_pyramid(images.shape[1:])
    dataset = data.from_arrays(images, batch_size=BATCH_SIZE)
    for level, gan in enumerate(pyramid.gans):
        print(f"Level {level}: {gan.generator.output_shape[1:3]}")
        level_data = pyramid.level_data(dataset, level)
        gan.fit(level_data, epochs=epochs, verbose=2)
    pyramid.save(folder)
    draw(pyramid, folder / "levels.png")
    generated = pyramid.generate(NUM_IMAGES, seed=0)
    gankit.save_grid(generated[:100], folder / "images.png")
    if frogs is None:
        real = images if mnist is False else data.load_mnist(mnist, "test")[0]
        names, extractor = ["fid", "precision_recall"], metrics.extractors.digits()
        print(metrics.measure(real, generated, names, extractor=extractor))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a Laplacian pyramid of GANs.")
    parser.add_argument("--frogs", help="an .npz of CIFAR-10's frogs, instead of digits")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--epochs", type=int, default=3, help="for each level")
    parser.add_argument("--folder", type=Path, default=Path("lapgan"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.frogs, arguments.mnist, arguments.epochs, arguments.folder)
