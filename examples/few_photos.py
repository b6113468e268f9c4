"""A hundred photos, or a few: FastGAN and a DCGAN with augmentation, for the same time.

    python examples/few_photos.py --path photos --recipe fastgan --minutes 9
    python examples/few_photos.py --path photos --num 100 --recipe modern --minutes 9 --mixed

Trains on ``--num`` photos of a folder and on their mirror images. The folder's other photos judge:
KID in the features of a network that learned how they are turned, which needs no labels and no
download. The minutes are the processor's, so other work on the machine changes nothing. Writes the
model, a grid of samples, and the same samples over the photos of training that are most like them:
where both are the same, the GAN draws by heart.
"""

import argparse
import functools
import time
from pathlib import Path

import keras
import numpy as np
from compare_recipes import load_extractor

import gankit
from gankit import callbacks, data, metrics, recipes
from gankit.architectures import fastgan

SHAPE = (64, 64, 3)
BATCH_SIZES = {"fastgan": 16, "modern": 64}
FILTERS = {"fastgan": 8, "modern": 32}  # for a CPU; 64 and 96 for a GPU
SEED = 0


def load_photos(path):
    """Returns all photos of a folder in a random order, float32 in [-1, 1]."""
    dataset = data.from_directory(path, image_size=SHAPE[:2], batch_size=1, shuffle=False)
    photos = np.concatenate([np.asarray(batch) for batch in dataset])
    return photos[np.random.default_rng(SEED).permutation(len(photos))]


def build_gan(recipe, num_images):
    filters = FILTERS[recipe]
    if recipe == "modern":
        return recipes.modern(SHAPE, num_images, filters=filters, seed=SEED)
    decoder, part_decoder = fastgan.build_decoders(SHAPE, filters)
    return recipes.assemble(
        fastgan.build_generator(SHAPE, latent_dim=128, filters=filters),
        fastgan.build_discriminator(SHAPE, filters),
        variant=functools.partial(gankit.FastGAN, decoder=decoder, part_decoder=part_decoder),
        num_images=num_images,
        learning_rate=4e-4,
        beta_1=0.5,
        generator_ema=10_000,
        seed=SEED,
    )


def judge(made, others, file):
    """Returns the KID of images and photos that were not trained on, times 1,000."""
    extractor = load_extractor(others, file)
    sets = [metrics.extract(images, extractor, verbose=0) for images in (others, made)]
    kid = metrics.kernel_distance(*sets, subset_size=9 * min(len(others), len(made)) // 10)
    return f"{1000 * kid.mean:.0f} ± {1000 * kid.std:.0f}"


def main(arguments):
    folder, recipe, num = arguments.folder, arguments.recipe, arguments.num
    folder.mkdir(parents=True, exist_ok=True)
    photos, others = np.split(load_photos(arguments.path), [num])
    keras.utils.set_random_seed(SEED)
    keras.config.set_dtype_policy("mixed_bfloat16" if arguments.mixed else "float32")
    gan = build_gan(recipe, len(photos))
    keras.config.set_dtype_policy("float32")
    batch_size = min(BATCH_SIZES[recipe], len(photos))
    dataset = data.from_arrays(photos, batch_size=batch_size, flip="horizontal", seed=SEED)
    stop = callbacks.StopAfter(60 * arguments.minutes, clock=time.process_time)
    gan.fit(dataset, epochs=1_000_000, callbacks=[stop], verbose=0)
    gan.save(folder / f"{recipe}_{num}.keras")
    made = gan.generate(arguments.samples, seed=0)
    print("Wrote", gankit.save_grid(made[:36], folder / f"{recipe}_{num}.png", columns=9))
    seen = np.concatenate([photos, photos[:, :, ::-1]])
    nearest = seen[metrics.nearest_neighbours(made[:9], seen).indices[:, 0]]
    pairs = np.concatenate([made[:9], nearest])
    gankit.save_grid(pairs, folder / f"{recipe}_{num}_nearest.png", columns=9)
    file = folder / f"extractor_{num}.keras"  # the same judge for each recipe
    kid = judge(made, others, file) if len(others) else "unknown: no photo is left to judge by"
    print(f"{recipe}, {num} photos: {int(gan.steps_completed):,} steps, KID x 1000 {kid}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN of few photos.")
    parser.add_argument("--path", required=True, help="a folder of photos")
    parser.add_argument("--num", type=int, default=100, help="how many photos to train on")
    parser.add_argument("--recipe", choices=list(FILTERS), default="fastgan")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--samples", type=int, default=1000, help="how many images are judged")
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("few_photos"), help="where to write")
    main(parser.parse_args())
