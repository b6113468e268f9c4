"""CIFAR-10 by class: ask for a frog, get a frog.

    python examples/cifar10.py --path cifar10 --steps 25000 --mixed

Trains ``gankit.recipes.modern`` with ``num_classes``: you ask the generator for a class, and the
discriminator judges how well each image fits its class. Takes the 50,000 training images from
TensorFlow Datasets, from a folder with a subfolder for each class, or from an ``.npz`` file with
``x_train`` and ``y_train``. Writes a grid with a column for each class now and then, checkpoints,
the model, and ``cifar10.png``, of truncated latents: clearer, and less different. Run it again to
go on where it stopped. docs/recipes.md tells what came out.
"""

import argparse
import math
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data, latents, recipes

IMAGE_SHAPE = (32, 32, 3)
NUM_CLASSES = 10
FILTERS = 64
LEARNING_RATE = 4e-4
BATCH_SIZE = 64
STEPS_A_LOOK = 1000  # what Keras calls an epoch here
TRUNCATION = 1.5
SEED = 0


def load_data(path):
    options = {"batch_size": BATCH_SIZE, "flip": "horizontal", "seed": SEED}
    if path is None:
        return data.from_tfds("cifar10", label_key="label", cache=True, **options)
    if path.is_dir():
        return data.from_directory(
            path, image_size=IMAGE_SHAPE[:2], labels="inferred", cache=True, **options
        )
    with np.load(path) as file:
        return data.from_arrays(file["x_train"], labels=file["y_train"].ravel(), **options)


def build_gan(steps, mixed):
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
    keras.utils.set_random_seed(SEED)
    return recipes.modern(
        IMAGE_SHAPE,
        num_classes=NUM_CLASSES,
        filters=FILTERS,
        learning_rate=LEARNING_RATE,
        total_steps=steps,
        seed=SEED,
    )


def main(arguments):
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    one_of_each = np.tile(np.arange(NUM_CLASSES), 8)  # rows of the ten classes
    looks = max(1, arguments.steps // STEPS_A_LOOK)
    gan = build_gan(arguments.steps, arguments.mixed)
    gan.fit(
        load_data(arguments.path).repeat(),
        epochs=looks,
        steps_per_epoch=arguments.steps // looks,
        callbacks=[
            callbacks.SampleGrid(folder / "samples", condition=one_of_each, columns=NUM_CLASSES),
            keras.callbacks.CSVLogger(folder / "losses.csv", append=True),
            callbacks.Checkpoint(folder / "checkpoints", every=500),
            callbacks.StopAfter(60 * arguments.minutes),
        ],
        verbose=2,
    )
    gan.save(folder / "cifar10.keras")
    drawn = np.random.default_rng(0).normal(size=(len(one_of_each), gan.latent_dim))
    drawn = latents.truncate(drawn, TRUNCATION, seed=0)
    images = gan.generate(condition=one_of_each, latents=drawn)
    print("Wrote", gankit.save_grid(images, folder / "cifar10.png", columns=NUM_CLASSES))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN of CIFAR-10's classes.")
    parser.add_argument("--path", type=Path, help="a folder or an .npz file with the images")
    parser.add_argument("--steps", type=int, default=25_000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop earlier, after these")
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("cifar10_gan"), help="where to write")
    main(parser.parse_args())
