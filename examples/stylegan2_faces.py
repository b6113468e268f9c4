"""Faces by StyleGAN2: what it learns in some minutes of a processor, and what its styles do.

    python examples/stylegan2_faces.py --path photos
    python examples/stylegan2_faces.py --path photos --recipe modern

The second line trains ``gankit.recipes.modern`` on the same photos for the same time, with the same
augmentation. At every quarter of the time both write a model, a grid, and a row of ``kid.csv``: the
seconds, the images seen, and the KID of 3,000 images, times 1,000, with its deviation. In the end
StyleGAN2 shows what it is chosen for: ``mixing.png``, faces with the coarse styles of their column
and the fine styles of their row; ``truncation.png``, faces on the way to the mean; and
``directions.png``, what the principal directions of w change, one in each row.
"""

import argparse
import csv
import time
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import architectures, data, latents, metrics, recipes
from gankit.augment import DiffAugment
from gankit.penalties import R1

LATENT_DIM = 128
BATCH_SIZES = {"stylegan2": 32, "modern": 64}
LOOKS = 4


def build(recipe, shape, num_images, filters):
    keras.utils.set_random_seed(0)
    if recipe == "modern":
        return recipes.modern(shape, num_images, seed=0)
    styles = {"latent_dim": LATENT_DIM, "style_dim": LATENT_DIM, "mapping_layers": 2}
    widths = {"filters": filters, "widest": 8 * filters}
    gan = gankit.StyleGAN2(
        architectures.stylegan2.build_generator(shape, **widths, **styles),
        architectures.stylegan2.build_discriminator(shape, **widths),
        augment=DiffAugment(["translation", "cutout"]),
        seed=0,
    )
    gan.compile(penalty=R1(0.1, every=16))  # in 90 seconds a KID of 754, by the default 1,485
    return gan


class Look(keras.callbacks.Callback):
    """Judges and keeps a GAN now and then by the processor's clock, which stands meanwhile."""

    def __init__(self, name, seconds, photos, extractor, folder):
        super().__init__()
        self.name, self.seconds, self.folder, self.extractor = name, seconds, folder, extractor
        self.real = metrics.extract(photos, extractor, verbose=0)
        self.steps, self.taken, self.looks = 0, 0.0, 0

    def on_train_batch_end(self, batch, logs=None):
        now, self.steps = time.process_time(), self.steps + 1
        self.taken += now - getattr(self, "last", now)  # the first step builds a graph
        while self.looks < LOOKS and self.taken >= self.seconds * (self.looks + 1) / LOOKS:
            self.looks += 1
            self.judge()
        self.model.stop_training = self.looks == LOOKS
        self.last = time.process_time()

    def judge(self):
        made = self.model.generate(3000, seed=0)
        kid = metrics.kernel_distance(self.real, metrics.extract(made, self.extractor, verbose=0))
        row = [self.name, round(self.taken), self.steps * BATCH_SIZES[self.name]]
        row += [round(1000 * part, 1) for part in kid]
        with (self.folder / "kid.csv").open("a", newline="") as file:
            csv.writer(file).writerow(row)
        gankit.save_grid(made[:32], self.folder / f"{self.name}_{self.looks}.png", columns=8)
        self.model.save(self.folder / f"{self.name}.keras")


def show_styles(gan, folder):
    drawn = np.random.default_rng(0).normal(size=(12, LATENT_DIM)).astype("float32")
    mean, half = gan.mean_w.numpy(), gan.num_layers // 2
    w = mean + 0.7 * (gan.styles(drawn) - mean)
    grid = [np.ones_like(gan.synthesize(w[:1])), gan.synthesize(w[:7])]
    for fine in w[7:11]:
        mixed = w[:7, None].repeat(gan.num_layers, axis=1)
        mixed[:, half:] = fine
        grid += [gan.synthesize(fine[None]), gan.synthesize(mixed)]
    gankit.save_grid(np.concatenate(grid), folder / "mixing.png", columns=(1, 7))
    grid = [gan.generate(latents=drawn[:8], truncation=share) for share in (0, 0.4, 0.7, 1, 1.3)]
    gankit.save_grid(np.concatenate(grid), folder / "truncation.png", columns=8)
    deviations, directions = np.linspace(-2.5, 2.5, 8), latents.find_principal_directions(gan, 4)
    grid = [gan.synthesize(w[0] + deviations[:, None] * direction) for direction in directions]
    gankit.save_grid(np.concatenate(grid), folder / "directions.png", columns=8)


def main(arguments):
    folder, name, size = arguments.folder, arguments.recipe, arguments.size
    folder.mkdir(parents=True, exist_ok=True)
    photos = data.from_directory(arguments.path, image_size=(size, size), batch_size=1)
    photos = np.concatenate(list(photos))
    extractor = metrics.extractors.find(arguments.extractor)
    gan = build(name, photos.shape[1:], len(photos), arguments.filters)
    look = Look(name, 60 * arguments.minutes, photos, extractor, folder)
    dataset = data.from_arrays(photos, batch_size=BATCH_SIZES[name], flip="horizontal")
    gan.fit(dataset, epochs=10_000, callbacks=[look], verbose=0)
    if name == "stylegan2":
        show_styles(gan, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="StyleGAN2 on photos of faces.")
    parser.add_argument("--path", required=True, help="a folder of photos")
    parser.add_argument("--recipe", choices=BATCH_SIZES, default="stylegan2")
    parser.add_argument("--size", type=int, default=32, help="height and width in pixels")
    parser.add_argument("--filters", type=int, default=16, help="StyleGAN2's, at full size")
    parser.add_argument("--minutes", type=float, default=28, help="of the processor")
    parser.add_argument("--extractor", default="inception", help="what judges: or a .keras file")
    parser.add_argument("--mixed", action="store_true", help="compute in mixed_bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("stylegan2"), help="where to write")
    arguments = parser.parse_args()
    keras.config.set_dtype_policy("mixed_bfloat16" if arguments.mixed else "float32")
    main(arguments)
