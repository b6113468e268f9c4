"""Digits of four kinds, turned into each other: StarGAN, and CycleGAN between two of them.

    python examples/digit_domains.py --variant stargan --mnist --minutes 8 --mixed
    python examples/digit_domains.py --variant cyclegan --mnist --minutes 6

Real digits become four domains: white on black, red, inverted, and outlines. No digit is shown in
two of them, so that nothing but the domain tells what a translation should look like. StarGAN
(Choi et al. 2018, arXiv:1711.09020) learns all twelve translations with one generator, CycleGAN
(Zhu et al. 2017, arXiv:1703.10593) those between white digits and outlines with two. StarGAN's
discriminator sees whole digits: one that sees only parts takes the gaps of a digit for its strokes.
A classifier of domains, trained on real ones, and the embedded classifier of digits judge
translations of digits that were not trained on: how many belong to the asked domain, and how many
of those into white digits still show the same digit. Writes the GAN and ``VARIANT.png``, whose
first row, or column, are the digits that are translated.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import gankit
from gankit import architectures, callbacks, data, metrics

SHAPE = (28, 28, 3)
NAMES = ["white", "red", "inverted", "outline"]
WHITE, OUTLINE = 0, 3
NUM_TEST = 500
BATCH_SIZE = 16
SHOWN = 8
NETWORKS = {"filters": 16, "blocks": 3}
DISCRIMINATOR = {"filters": 32, "halvings": 2}
HALVINGS_OF_STARGAN = 3  # of 28 pixels: a score sees most of them
CYCLE_WEIGHT, CYCLE_NOISE = 2.0, 0.2


def make_domain(digits, domain):
    """Returns uint8 digits ``(n, 28, 28, 1)`` as RGB images of a domain."""
    images = np.repeat(digits, 3, axis=-1)
    if NAMES[domain] == "red":
        images[..., 1:] //= 5
    elif NAMES[domain] == "inverted":
        images = 255 - images
    elif NAMES[domain] == "outline":  # what is there less what is inside
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
        near = [padded[:, y : y + 28, x : x + 28] for y in range(3) for x in range(3)]
        images = np.max(near, axis=0) - np.min(near, axis=0)
    return images


def make_domains(digits):
    """Returns images of all domains, of a part of the digits each, and their domains."""
    parts = np.array_split(digits, len(NAMES))
    images = [make_domain(part, domain) for domain, part in enumerate(parts)]
    return np.concatenate(images), np.repeat(np.arange(len(NAMES)), [len(part) for part in parts])


def train_judge(images, domains):
    """Returns a classifier of domains."""
    judge = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(16, 5, 2, activation="relu"),
            keras.layers.Conv2D(32, 5, 2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(len(NAMES)),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    judge.compile("adam", loss, metrics=["accuracy"])
    judge.fit(images / 127.5 - 1, domains, epochs=2, verbose=0)
    return judge


@keras.saving.register_keras_serializable(package="digit_domains")
class NoisyStarGAN(gankit.StarGAN):
    """A StarGAN that adds noise to images before it turns them back.

    Otherwise the generator may hide the original image where nobody sees it (Chu et al. 2017,
    arXiv:1712.02950); noise covers that (Bashkirova et al. 2019, arXiv:1908.01517).
    """

    def reconstruct(self, real, fake):
        noise = keras.random.normal(keras.ops.shape(fake.images), seed=self.training_seed)
        _, noisy = super().reconstruct(
            real, fake._replace(images=fake.images + CYCLE_NOISE * noise)
        )
        return real, fake._replace(reconstructed=noisy.reconstructed)


def train_stargan(images, domains, stop):
    discriminator = DISCRIMINATOR | {"halvings": HALVINGS_OF_STARGAN}
    gan = NoisyStarGAN(
        architectures.stargan.build_generator(SHAPE, len(NAMES), **NETWORKS),
        architectures.stargan.build_discriminator(SHAPE, len(NAMES), **discriminator),
        cycle_weight=CYCLE_WEIGHT,
        discriminator_steps=2,
        generator_ema=0.99,
        seed=0,
    )
    gan.compile(keras.optimizers.Adam(5e-4, 0.5, 0.9), keras.optimizers.Adam(5e-4, 0.5, 0.9))
    batch_size = BATCH_SIZE * gan.discriminator_steps
    dataset = data.from_arrays(images, domains, batch_size=batch_size)
    gan.fit(dataset, epochs=10_000, callbacks=[stop], verbose=2)
    return gan, lambda images, domain: gan.generate(
        condition=(images, np.full(len(images), domain))
    )


def train_cyclegan(images, domains, stop):
    networks = []
    for name in ("", "inverse_"):
        build = architectures.cyclegan
        networks += [
            build.build_generator(SHAPE, **NETWORKS, name=f"{name}generator"),
            build.build_discriminator(SHAPE, **DISCRIMINATOR, name=f"{name}discriminator"),
        ]
    gan = gankit.CycleGAN(*networks, generator_ema=0.99, seed=0)
    gan.compile()
    parts = [
        data.from_arrays(images[domains == domain], batch_size=BATCH_SIZE, seed=domain)
        for domain in (OUTLINE, WHITE)
    ]
    gan.fit(tf.data.Dataset.zip(*parts), epochs=10_000, callbacks=[stop], verbose=2)
    return (
        gan,
        lambda images, domain: (
            gan.generate(condition=images) if domain == OUTLINE else gan.invert(images)
        ),
    )


def report(translate, pairs, digits, labels, judge):
    """Prints the share of translations that the judges agree with, for each pair of domains."""
    right = []
    for source, target in pairs:
        translated = translate(make_domain(digits, source) / 127.5 - 1, target)
        found = judge.predict(translated, verbose=0).argmax(axis=1)
        right.append(np.mean(found == target))
        line = f"{NAMES[source]} to {NAMES[target]}: {right[-1]:.1%} of the domain asked for"
        if target == WHITE:
            grey = translated.mean(axis=-1, keepdims=True)
            seen = metrics.extract(grey, metrics.extractors.digits(), verbose=0)
            line += f", {np.mean(seen.classes == labels):.1%} the same digit"
        print(line)
    print(f"Mean: {np.mean(right):.1%}, least: {np.min(right):.1%}")


def draw(translate, pairs, digits, path):
    """Saves a row of digits for each domain, and under it its translations into the others."""
    rows, before = [], None
    for source, target in pairs:
        images = make_domain(digits, source) / 127.5 - 1
        rows += [images] * (source != before) + [translate(images, target)]
        before = source
    gankit.save_grid(np.concatenate(rows), path, columns=SHOWN)


def main(variant, mnist, minutes, mixed, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
    keras.utils.set_random_seed(0)
    digits, labels = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    images, domains = make_domains(digits[NUM_TEST:])
    judge = train_judge(images, domains)
    stop = callbacks.StopAfter(60 * minutes)
    if variant == "stargan":
        gan, translate = train_stargan(images, domains, stop)
        every = range(len(NAMES))
        pairs = [(source, target) for source in every for target in every if source != target]
    else:
        gan, translate = train_cyclegan(images, domains, stop)
        pairs = [(WHITE, OUTLINE), (OUTLINE, WHITE)]
    gan.save(folder / f"{variant}.keras")
    print(f"{gan.optimizer.iterations.numpy()} steps.")
    report(translate, pairs, digits[:NUM_TEST], labels[:NUM_TEST], judge)
    draw(translate, pairs, digits[:SHOWN], folder / f"{variant}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Translate digits between domains.")
    parser.add_argument("--variant", choices=["stargan", "cyclegan"], default="stargan")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("domains"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.variant, arguments.mnist, arguments.minutes, arguments.mixed, arguments.folder)
