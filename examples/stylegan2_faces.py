"""Faces by StyleGAN2: what it learns in some minutes of a processor, and what its styles do.

    python examples/stylegan2_faces.py --path photos
    python examples/stylegan2_faces.py --path photos --recipe modern

The second line trains ``gankit.recipes.modern`` on the same photos for the same time, with the same
augmentation. At every quarter of the time both write a model, a grid, and a row of ``kid.csv``: the
KID of 3,000 images in the features of a network that learned how the same photos are turned (see
``compare_recipes.py``). In the end StyleGAN2 shows what it is chosen for: ``mixing.png``, faces
with the coarse styles of their column and the fine styles of their row; ``truncation.png``, faces
on the way to the mean; ``directions.png``, the principal directions of w.
"""

import argparse
import csv
import time
from pathlib import Path

import keras
import numpy as np
from compare_recipes import load_extractor

import gankit
from gankit import architectures, data, metrics, recipes
from gankit.augment import DiffAugment

LATENT_DIM = 128
BATCH_SIZES = {"stylegan2": 32, "modern": 64}
LOOKS = 4


def build(recipe, shape, num_images, filters, seed=0):
    keras.utils.set_random_seed(seed)
    if recipe == "modern":
        return recipes.modern(shape, num_images, seed=seed)
    styles = {"latent_dim": LATENT_DIM, "style_dim": LATENT_DIM, "mapping_layers": 2}
    widths = {"filters": filters, "widest": 8 * filters}
    gan = gankit.StyleGAN2(
        architectures.stylegan2.build_generator(shape, **widths, **styles),
        architectures.stylegan2.build_discriminator(shape, **widths),
        augment=DiffAugment(["translation", "cutout"]),
        seed=seed,
    )
    gan.compile()
    return gan


class Look(keras.callbacks.Callback):
    """Judges and keeps a GAN now and then by the processor's clock, which stands meanwhile."""

    def __init__(self, minutes, photos, folder, name):
        super().__init__()
        self.seconds, self.folder, self.name = 60 * minutes, folder, name
        self.steps, self.taken, self.looks, self.last = 0, 0.0, 0, None
        self.extractor = load_extractor(photos, folder / "extractor.keras")
        self.real = metrics.extract(photos, self.extractor, verbose=0)

    def on_train_batch_end(self, batch, logs=None):
        now, self.steps = time.process_time(), self.steps + 1
        self.taken += now - (self.last or now)  # the first step builds a graph
        if self.taken >= self.seconds * (self.looks + 1) / LOOKS:
            self.looks += 1
            self.judge()
        self.model.stop_training = self.looks == LOOKS
        self.last = time.process_time()

    def judge(self):
        made = self.model.generate(3000, seed=0)
        fake = metrics.extract(made, self.extractor, verbose=0)
        kid = metrics.kernel_distance(self.real, fake)
        seen = self.steps * BATCH_SIZES[self.name]
        row = [self.name, round(self.taken), seen, *(round(1000 * part, 2) for part in kid)]
        with (self.folder / "kid.csv").open("a", newline="") as file:
            csv.writer(file).writerow(row)
        print(row, flush=True)
        gankit.save_grid(made[:32], self.folder / f"{self.name}_{self.looks}.png", columns=8)
        self.model.save(self.folder / f"{self.name}.keras")


def show_styles(gan, folder, seed=0):
    """Writes what StyleGAN2 is chosen for."""
    drawn = np.random.default_rng(seed).normal(size=(12, LATENT_DIM)).astype("float32")
    w = gan.mean_w + 0.8 * (gan.styles(drawn) - gan.mean_w)
    layers = np.arange(gan.num_layers)[:, None]
    coarse, fine = w[:6, None, None], w[None, 6:10, None]
    mixed = np.where(layers < gan.num_layers // 2, coarse, fine).swapaxes(0, 1)
    rows = [
        np.concatenate([gan.synthesize(w[6 + row, None]), gan.synthesize(mixed[row])])
        for row in range(4)
    ]
    blank = np.ones_like(rows[0][:1])
    grid = np.concatenate([blank, gan.synthesize(w[:6]), *rows])
    gankit.save_grid(grid, folder / "mixing.png", columns=(1, 6))
    shares = [0.0, 0.4, 0.7, 1.0, 1.3]
    grid = [gan.generate(latents=drawn[:8], truncation=share) for share in shares]
    gankit.save_grid(np.concatenate(grid), folder / "truncation.png", columns=8)


def main(arguments):
    folder, size = arguments.folder, (arguments.size, arguments.size)
    folder.mkdir(parents=True, exist_ok=True)
    options = {"image_size": size, "batch_size": 100, "shuffle": False}
    photos = np.concatenate(list(data.from_directory(arguments.path, **options)))
    name = arguments.recipe
    gan = build(name, photos.shape[1:], len(photos), arguments.filters)
    dataset = data.from_arrays(photos, batch_size=BATCH_SIZES[name], flip="horizontal")
    look = Look(arguments.minutes, photos, folder, name)
    gan.fit(dataset, epochs=10_000, callbacks=[look], verbose=0)
    if name == "stylegan2":
        show_styles(gan, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="StyleGAN2 on photos of faces.")
    parser.add_argument("--path", required=True, help="a folder of photos")
    parser.add_argument("--recipe", choices=BATCH_SIZES, default="stylegan2")
    parser.add_argument("--size", type=int, default=32, help="height and width in pixels")
    parser.add_argument("--filters", type=int, default=16, help="StyleGAN2's, at full size")
    parser.add_argument("--minutes", type=float, default=20, help="of the processor")
    parser.add_argument("--mixed", action="store_true", help="compute in mixed_bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("stylegan2"), help="where to write")
    arguments = parser.parse_args()
    if arguments.mixed:
        keras.config.set_dtype_policy("mixed_bfloat16")
    main(arguments)
