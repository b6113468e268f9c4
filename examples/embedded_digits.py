"""The generator of digits inside the package, which ``gankit.load("digits")`` returns.

    python examples/embedded_digits.py --mnist --minutes 60 --out gankit/models/digits.keras

A conditional DCGAN of few filters with the penalty R1 and an average of the generator's weights.
The file holds what is of use after training: the average as the generator, and the discriminator,
which ``generate_best`` and ``score`` need; no optimizers, and weights in half precision, which
Keras turns back into float32 when it loads them. Prints what 10,000 images of that file are worth
in the features of the embedded classifier of digits, next to MNIST's test set.
"""

import argparse
import io
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

import gankit
from gankit import architectures, callbacks, data, metrics, penalties

FILTERS, LATENT_DIM = 32, 32
BATCH_SIZE = 64
LEARNING_RATE, BETA_1, BETA_2 = 1e-3, 0.0, 0.99
GAMMA, PENALTY_EVERY = 0.1, 4  # steps; each then weighs as much as four
GENERATOR_EMA = 0.999

SHAPE, NUM_CLASSES = (28, 28, 1), 10
NUM_IMAGES = 10_000
LARGEST_FILE = 600_000  # bytes, of a package that is 2 MB


def build_gan(seed):
    keras.utils.set_random_seed(seed)
    options = {"filters": FILTERS, "num_classes": NUM_CLASSES}
    gan = gankit.GAN(
        architectures.dcgan.build_generator(SHAPE, LATENT_DIM, **options),
        architectures.dcgan.build_discriminator(SHAPE, dropout=0.0, **options),
        generator_ema=GENERATOR_EMA,
        seed=seed,
    )
    optimizers = (keras.optimizers.Adam(LEARNING_RATE, BETA_1, BETA_2) for _ in range(2))
    gan.compile(*optimizers, penalty=penalties.R1(GAMMA, every=PENALTY_EVERY))
    return gan


def keep_average(gan):
    """Returns a GAN without optimizers whose generator is the average one."""
    gan.generator.set_weights(gan.ema_generator.get_weights())
    return gankit.GAN(gan.generator, gan.discriminator)


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


def main(mnist, minutes, seed, out):
    digits, labels = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    real = digits if mnist is False else data.load_mnist(mnist, "test")[0]
    gan = build_gan(seed)
    dataset = data.from_arrays(digits, labels, batch_size=BATCH_SIZE, seed=seed)
    gan.fit(dataset, epochs=10_000, callbacks=[callbacks.StopAfter(60 * minutes)], verbose=2)
    print(f"{gan.optimizer.iterations.numpy()} steps")
    out.parent.mkdir(parents=True, exist_ok=True)
    save_in_half_precision(keep_average(gan), out)
    size = out.stat().st_size
    print(f"{size} bytes", judge(gankit.load(out), real))
    if size > LARGEST_FILE:
        raise SystemExit(f"{out} is larger than {LARGEST_FILE} bytes: take fewer FILTERS.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train the generator of digits.")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("digits.keras"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.mnist, arguments.minutes, arguments.seed, arguments.out)
