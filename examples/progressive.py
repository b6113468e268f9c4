"""Faces that grow from 8 to 64 pixels: progressive growing.

    python examples/progressive.py --path faces
    python examples/progressive.py --path faces --sizes 8 16 32 --epochs 10

Begins with photos of 8x8 pixels, which are learned in a minute. Then both networks grow by layers
for twice the size, which fade in over ``FADE_STEPS`` steps, and go on with photos of that size.
Writes the GAN after each size, from which the script goes on when it is run again, and
``growth.png``: what it made of the same latents after each, a row a size.
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
FACES = 10  # in a row of the picture


def load_photos(path, size):
    return data.from_directory(
        path,
        image_size=(size, size),
        batch_size=BATCH_SIZE,
        flip="horizontal",
        cache=True,
        seed=SEED,
    )


def begin(size, filters):
    keras.utils.set_random_seed(SEED)
    shape = (size, size, 3)
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


def train(gan, path, size, epochs, folder):
    log = keras.callbacks.CSVLogger(folder / f"{size}.csv")
    grids = callbacks.SampleGrid(folder / f"samples_{size}")
    gan.fit(load_photos(path, size), epochs=epochs, callbacks=[grids, log], verbose=2)
    gan.save(folder / f"{size}.keras")


def draw_growth(folder, sizes):
    """Draws the same latents after each size, as large as the last."""
    rows = []
    for size in sizes:
        images = gankit.load(folder / f"{size}.keras").generate(FACES, seed=0)
        rows.append(images.repeat(sizes[-1] // size, axis=1).repeat(sizes[-1] // size, axis=2))
    return gankit.save_grid(np.concatenate(rows), folder / "growth.png", columns=FACES)


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
        if gan is None:
            gan = begin(size, arguments.filters)
        else:
            grow(gan)
        train(gan, arguments.path, size, arguments.epochs, folder)
    print("Wrote", draw_growth(folder, sizes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN that grows.")
    parser.add_argument("--path", required=True, help="a folder of photos")
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 16, 32, 64])
    parser.add_argument("--epochs", type=int, default=20, help="of each size")
    parser.add_argument("--filters", type=int, default=FILTERS)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("progressive"), help="where to write")
    main(parser.parse_args())
