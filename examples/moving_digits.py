"""The next frame of a film: Mathieu et al. 2015, arXiv:1511.05440, on digits that bounce.

    python examples/moving_digits.py --minutes 4 --folder moving

Two real digits fly through 64x64 pixels. A network of several scales gets four frames and guesses
the fifth. It is trained by the mean squared error, and then from there three times, for equal
times: by that alone, by absolute and gradient differences, and by these and a discriminator. (From
the beginning, absolute differences end in black frames, since most pixels are black.) Prints how
near the frames come to the true ones on films of other digits, beside the last frame as it stands,
and writes the GANs and ``films.gif``: films as they go on, true, and as each network goes on by
itself.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data, metrics
from gankit.architectures import next_frame

SHAPE = (64, 64, 1)
GIVEN_FRAMES = 4
BATCH_SIZE = 16
NUM_TEST_DIGITS = 500
NUM_TEST_FILMS = 256
FILTERS = 16  # an eighth of the paper's, for some minutes on a CPU
LEARNING_RATE = 1e-3
SHOWN = 4
FRAMES = 8  # that each network goes on with, of which the paper looks at two


def make_gan(adversarial_weight):
    keras.utils.set_random_seed(0)
    gan = gankit.NextFrameGAN(
        next_frame.build_generator(SHAPE, GIVEN_FRAMES, filters=FILTERS),
        next_frame.build_discriminator(SHAPE, GIVEN_FRAMES, filters=FILTERS // 2),
        adversarial_weight=adversarial_weight,
        seed=0,
    )
    gan.compile(keras.optimizers.Adam(LEARNING_RATE), keras.optimizers.Adam(1e-4, beta_1=0.5))
    return gan


def train_by_squared_error(gan, dataset, minutes):
    """Trains the generator alone, with plain Keras."""
    gan.generator.compile(keras.optimizers.Adam(LEARNING_RATE), "mse")
    gan.generator.fit(
        dataset.map(lambda next_frames, given: (given, next_frames)),
        epochs=10_000,
        callbacks=[callbacks.StopAfter(60 * minutes)],
        shuffle=False,  # the data do that
        verbose=2,
    )


def train(gan, dataset, minutes):
    gan.fit(dataset, epochs=10_000, callbacks=[callbacks.StopAfter(60 * minutes)], verbose=2)


def report(name, frames, true):
    values = (
        metrics.peak_signal_to_noise_ratio(frames, true),
        metrics.sharpness_difference(frames, true),
        metrics.sharpness(frames),
    )
    psnr, difference, sharpness = (np.mean(value) for value in values)
    print(f"| {name} | {psnr:.2f} | {difference:.2f} | {sharpness:.2f} |")


def draw(films, path):
    """Saves a GIF: a row for each of ``films``, which hold their frames as channels."""
    shown = np.concatenate([film[:SHOWN] for film in films])
    frames = [
        gankit.make_grid(shown[..., time, None], columns=SHOWN) for time in range(shown.shape[-1])
    ]
    gankit.save_animation(frames, path, frame_duration=0.3)


def main(mnist, minutes, folder):
    folder.mkdir(parents=True, exist_ok=True)
    digits, _ = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    dataset = data.moving_digits(
        digits[NUM_TEST_DIGITS:], batch_size=BATCH_SIZE, given_frames=GIVEN_FRAMES
    )
    test = data.moving_digits(
        digits[:NUM_TEST_DIGITS],
        batch_size=NUM_TEST_FILMS,
        num_films=NUM_TEST_FILMS,
        given_frames=GIVEN_FRAMES,
        next_frames=FRAMES,
        seed=1,
    )
    true, given = map(np.asarray, next(iter(test)))
    gans = {
        "squared error": (make_gan(0.0), train_by_squared_error),
        "absolute and gradient difference": (make_gan(0.0), train),
        "the same, and adversarial": (make_gan(0.05), train),
    }
    begun = make_gan(0.0)
    train_by_squared_error(begun, dataset, minutes)
    for number, (gan, learn) in enumerate(gans.values()):
        gan.generator.set_weights(begun.generator.get_weights())
        learn(gan, dataset, minutes)
        gan.save(folder / f"next_frame_{number}.keras")
    print("| next frame | PSNR, dB | sharpness difference, dB | sharpness |\n|---|---|---|---|")
    report("last frame", given[..., -1:], true[..., :1])
    films = [np.concatenate([given, true], axis=-1)]
    for name, (gan, _) in gans.items():
        films.append(np.concatenate([given, gan.generate_film(given, FRAMES)], axis=-1))
        report(name, films[-1][..., GIVEN_FRAMES, None], true[..., :1])
    report("true", true[..., :1], true[..., :1])
    draw(films, folder / "films.gif")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Guess the next frame of films of digits.")
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--minutes", type=float, default=4, help="for each of four trainings")
    parser.add_argument("--folder", type=Path, default=Path("moving"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.mnist, arguments.minutes, arguments.folder)
