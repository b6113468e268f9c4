"""A modern default beside DCGAN, for equal times, on a folder of photos.

    python examples/modern_default.py --path photos --minutes 10 --folder modern

R3GAN's residual networks, its loss and penalties (Huang et al. 2025, arXiv:2501.05441), with an
average of the generator's weights and ADA, against DCGAN as its paper has it (Radford et al. 2015,
arXiv:1511.06434). The extractor of the FID is a network that learned to tell how the same photos
are turned (Gidaris et al. 2018, "Unsupervised Representation Learning by Predicting Image
Rotations", arXiv:1803.07728), which needs no labels and no download; it is made once and kept in
``--folder``. Prints a table, and writes both GANs and pictures of both.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import augment, callbacks, data, metrics
from gankit.architectures import dcgan, r3gan
from gankit.penalties import R1, R2

BATCH_SIZE = 32
NUM_FEATURES = 64
EXTRACTOR_EPOCHS = 15

# A sixth of the paper's width and half of its blocks, for some minutes on a CPU.
FILTERS, BLOCKS = 16, 1
PENALTY_EVERY = 4  # steps; each then weighs as much as four
GAMMA = 1.0
IMAGES_TO_ONE = 50_000  # ADA's, a tenth of its paper's: there are fewer photos


def make_r3gan(shape):
    gan = gankit.GAN(
        r3gan.build_generator(shape, filters=FILTERS, blocks=BLOCKS),
        r3gan.build_discriminator(shape, filters=FILTERS, blocks=BLOCKS),
        generator_ema=0.99,
        augment=augment.ADA(["color", "translation"], images_to_one=IMAGES_TO_ONE),
        seed=0,
    )
    gan.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
        keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
        loss="relativistic",
        penalty=R1(GAMMA, every=PENALTY_EVERY) + R2(GAMMA, every=PENALTY_EVERY),
    )
    return gan


def make_dcgan(shape):
    gan = gankit.GAN(dcgan.build_generator(shape), dcgan.build_discriminator(shape), seed=0)
    gan.compile()  # the paper's optimizers
    return gan


def make_extractor(photos):
    """Returns a network from photos to features by which it learned to tell how they are turned."""
    keras.utils.set_random_seed(0)
    images = x = keras.Input(photos.shape[1:])
    for units in (16, 32, 64, NUM_FEATURES):
        x = keras.layers.Conv2D(units, 3, strides=2, padding="same", use_bias=False)(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    features = keras.layers.GlobalAveragePooling2D()(x)
    turns = keras.Model(images, keras.layers.Dense(4)(features))
    turned = np.concatenate([np.rot90(photos, turn, axes=(1, 2)) for turn in range(4)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    turns.compile("adam", loss, metrics=["accuracy"])
    answers = np.repeat(np.arange(4), len(photos))
    turns.fit(turned, answers, epochs=EXTRACTOR_EPOCHS, verbose=2)
    return keras.Model(images, features, name="turned_photos")


def main(path, size, minutes, folder):
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"image_size": (size, size), "batch_size": BATCH_SIZE}
    dataset = data.from_directory(path, cache=True, **sizes)
    photos = np.concatenate(list(data.from_directory(path, shuffle=False, **sizes)))
    file = folder / "extractor.keras"
    if not file.exists():
        make_extractor(photos).save(file)
    extractor = keras.models.load_model(file)
    real = metrics.extract(photos, extractor, verbose=0)
    print("| networks | parameters of the generator | steps | FID | KID x 1000 |")
    print("|---|---|---|---|---|")
    for name, make in {"dcgan": make_dcgan, "r3gan": make_r3gan}.items():
        keras.utils.set_random_seed(0)
        gan = make(photos.shape[1:])
        stop = callbacks.StopAfter(60 * minutes)
        gan.fit(dataset, epochs=10_000, callbacks=[stop], verbose=2)
        gan.save(folder / f"{name}.keras")
        images = gan.generate(len(photos), seed=0)
        gankit.save_grid(images[:64], folder / f"{name}.png")
        made = metrics.extract(images, extractor, verbose=0)
        steps = gan.optimizer.iterations.numpy()
        fid, kid = metrics.frechet_distance(real, made), metrics.kernel_distance(real, made).mean
        parameters = gan.generator.count_params()
        print(f"| {name} | {parameters:,} | {steps:,} | {fid:.2f} | {1000 * kid:.2f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare R3GAN with DCGAN on photos.")
    parser.add_argument("--path", required=True, help="a folder of photos")
    parser.add_argument("--size", type=int, default=64, help="height and width in pixels")
    parser.add_argument("--minutes", type=float, default=10, help="for each of both")
    parser.add_argument("--folder", type=Path, default=Path("modern"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.path, arguments.size, arguments.minutes, arguments.folder)
