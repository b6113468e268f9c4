"""Better digits from a trained GAN, by what its discriminator knows.

    python examples/variants_mnist.py --variant dcgan --mnist --folder variants
    python examples/better_samples.py variants/dcgan.keras --mnist --folder better

Trains the discriminator a little longer against the average generator, which it has not met, with
the generator as it is; finds what its scores mean on one half of the test digits; and draws by
rejection (Azadi et al. 2018, arXiv:1810.06758), by Metropolis-Hastings (Turner et al. 2018,
arXiv:1811.11357), by Langevin dynamics in the latents (Che et al. 2020, arXiv:2003.06060), and by
truncation. Prints for each the seconds of the processor for 1,000 images, and FID, precision and
recall next to the other half; writes a grid of each.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import data, latents, metrics

LEARNING_RATE = 1e-4
BATCH_SIZE = 128


def train_discriminator(gan, real, epochs):
    """Trains the discriminator alone to tell real digits from those of the average generator."""
    real = real.astype("float32") / 127.5 - 1
    for epoch in range(epochs):
        images = np.concatenate([real, gan.generate(len(real), seed=1 + epoch)])
        is_real = np.repeat([1.0, 0.0], len(real))
        gan.discriminator.compile(
            keras.optimizers.Adam(LEARNING_RATE), keras.losses.BinaryCrossentropy(from_logits=True)
        )
        gan.discriminator.fit(images, is_real, batch_size=BATCH_SIZE, verbose=2)


def make_ways(gan, held_out, number, steps):
    """Returns ways to draw images, by name: functions that return them."""
    calibration = latents.calibrate(gan, held_out, seed=0)
    print(calibration)
    options = {"num_images": number, "calibration": calibration, "seed": 0}
    drawn = np.random.default_rng(0).normal(size=(number, gan.latent_dim))
    return {
        "as it is": partial(gan.generate, number, seed=0),
        "rejection": partial(latents.rejection_sampling, gan, percentile=80, **options),
        "Metropolis-Hastings": partial(
            latents.metropolis_hastings, gan, real=held_out, steps=steps, **options
        ),
        "Langevin": partial(latents.langevin_sampling, gan, steps=steps, **options),
        "truncation at 1.5": lambda: gan.generate(latents=latents.truncate(drawn, 1.5, seed=0)),
    }


def main(arguments):
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    if arguments.mnist is False:
        digits, _ = data.sample_digits()
        real, test = np.split(digits, [arguments.train])
    else:
        real = data.load_mnist(arguments.mnist)[0][: arguments.train]
        test, _ = data.load_mnist(arguments.mnist, "test")
    held_out, other = np.array_split(test, 2)
    gan = gankit.load(arguments.gan)
    train_discriminator(gan, real, arguments.epochs)
    extractor = metrics.extractors.digits()
    features = metrics.extract(other, extractor, verbose=0)
    for name, draw in make_ways(gan, held_out, len(other), arguments.steps).items():
        start = time.process_time()
        made = draw()
        seconds = (time.process_time() - start) * 1000 / len(other)
        images = getattr(made, "images", made)
        gankit.save_grid(images[:100], folder / f"{name.replace(' ', '_')}.png")
        values = metrics.measure(
            features,
            metrics.extract(images, extractor, verbose=0),
            ["fid", "precision_recall"],
            extractor=extractor,
        )
        print(
            f"| {name} | {seconds:.2f} | {values['fid']:.1f} | {values['precision']:.2f} | "
            f"{values['recall']:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw better digits from a trained GAN.")
    parser.add_argument("gan", help="a GAN's file, whose discriminator takes images alone")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--train", type=int, default=20_000, help="digits for the discriminator")
    parser.add_argument("--epochs", type=int, default=1, help="of the discriminator")
    parser.add_argument("--steps", type=int, default=20, help="of chains and dynamics")
    parser.add_argument("--folder", type=Path, default=Path("better"), help="where to write")
    main(parser.parse_args())
