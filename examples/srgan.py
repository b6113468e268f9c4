"""Photos from few pixels, sharp instead of blurred: Ledig et al. 2016, arXiv:1609.04802.

    python examples/srgan.py --photos BSD100 --test Set5 --steps 4000 --folder srgan

``--photos`` and ``--test`` are folders of images. A residual network learns to enlarge four times:
first by the mean squared error alone, whose best answer is the blurred mean of all that are
possible, then as an SRGAN, in two parts: by its distance from the truth in pixels, and then in the
features of its own discriminator, which has learned by then what photos are made of (the paper has
those of VGG19). Prints the peak signal-to-noise ratio and the sharpness of the test images after
both, and writes the GAN and ``srgan.png``: interpolated, by the squared error, by the GAN, true.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from PIL import Image

import gankit
from gankit import data, metrics
from gankit.architectures import srgan

FACTOR = 4
PATCH_SIZE = 48
BATCH_SIZE = 16
PATCHES_PER_IMAGE = 16
STEPS_PER_EPOCH = 100
SHOWN = 128  # pixels of the picture's square parts

# Half and a quarter of the paper's, for some minutes on a CPU.
FILTERS, BLOCKS = 32, 4

CONTENT_LAYERS = 4  # convolutions of the discriminator whose features are compared
ADVERSARIAL_WEIGHT = 3e-3


def make_dataset(photos):
    return data.from_high_resolution(
        photos,
        factor=FACTOR,
        patch_size=(PATCH_SIZE, PATCH_SIZE),
        batch_size=BATCH_SIZE,
        patches_per_image=PATCHES_PER_IMAGE,
        cache=True,
    ).repeat()


def train_by_squared_error(generator, dataset, steps):
    """Trains the generator alone, with plain Keras."""
    # A rate that falls to 0: the last steps then no longer add noise, which costs decibels.
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    generator.compile(keras.optimizers.Adam(rate), "mse")
    generator.fit(
        dataset.map(lambda large, small: (small, large)),
        **length(steps),
        shuffle=False,  # the data do that
    )


def train_gan(generator, discriminator, features, dataset, steps):
    """Trains both, and returns the GAN."""
    gan = gankit.SRGAN(
        generator, discriminator, features=features, adversarial_weight=ADVERSARIAL_WEIGHT
    )
    gan.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
    gan.fit(dataset, **length(steps))
    return gan


def length(steps):
    """Returns what ``fit`` needs to make so many steps."""
    epochs = max(1, steps // STEPS_PER_EPOCH)
    return {"epochs": epochs, "steps_per_epoch": min(steps, STEPS_PER_EPOCH), "verbose": 2}


def copy_features(discriminator):
    """Returns the discriminator's first layers, as they are now, in a network of their own."""
    copy = keras.models.clone_model(discriminator)
    copy.set_weights(discriminator.get_weights())
    convolutions = [layer for layer in copy.layers if isinstance(layer, keras.layers.Conv2D)]
    return keras.Model(copy.inputs, convolutions[CONTENT_LAYERS - 1].output)


def load_test_images(folder):
    """Returns each image as floats in [-1, 1], cut to a multiple of the factor."""
    images = []
    for path in sorted(Path(folder).iterdir()):
        pixels = np.asarray(Image.open(path).convert("RGB"), "float32")[None]
        height, width = (side // FACTOR * FACTOR for side in pixels.shape[1:3])
        images.append(pixels[:, :height, :width] / 127.5 - 1)
    return images


def resize(images, factor):
    """Returns images of another size by cubic interpolation."""
    sizes = [[round(side * factor) for side in image.shape[1:3]] for image in images]
    resized = (data.resize_bicubic(*one) for one in zip(images, sizes, strict=True))
    return [np.clip(image, -1, 1) for image in resized]


def report(name, answers, images):
    """Prints the means of what enlarged images are worth."""
    pairs = list(zip(answers, images, strict=True))
    ratios = [
        metrics.peak_signal_to_noise_ratio(answer, image, border=FACTOR, luma=True)
        for answer, image in pairs
    ]
    sharpness = np.mean([metrics.sharpness(answer) for answer in answers])
    print(f"{name}: {np.mean(ratios):.2f} dB, sharpness {sharpness:.2f}")


def draw(answers, path):
    """Saves the middle of each image, a row for each; ``answers`` holds a list for each column."""
    rows = []
    for row in zip(*answers, strict=True):
        top, left = (max(side - SHOWN, 0) // 2 for side in row[-1].shape[1:3])
        rows += [one[:, top : top + SHOWN, left : left + SHOWN] for one in row]
    gankit.save_grid(np.concatenate(rows), path, columns=len(answers))


def main(photos, test, steps, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    images = load_test_images(test)
    small = resize(images, 1 / FACTOR)
    dataset = make_dataset(photos)

    generator = srgan.build_generator(FACTOR, filters=FILTERS, blocks=BLOCKS)
    train_by_squared_error(generator, dataset, steps)
    by_squared_error = [generator.predict(one, verbose=0) for one in small]

    shape = (PATCH_SIZE, PATCH_SIZE, 3)
    discriminator = srgan.build_discriminator(shape, FILTERS, hidden_units=256)
    train_gan(generator, discriminator, None, dataset, steps // 2)
    features = copy_features(discriminator)
    gan = train_gan(generator, discriminator, features, dataset, steps // 2)
    gan.save(folder / "srgan.keras")
    by_gan = [gan.generate(condition=one) for one in small]

    interpolated = resize(small, FACTOR)
    report("Interpolated", interpolated, images)
    report("By the squared error", by_squared_error, images)
    report("By the GAN", by_gan, images)
    report("True", images, images)
    draw([interpolated, by_squared_error, by_gan, images], folder / "srgan.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train an SRGAN on photos.")
    parser.add_argument("--photos", required=True, help="a folder of images to learn from")
    parser.add_argument("--test", required=True, help="a folder of images to measure by")
    parser.add_argument("--steps", type=int, default=4000, help="by error, and again as a GAN")
    parser.add_argument("--folder", type=Path, default=Path("srgan"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.photos, arguments.test, arguments.steps, arguments.folder)
