"""Drawing with a GAN, on one of digits: Zhu et al. 2016, arXiv:1609.03552.

    python examples/quickstart.py --folder quickstart
    python examples/drawing.py --gan quickstart/digits.keras --folder drawing

Finds the latents of images that the GAN made, from one start, from the guess of an encoder, and
from the best of eight, and prints how near it comes. Then it draws: each digit keeps its left half,
and gets the right half of another one, or a stroke. Writes ``projection.png`` (given, found),
``edits.png`` (digits, found with the half of another, with a stroke) and ``interpolation.gif``.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import latents, metrics

NUM_IMAGES = 20
STARTS = 8
STEPS = 500
NUM_PAIRS = 20_000  # of images and latents that the encoder learns from
ENCODER_EPOCHS = 5
SHOWN = 8
FRAMES_BETWEEN = 12


def train_encoder(gan):
    """Returns a network from images to latents, which learned from images that the GAN makes."""
    known = np.asarray(gan.sample_latents(NUM_PAIRS, seed=1))
    images = gan.generate(latents=known)
    encoder = keras.Sequential([keras.Input(images.shape[1:])])
    for filters in (32, 64):
        encoder.add(keras.layers.Conv2D(filters, 4, strides=2, padding="same", activation="relu"))
    encoder.add(keras.layers.Flatten())
    encoder.add(keras.layers.Dense(256, activation="relu"))
    encoder.add(keras.layers.Dense(known.shape[1]))
    encoder.compile("adam", "mse")
    encoder.fit(images, known, batch_size=64, epochs=ENCODER_EPOCHS, verbose=2)
    return encoder


def project(gan, images, encoder):
    """Prints how near projections come, and returns the best of several starts."""
    ways = {
        "one start": {"starts": 1},
        "the encoder's guess": {"starts": 1, "encoder": encoder},
        f"the best of {STARTS} starts": {"starts": STARTS},
    }
    for name, options in ways.items():
        found = latents.project(gan, images, seed=2, steps=STEPS, verbose=0, **options)
        ratios = metrics.peak_signal_to_noise_ratio(found.images, images)
        low, median, high = np.percentile(ratios, [25, 50, 75])
        print(f"From {name}: median {median:.1f} dB, quartiles {low:.1f} and {high:.1f}")
    return found


def draw(gan, found):
    """Returns digits with the right half of another digit, and with a stroke."""
    height, width = found.images.shape[1:3]
    left = np.zeros((height, width))
    left[:, : width // 2] = 1
    stroke = np.zeros((height, width))
    stroke[height // 2 - 1 : height // 2 + 2, width // 2 : -width // 5] = 1
    start = found.latents[:SHOWN]
    kept = latents.Pixels(found.images[:SHOWN], left, weight=2.0)
    other = latents.Pixels(np.roll(found.images[:SHOWN], 1, axis=0), 1 - left)
    line = latents.Pixels([1.0], stroke)
    for name, constraint in {"another's half": other, "a stroke": line}.items():
        edited = latents.edit(gan, start, [kept, constraint], steps=STEPS, verbose=0)
        change = np.abs(edited.images - found.images[:SHOWN]).mean(axis=(0, 3))
        print(
            f"With {name}: left pixels moved by {change[left == 1].mean():.3f}, right ones by "
            f"{change[left == 0].mean():.3f} of a range of 2"
        )
        yield edited.images


def animate(gan, points, path):
    """Saves a film of the way through latents and back to the first."""
    ways = [
        latents.interpolate(one, other, FRAMES_BETWEEN + 1)[:-1]
        for one, other in zip(points, np.roll(points, -1, axis=0), strict=True)
    ]
    images = gan.generate(latents=np.concatenate(ways))
    large = images.repeat(4, axis=1).repeat(4, axis=2)
    frames = [gankit.make_grid(image[None]) for image in large]
    gankit.save_animation(frames, path, frame_duration=0.08, last_frame_duration=0.08)


def main(path, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    gan = gankit.load(path)
    images = gan.generate(NUM_IMAGES, seed=0)
    found = project(gan, images, train_encoder(gan))
    rows = np.concatenate([images[:SHOWN], found.images[:SHOWN]])
    gankit.save_grid(rows, folder / "projection.png", columns=SHOWN)
    rows = np.concatenate([images[:SHOWN], *draw(gan, found)])
    gankit.save_grid(rows, folder / "edits.png", columns=SHOWN)
    animate(gan, found.latents[:SHOWN], folder / "interpolation.gif")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw with a GAN of digits.")
    parser.add_argument("--gan", required=True, help="a .keras file of a GAN without a condition")
    parser.add_argument("--folder", type=Path, default=Path("drawing"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.gan, arguments.folder)
