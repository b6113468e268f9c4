"""Which recipe? Each on the same images, for the same minutes, judged by the same FID.

    python examples/compare_recipes.py --images digits --minutes 3 --seeds 3
    python examples/compare_recipes.py --images photos --path faces --size 64 --minutes 10

Compares ``gankit.recipes`` with a bare ``GAN`` and ``compile()``, with what those were in gankit
0.1, with R3GAN's networks, and with two recipes that many people start from: keras.io's DCGAN and
keras-dcgan. Digits are those inside the package (``--images mnist`` takes all of MNIST), judged in
the features of the embedded classifier. Photos are a folder of your own, judged in the features of
a network that learned how the same photos are turned (Gidaris et al. 2018, arXiv:1803.07728), which
needs no labels and no download. A run is a row of ``runs.csv``, written when it is done: stop
whenever you like, the next start goes on with what is missing. Writes ``table.md``, samples of each
run and, with matplotlib, ``fid.png``.
"""

import argparse
import csv
import math
from pathlib import Path

import keras
import numpy as np
from keras import layers

import gankit
from gankit import callbacks, data, losses, metrics, recipes
from gankit.architectures import dcgan, r3gan, tanh_upsampling
from gankit.augment import ADA
from gankit.penalties import R1, R2

BATCH_SIZE = 64
EXTRACTOR_EPOCHS = 15


def adam(learning_rate, beta_1, beta_2=0.999):
    return {
        f"{network}_optimizer": keras.optimizers.Adam(learning_rate, beta_1, beta_2)
        for network in ("generator", "discriminator")
    }


def defaults(shape, num_images):
    gan = gankit.GAN(dcgan.build_generator(shape), dcgan.build_discriminator(shape))
    gan.compile()
    return gan


def defaults_of_0_1(shape, num_images):
    """The settings of 0.1 with today's networks."""
    gan = gankit.GAN(
        dcgan.build_generator(shape),
        dcgan.build_discriminator(shape, dropout=0.3),
        generator_ema=None,
    )
    gan.compile(**adam(2e-4, beta_1=0.5), penalty=None)
    return gan


def keras_io(shape, num_images):
    """The networks, optimizers and noisy labels of keras.io's DCGAN, for any multiple of four."""
    halvings = 3 if shape[0] % 8 == shape[1] % 8 == 0 else 2
    start = (shape[0] >> halvings, shape[1] >> halvings, 128)
    latents = keras.Input((128,), name="latents")
    x = layers.Reshape(start)(layers.Dense(math.prod(start))(latents))
    for units in (128, 256, 512)[:halvings]:
        x = layers.Conv2DTranspose(units, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Conv2D(shape[-1], 5, padding="same", activation="tanh")(x)
    generator = keras.Model(latents, x)
    images = x = keras.Input(shape, name="images")
    for units in (64, 128, 128)[:halvings]:
        x = layers.Conv2D(units, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    scores = layers.Dense(1)(layers.Dropout(0.2)(layers.Flatten()(x)))
    networks = generator, keras.Model(images, scores)
    gan = gankit.OnePassGAN(*networks, share_fakes=False, generator_ema=None)
    loss = losses.NonSaturating(label_noise=0.05)
    gan.compile(**adam(1e-4, beta_1=0.9), loss=loss, penalty=None)
    return gan


def keras_dcgan(shape, num_images):
    gan = gankit.OnePassGAN(
        tanh_upsampling.build_generator(shape),
        tanh_upsampling.build_discriminator(shape),
        latent_prior="uniform",
        share_fakes=False,
        generator_ema=None,
    )
    optimizers = (keras.optimizers.SGD(5e-4, 0.9, nesterov=True) for _ in range(2))
    gan.compile(*optimizers, penalty=None)
    return gan


def residual(shape, num_images):
    """R3GAN with a sixth of its width and half of its blocks, for minutes on a CPU."""
    gan = gankit.GAN(
        r3gan.build_generator(shape, filters=16, blocks=1),
        r3gan.build_discriminator(shape, filters=16, blocks=1),
        generator_ema=20_000,
        augment=ADA(["translation"], images_to_one=50_000),
    )
    penalty = R1(1.0, every=4) + R2(1.0, every=4)
    gan.compile(**adam(1e-3, 0.0, 0.99), loss="relativistic", penalty=penalty)
    return gan


RECIPES = {
    "recipes.small": lambda shape, num_images: recipes.small(shape, num_images=num_images),
    "recipes.modern": lambda shape, num_images: recipes.modern(shape, num_images=num_images),
    "R3GAN, small": residual,
    "defaults": defaults,
    "defaults of 0.1": defaults_of_0_1,
    "keras.io": keras_io,
    "keras-dcgan": keras_dcgan,
}


def main(arguments):
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    images, extractor = load(arguments)
    real = metrics.extract(images[: arguments.num], extractor, verbose=0)
    wanted = [(name, seed) for seed in range(arguments.seeds) for name in arguments.recipes]
    done = read(folder / "runs.csv")
    for name, seed in wanted:
        if any((row["recipe"], row["seed"]) == (name, str(seed)) for row in done):
            continue
        gan = train(name, images, seed, arguments.minutes)
        made = gan.generate(arguments.num, seed=0)
        gankit.save_grid(made[:64], folder / f"{name}_{seed}.png")
        row = {"recipe": name, "seed": seed, "steps": int(gan.steps_completed)}
        row |= metrics.measure(real, metrics.extract(made, extractor, verbose=0), "fid")
        append(folder / "runs.csv", row)
        print(row, flush=True)
    show(read(folder / "runs.csv"), folder)


def load(arguments):
    """Returns images, float32 in [-1, 1], and what tells them apart."""
    if arguments.images == "photos":
        options = {"image_size": (arguments.size, arguments.size), "batch_size": 1}
        photos = data.from_directory(arguments.path, shuffle=False, **options)
        images = np.concatenate(list(photos))
        return images, load_extractor(images, arguments.folder / "extractor.keras")
    if arguments.images == "digits":
        digits, _ = data.sample_digits()
    else:
        digits, _ = data.load_mnist(arguments.path)
    return digits / 127.5 - 1, metrics.extractors.digits()


def load_extractor(photos, file):
    """Returns a network from photos to features by which it learned to tell how they are turned."""
    if not file.exists():
        keras.utils.set_random_seed(0)
        images = x = keras.Input(photos.shape[1:])
        for units in (16, 32, 64, 64):
            x = layers.Conv2D(units, 3, strides=2, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        features = layers.GlobalAveragePooling2D()(x)
        turns = keras.Model(images, layers.Dense(4)(features))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        turns.compile("adam", loss, metrics=["accuracy"])
        turned = np.concatenate([np.rot90(photos, turn, axes=(1, 2)) for turn in range(4)])
        answers = np.repeat(np.arange(4), len(photos))
        turns.fit(turned, answers, epochs=EXTRACTOR_EPOCHS, verbose=2)
        keras.Model(images, features, name="turned_photos").save(file)
    return keras.models.load_model(file)


def train(name, images, seed, minutes):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    gan = RECIPES[name](images.shape[1:], len(images))
    dataset = data.from_arrays(images, batch_size=BATCH_SIZE, seed=seed)
    gan.fit(dataset, epochs=10_000, callbacks=[callbacks.StopAfter(60 * minutes)], verbose=0)
    return gan


def read(path):
    return list(csv.DictReader(path.open())) if path.exists() else []


def append(path, row):
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def show(rows, folder):
    fids, steps = {}, {}
    for row in rows:
        fids.setdefault(row["recipe"], []).append(float(row["fid"]))
        steps.setdefault(row["recipe"], []).append(int(row["steps"]))
    ranked = sorted(fids, key=lambda name: np.median(fids[name]))
    lines = ["| recipe | median FID | each seed | steps |", "|---" * 4 + "|"]
    for name in ranked:
        each = ", ".join(f"{fid:.1f}" for fid in fids[name])
        lines.append(
            f"| {name} | {np.median(fids[name]):.1f} | {each} | {np.median(steps[name]):,.0f} |"
        )
    (folder / "table.md").write_text("\n".join(lines) + "\n")
    print(*lines, sep="\n")
    values = {name: fids[name] for name in ranked}
    plot_ranking(values, "FID, lower is better", folder / "fid.png", height=3.5)


def plot_ranking(values, label, path, height):
    """Draws a dot for each run and a line at their median, the best row at the top."""
    try:
        import matplotlib.pyplot as plt
        from matplotlib.ticker import LogLocator
    except ImportError:
        print("No plot without matplotlib: pip install matplotlib.")
        return
    figure, axes = plt.subplots(figsize=(8, height), layout="constrained")
    for place, each in enumerate(reversed(values.values())):
        axes.plot(each, [place] * len(each), "o", color="C0", alpha=0.5)
        axes.plot(np.median(finite(each)), place, "k|", markersize=18)
    axes.set_yticks(range(len(values)), list(reversed(values)))
    axes.set(xlabel=label, xscale="log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 4, 5, 6, 8)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    figure.savefig(path, dpi=100)


def finite(fids):
    """Returns the values of runs that did not diverge; NaN where all did, which is not drawn."""
    return [fid for fid in fids if np.isfinite(fid)] or [np.nan]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare recipes at equal time.")
    parser.add_argument("--images", choices=["digits", "mnist", "photos"], default="digits")
    parser.add_argument("--path", help="a folder of photos, or of MNIST's files")
    parser.add_argument("--size", type=int, default=64, help="height and width of photos in pixels")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--minutes", type=float, default=3, help="for each run")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--num", type=int, default=5000, help="generated images to judge by")
    parser.add_argument("--folder", type=Path, default=Path("compare_recipes"))
    main(parser.parse_args())
