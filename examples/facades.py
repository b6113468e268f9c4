"""Photos of houses from maps of their parts: pix2pix, Isola et al. 2016, arXiv:1611.07004.

    python examples/facades.py --pairs facades --epochs 100 --mixed --folder facades_out

``--pairs`` is a folder of images that show a photo on the left and its map on the right. Of these,
in the order of their names, every tenth is kept for validation. Prints the mean absolute distance
of the validation photos from generated ones, in [-1, 1], and writes the GAN and ``facades.png``:
maps, generated photos, true ones. ``--mixed`` computes in bfloat16, where the processor has it.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data
from gankit.architectures import pix2pix

FILTERS = 24  # the paper has 64, for a GPU
BATCH_SIZE = 1  # as in the paper
LEARNING_RATE = 2e-4
EVERY = 10  # of the pairs, one is for validation
SHOWN = 6


def split(folder, pairs):
    """Puts links to the pairs into two folders, and returns these."""
    parts = [folder / "train", folder / "validation"]
    for part in parts:
        part.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(Path(pairs).iterdir())):
        link = parts[number % EVERY == 0] / path.name
        if not link.exists():
            link.symlink_to(path.resolve())
    return parts


def make_gan(size):
    shape = (size, size, 3)
    gan = gankit.Pix2Pix(
        pix2pix.build_generator(shape, filters=FILTERS),
        pix2pix.build_discriminator(shape, filters=FILTERS),
        generator_ema=0.999,
        seed=0,
    )
    gan.compile()  # the paper's optimizers
    return gan


def fall(epochs):
    """Returns a callback by which the rates stay for half of the time, then fall towards zero."""
    return keras.callbacks.LearningRateScheduler(
        lambda epoch: LEARNING_RATE * min(1.0, 2 * (1 - epoch / epochs))
    )


def main(pairs, size, epochs, folder):
    keras.utils.set_random_seed(0)
    train, validation = split(folder, pairs)
    sizes = {"image_size": (size, size), "batch_size": BATCH_SIZE}
    load_size = round(size * 286 / 256)  # from which the paper crops at random
    dataset = data.from_pairs(train, load_size=(load_size, load_size), flip="horizontal", **sizes)
    held_out = data.from_pairs(validation, shuffle=False, **sizes)
    photos, maps = (np.concatenate(part)[:SHOWN] for part in zip(*held_out, strict=True))
    gan = make_gan(size)
    before = gan.evaluate(held_out, verbose=0)["generator_l1"]
    history = gan.fit(
        dataset,
        epochs=epochs,
        validation_data=held_out,
        callbacks=[
            callbacks.Checkpoint(folder / "run", keep=1),
            callbacks.SampleGrid(folder / "samples", condition=maps),
            keras.callbacks.CSVLogger(folder / "losses.csv", append=True),
            fall(epochs),
        ],
        verbose=2,
    ).history
    gan.save(folder / "facades.keras")
    rows = [maps, gan.generate(condition=maps), photos]
    gankit.save_grid(np.concatenate(rows), folder / "facades.png", columns=len(maps))
    values = [before, *history.get("val_generator_l1", [])]
    distances = [value / gan.l1_weight for value in values]
    print("Mean absolute distance of validation photos, before training and after each epoch:")
    print(*(f"{distance:.3f}" for distance in distances))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train pix2pix on facades.")
    parser.add_argument("--pairs", required=True, help="a folder of photos beside their maps")
    parser.add_argument("--size", type=int, default=256, help="of an image, a power of two")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("facades_out"), help="where to write")
    arguments = parser.parse_args()
    if arguments.mixed:
        keras.config.set_dtype_policy("mixed_bfloat16")
    main(arguments.pairs, arguments.size, arguments.epochs, arguments.folder)
