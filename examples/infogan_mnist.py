"""InfoGAN sorts digits into kinds without a label: Chen et al. 2016, arXiv:1606.03657.

    python examples/infogan_mnist.py --mnist --epochs 12 --mixed --folder infogan

The generator gets one of ten categories and two continuous codes, all drawn at random, and the
discriminator must read them in the image, which it sees slightly turned, sheared, stretched and
shifted, so that a category can't stand for a slant. Writes ``categories.png``, a row for each
category, and ``code_0.png`` and ``code_1.png``, where a row has one category and the same latents,
and the code goes from -2 to 2. Prints how many images agree with the best one-to-one assignment of
categories to digits: generated ones, judged by the embedded classifier, and real ones, read by the
discriminator.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import augment, data, metrics, recipes
from gankit.architectures import infogan

SHAPE = (28, 28, 1)
LATENT_DIM = 62
NUM_CATEGORIES = 10
NUM_CODES = 2
COLUMNS = 10
BATCH_SIZE = 64
NUM_IMAGES = 10_000
NUM_FALLING = 3  # the last epochs, which halve the learning rates

# Half and a quarter of the paper's, for a few minutes on a CPU.
WIDTHS = {"filters": 32, "hidden_units": 256}


def make_gan(seed):
    keras.utils.set_random_seed(seed)
    return recipes.assemble(
        infogan.build_generator(SHAPE, LATENT_DIM, NUM_CATEGORIES, NUM_CODES, **WIDTHS),
        infogan.build_discriminator(SHAPE, NUM_CATEGORIES, NUM_CODES, **WIDTHS),
        variant=gankit.InfoGAN,
        augment=augment.RandomAffine(),
        seed=seed,
    )


def match_generated(gan):
    """Returns the digit of each category, and the share of generated images that agree."""
    codes = np.arange(NUM_IMAGES) % NUM_CATEGORIES
    continuous = np.random.default_rng(0).uniform(-1, 1, (NUM_IMAGES, NUM_CODES))
    images = gan.generate(condition={"category": codes, "codes": continuous}, seed=0)
    found = metrics.extract(images, metrics.extractors.digits(), verbose=0)
    return metrics.match_codes(found.classes, codes, NUM_CATEGORIES)


def match_real(gan, images, labels):
    """Returns the digit of each category as the discriminator reads it, and the share."""
    _, category, _ = gan.discriminator.predict(images / 127.5 - 1, batch_size=500, verbose=0)
    return metrics.match_codes(labels, category.argmax(axis=1), NUM_CATEGORIES)


def draw(gan, order, folder):
    """Saves the pictures, whose rows are categories in the order of the digits they stand for."""
    categories = np.repeat(order, COLUMNS)
    codes = np.zeros((len(categories), NUM_CODES))
    images = gan.generate(condition={"category": categories, "codes": codes}, seed=1)
    gankit.save_grid(images, folder / "categories.png", columns=COLUMNS)
    latents = np.random.default_rng(0).normal(size=(NUM_CATEGORIES, LATENT_DIM))
    for code in range(NUM_CODES):
        swept = codes.copy()
        swept[:, code] = np.tile(np.linspace(-2, 2, COLUMNS), NUM_CATEGORIES)
        condition = {"category": categories, "codes": swept}
        images = gan.generate(condition=condition, latents=np.repeat(latents, COLUMNS, axis=0))
        gankit.save_grid(images, folder / f"code_{code}.png", columns=COLUMNS)


def main(mnist, epochs, mixed, seed, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
    images, labels = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    dataset = data.from_arrays(images, batch_size=BATCH_SIZE, seed=seed)  # and no labels
    gan = make_gan(seed)
    falling = keras.callbacks.LearningRateScheduler(
        lambda epoch, rate: rate if epoch < epochs - NUM_FALLING else rate / 2
    )
    gan.fit(dataset, epochs=epochs, callbacks=[falling], verbose=2)
    gan.save(folder / "infogan.keras")
    generated = match_generated(gan)
    draw(gan, np.argsort(generated.classes), folder)
    if mnist is not False:
        images, labels = data.load_mnist(mnist, "test")
    real = match_real(gan, images, labels)
    print(f"{int(gan.steps_completed)} steps with the seed {seed}.")
    print(f"Categories agree with digits in {generated.accuracy:.1%} of {NUM_IMAGES} generated")
    print(f"images and in {real.accuracy:.1%} of {len(images)} real ones.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train an InfoGAN on MNIST's digits.")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("infogan"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.mnist, arguments.epochs, arguments.mixed, arguments.seed, arguments.folder)
