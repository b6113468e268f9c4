"""Digits, or photos, that grow from 8x8 pixels: progressive growing.

    python examples/progressive.py --mnist --epochs 1
    python examples/progressive.py --path faces --sizes 8 16 32 64

Begins with images of 8x8 pixels, which are learned in a minute. Then both networks grow by layers
for twice the size, which fade in over ``FADE_STEPS`` steps, and learn from images of that size.
Writes the GAN after each size, from which the script resumes when you run it again, and
``growth.png``: what it draws from the same latents after each, a row a size.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data
from gankit.architectures import progressive

BATCH_SIZE = 32
FILTERS = 48  # 512 in the paper
LATENT_DIM = 128
FADE_STEPS = 500
SEED = 0
SHOWN = 10  # images in a row of the picture


def load_images(arguments, size):
    options = {"batch_size": BATCH_SIZE, "seed": SEED}
    if arguments.path:
        shape = (size, size)
        return data.from_directory(
            arguments.path, image_size=shape, flip="horizontal", cache=True, **options
        )
    mnist = arguments.mnist
    digits, _ = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    return data.from_arrays(shrink(digits, size), **options)


def shrink(digits, size):
    """Returns digits with a margin, 32x32, as images of a size that divides it: means of pixels."""
    digits = np.pad(digits, ((0, 0), (2, 2), (2, 2), (0, 0)))
    squares = digits.reshape(-1, size, 32 // size, size, 32 // size, 1)
    return squares.mean(axis=(2, 4)).astype(np.uint8)


def begin(shape, filters):
    keras.utils.set_random_seed(SEED)
    gan = gankit.ProgressiveGAN(
        progressive.build_generator(shape, LATENT_DIM, filters),
        progressive.build_discriminator(shape, filters),
        fade_steps=FADE_STEPS,
        seed=SEED,
    )
    gan.compile()
    return gan


def grow(gan):
    networks = progressive.grow(gan.generator, gan.discriminator)
    gan.replace_networks(*networks)
    print("Grown to", gan.generator.output_shape[1:3], "pixels")


def train(gan, images, epochs, folder, size):
    log = keras.callbacks.CSVLogger(folder / f"{size}.csv")
    grids = callbacks.SampleGrid(folder / f"samples_{size}")
    gan.fit(images, epochs=epochs, callbacks=[grids, log], verbose=2)
    gan.save(folder / f"{size}.keras")


def draw_growth(folder, sizes):
    """Draws the same latents after each size, as large as the last."""
    rows = []
    for size in sizes:
        images = gankit.load(folder / f"{size}.keras").generate(SHOWN, seed=0)
        rows.append(images.repeat(sizes[-1] // size, axis=1).repeat(sizes[-1] // size, axis=2))
    return gankit.save_grid(np.concatenate(rows), folder / "growth.png", columns=SHOWN)


def main(arguments):
    folder, sizes = arguments.folder, arguments.sizes
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.mixed:
        keras.config.set_dtype_policy("mixed_bfloat16")
    gan = None
    for size in sizes:
        file = folder / f"{size}.keras"
        if file.exists():
            gan = gankit.load(file)
            continue
        images = load_images(arguments, size)
        if gan is None:
            gan = begin(tuple(images.element_spec.shape[1:]), arguments.filters)
        else:
            grow(gan)
        train(gan, images, arguments.epochs, folder, size)
    print("Wrote", draw_growth(folder, sizes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN that grows.")
    parser.add_argument("--path", help="a folder of photos; without it, digits")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--epochs", type=int, default=20, help="of each size")
    parser.add_argument("--filters", type=int, default=FILTERS)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("progressive"), help="where to write")
    main(parser.parse_args())
