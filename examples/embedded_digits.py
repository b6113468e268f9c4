"""The generator of digits inside the package, which ``gankit.load("digits")`` returns.

    python examples/embedded_digits.py --mnist --epochs 20 --out gankit/models/digits.keras

``recipes.small`` for classes, with few filters. The file holds what you need after training: the
average as the generator, and the discriminator, which ``generate_best`` and ``score`` use. It has
no optimizers, and its weights are in half precision; Keras turns them back into float32 when it
loads them. Prints the FID of 10,000 images of that file in the features of the embedded digit
classifier, against MNIST's test set.
"""

import argparse
import io
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

import gankit
from gankit import data, metrics, recipes

FILTERS, LATENT_DIM = 24, 32
BATCH_SIZE = 64

SHAPE, NUM_CLASSES = (28, 28, 1), 10
NUM_IMAGES = 10_000
LARGEST_FILE = 600_000  # bytes, of a package that is 2 MB


def keep_average(gan):
    """Returns a GAN without optimizers whose generator is the average one."""
    gan.generator.set_weights(gan.ema_generator.get_weights())
    return gankit.GAN(gan.generator, gan.discriminator, generator_ema=None)


def save_in_half_precision(gan, path):
    """Writes a ``.keras`` file like any other, but with all floats in it as float16."""
    gan.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["model.weights.h5"] = halve(members["model.weights.h5"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def halve(content):
    """Returns an HDF5 file's content with float16 in place of float32."""
    smaller = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as old, h5py.File(smaller, "w") as new:

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                dtype = np.float16 if item.dtype == np.float32 else item.dtype
                copied = new.create_dataset(name, data=item[()], dtype=dtype)
            else:
                copied = new.require_group(name)
            copied.attrs.update(item.attrs)

        old.visititems(copy)
    return smaller.getvalue()


def judge(gan, digits):
    extractor = metrics.extractors.digits()
    real = metrics.extract(digits, extractor, verbose=0)
    asked = np.arange(NUM_IMAGES) % NUM_CLASSES
    fake = metrics.extract(gan.generate(condition=asked, seed=0), extractor, verbose=0)
    names = ["fid", "precision_recall", "class_accuracy"]
    return metrics.measure(real, fake._replace(labels=asked), names)


def main(mnist, epochs, seed, out):
    digits, labels = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    real = digits if mnist is False else data.load_mnist(mnist, "test")[0]
    dataset = data.from_arrays(digits, labels, batch_size=BATCH_SIZE, seed=seed)
    keras.utils.set_random_seed(seed)
    gan = recipes.small(
        SHAPE,
        NUM_CLASSES,
        latent_dim=LATENT_DIM,
        filters=FILTERS,
        total_steps=epochs * len(dataset),
        seed=seed,
    )
    gan.fit(dataset, epochs=epochs, verbose=2)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_in_half_precision(keep_average(gan), out)
    size = out.stat().st_size
    print(f"{size} bytes", judge(gankit.load(out), real))
    if size > LARGEST_FILE:
        raise SystemExit(f"{out} is larger than {LARGEST_FILE} bytes: take fewer FILTERS.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train the generator of digits.")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the digits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("digits.keras"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.mnist, arguments.epochs, arguments.seed, arguments.out)
