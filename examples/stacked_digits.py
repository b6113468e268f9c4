"""How many of 1,000 modes does a GAN find? Stacked digits count them.

    python examples/stacked_digits.py --recipe modern --mnist --steps 10000 --folder stacked

Each image holds three random digits, one a channel, so there are 1,000 kinds of images (Metz et al.
2016, arXiv:1611.02163). A GAN that collapses draws few of them. A classifier reads the digits of
26,000 generated images, as many as in PacGAN's experiments (Lin et al. 2017, arXiv:1712.04086), and
the script prints how many kinds appear, and the reverse Kullback-Leibler divergence: how far their
shares are from equal ones, 0 at best. ``--recipe dcgan`` is DCGAN as in its paper, for comparison.
Writes samples and the model.
"""

import argparse
from pathlib import Path

import keras

import gankit
from gankit import architectures, data, metrics, recipes

NUM_STACKED = 128_000
NUM_MODES = 1000
BATCH_SIZE = 64
SEED = 0


def build_gan(recipe, shape, steps):
    keras.utils.set_random_seed(SEED)
    if recipe == "modern":
        return recipes.modern(shape, learning_rate=1e-3, total_steps=steps, seed=SEED)
    gan = gankit.GAN(
        architectures.dcgan.build_generator(shape, filters=32),
        architectures.dcgan.build_discriminator(shape, filters=32, dropout=0.3),
        generator_ema=None,
        seed=SEED,
    )
    optimizers = (keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2))
    gan.compile(*optimizers, penalty=None)
    return gan


def main(arguments):
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    mnist = arguments.mnist
    digits, labels = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    images, _ = data.stack_digits(digits, labels, NUM_STACKED, seed=SEED)
    dataset = data.from_arrays(images, batch_size=BATCH_SIZE, seed=SEED)
    gan = build_gan(arguments.recipe, images.shape[1:], arguments.steps)
    gan.fit(dataset.repeat(), steps_per_epoch=arguments.steps, verbose=2)

    gan.save(folder / f"{arguments.recipe}.keras")
    made = gan.generate(arguments.num, seed=0)
    gankit.save_grid(made[:64], folder / f"{arguments.recipe}.png")
    found = metrics.extract(made, metrics.extractors.stacked_digits(), verbose=0)
    coverage = metrics.mode_coverage(found.classes, NUM_MODES)
    print(
        f"{arguments.recipe}: {coverage.modes} of {NUM_MODES} modes, "
        f"reverse KL {coverage.divergence:.3f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Count the modes that a GAN finds.")
    parser.add_argument("--recipe", choices=["modern", "dcgan"], default="modern")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--num", type=int, default=26_000, help="generated images to read")
    parser.add_argument("--folder", type=Path, default=Path("stacked"), help="where to write")
    main(parser.parse_args())
