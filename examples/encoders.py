"""Three GANs with an encoder on MNIST: what comes back of digits that they have never seen.

    python examples/encoders.py --variant vae_gan --minutes 10 --mnist --folder encoders

BiGAN (arXiv:1605.09782), VAE-GAN (arXiv:1512.09300) and AAE (arXiv:1511.05644), for some minutes of
the processor's time. Writes the model, samples, and ``reconstructed.png``: digits of the test set,
and below them what all models in the folder make of them. AAE has two latents: what each place of
their map is decoded to, and, with matplotlib, where the test digits lie on it. Adds a row to
``encoders.csv``: the mean absolute error of reconstructions in [-1, 1], the share of them in which
the embedded classifier finds the digit of the original, and the FID of 10,000 samples.
"""

import argparse
import csv
import time
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data, metrics
from gankit.architectures import bigan, dcgan, mlp, vae_gan

SHAPE = (28, 28, 1)
BATCH_SIZE = 64
NUM_IMAGES = 10_000
SHOWN = 16
FIELDS = ("variant", "seed", "steps", "error", "kept", "fid")


def make_bigan(seed):
    generator = dcgan.build_generator(SHAPE, latent_dim=16, filters=32)
    encoder = dcgan.build_encoder(SHAPE, latent_dim=16, filters=32)
    return gankit.BiGAN(generator, bigan.build_discriminator(SHAPE, 16, 32), encoder, seed=seed)


def make_vae_gan(seed):
    generator = vae_gan.build_generator(SHAPE, latent_dim=32, filters=16)
    encoder = vae_gan.build_encoder(SHAPE, latent_dim=32, filters=16)
    discriminator = vae_gan.build_discriminator(SHAPE, filters=16)
    return gankit.VAEGAN(generator, discriminator, encoder, seed=seed)


def make_aae(seed):
    generator = mlp.build_generator(SHAPE, latent_dim=2, hidden_units=(1000, 1000))
    encoder = mlp.build_encoder(SHAPE, latent_dim=2)
    return gankit.AAE(generator, mlp.build_latent_discriminator(2), encoder, seed=seed)


VARIANTS = {"bigan": make_bigan, "vae_gan": make_vae_gan, "aae": make_aae}


def judge(gan, images):
    """Returns the error of reconstructions, the share that keep their digit, and samples' FID."""
    again = gan.reconstruct_images(images)
    extractor = metrics.extractors.digits()
    known = [metrics.extract(some, extractor, verbose=0) for some in (images, again)]
    samples = metrics.extract(gan.generate(NUM_IMAGES, seed=0), extractor, verbose=0)
    error = float(np.abs(again - (images / 127.5 - 1)).mean())
    kept = float((known[0].classes == known[1].classes).mean())
    return error, kept, metrics.frechet_distance(known[0], samples)


def draw_reconstructions(images, folder):
    """Saves originals, and a row of reconstructions for each variant that has been trained."""
    files = [file for name in VARIANTS if (file := folder / f"{name}.keras").exists()]
    rows = [gankit.load(file).reconstruct_images(images) for file in files]
    grid = np.concatenate([images / 127.5 - 1, *rows])
    gankit.save_grid(grid, folder / "reconstructed.png", columns=SHOWN)


def draw_map(gan, images, labels, folder):
    """Saves what the map of two latents holds: images, and where the digits of each label are."""
    steps = np.linspace(-2.4, 2.4, 20)
    places = np.stack(np.meshgrid(steps, -steps), axis=-1).reshape(-1, 2)
    gankit.save_grid(gan.generate(latents=places), folder / "aae_map.png", padding=0)
    try:
        from matplotlib import pyplot
    except ImportError:
        return print("pip install gankit[plots] draws where the digits lie")
    codes = gan.encode(images)
    figure, axes = pyplot.subplots(figsize=(6.4, 5.6))
    dots = axes.scatter(*codes.T, c=labels, cmap="tab10", vmin=-0.5, vmax=9.5, s=3)
    figure.colorbar(dots, ticks=range(10))
    axes.set(aspect="equal", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
    figure.savefig(folder / "aae_codes.png", dpi=90, bbox_inches="tight")


def main(variant, minutes, seed, mnist, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    images, _ = data.sample_digits() if mnist is False else data.load_mnist(mnist)
    test = data.sample_digits() if mnist is False else data.load_mnist(mnist, "test")
    gan = VARIANTS[variant](seed)
    gan.compile()
    stop = callbacks.StopAfter(60 * minutes, clock=time.process_time)
    dataset = data.from_arrays(images, batch_size=BATCH_SIZE, seed=seed)
    gan.fit(dataset, epochs=10_000, callbacks=[stop], verbose=2)
    gan.save(folder / f"{variant}.keras")
    draw_reconstructions(test[0][:SHOWN], folder)
    gankit.save_grid(gan.generate(100, seed=0), folder / f"{variant}_samples.png")
    if variant == "aae":
        draw_map(gan, *test, folder)
    row = (variant, seed, int(gan.steps_completed), *judge(gan, test[0]))
    with (folder / "encoders.csv").open("a", newline="") as file:
        csv.writer(file).writerows([row] if file.tell() else [FIELDS, row])
    print(dict(zip(FIELDS, row, strict=True)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a GAN with an encoder on digits.")
    parser.add_argument("--variant", choices=VARIANTS, default="vae_gan")
    parser.add_argument("--minutes", type=float, default=10, help="of the processor's time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mnist", nargs="?", default=False, help="all of MNIST")
    parser.add_argument("--folder", type=Path, default=Path("encoders"), help="where to write")
    main(**vars(parser.parse_args()))
