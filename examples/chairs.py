"""Chairs from noise: 3D-GAN, Wu et al. 2016, arXiv:1610.07584.

    python examples/chairs.py --voxels modelnet10_chair.npz --minutes 12 --folder chairs

``--voxels`` is an ``.npz`` whose first array holds shapes of 0 and 1, ``(n, depth, height, width)``
or with an axis of one channel. Without it, the shapes are the package's digits, a few voxels thick.
Writes the GAN, ``losses.csv``, ``shapes.png`` with real shapes above generated ones, and
``turning.gif``, and prints how much of each generated shape is one piece.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data, metrics
from gankit.architectures import gan_3d

BATCH_SIZE = 32
FILTERS = 32  # half of the paper's, for some minutes on a CPU
NUM_JUDGED = 100
SHOWN = 8
FRAMES = 36


def load(path):
    """Returns shapes as booleans ``(n, depth, height, width)``, padded to multiples of 8."""
    with np.load(path) as file:
        shapes = file[file.files[0]] > 0
    if shapes.ndim == 5:
        shapes = shapes.squeeze(-1 if shapes.shape[-1] == 1 else 1)
    shapes = shapes[shapes.any(axis=(1, 2, 3))]  # an empty one would be learned like the others
    return np.pad(shapes, [(0, 0), *((-n % 8 // 2, (-n % 8 + 1) // 2) for n in shapes.shape[1:])])


def thicken_digits():
    """Returns digits of 14x14 voxels, 4 thick, that stand in volumes of 16x16x16."""
    digits, _ = data.sample_digits()
    flat = digits[:, ::2, ::2, 0] > 127
    upright = flat[:, ::-1].swapaxes(1, 2)  # width points up
    thick = np.repeat(upright[:, None], 4, axis=1)
    return np.pad(thick, [(0, 0), (6, 6), (1, 1), (1, 1)])


def make_gan(volume_shape):
    gan = gankit.GAN3D(
        gan_3d.build_generator(volume_shape, filters=FILTERS),
        gan_3d.build_discriminator(volume_shape, filters=FILTERS),
        generator_ema=0.99,
        seed=0,
    )
    # The paper's rates, 0.0025 and 0.00001, are for days: its discriminator hardly moves.
    gan.compile(keras.optimizers.Adam(5e-4, 0.5), keras.optimizers.Adam(2e-4, 0.5))
    return gan


def main(voxels, minutes, folder):
    keras.utils.set_random_seed(0)
    shapes = thicken_digits() if voxels is None else load(voxels)
    gan = make_gan((*shapes.shape[1:], 1))
    dataset = data.from_voxels(shapes, batch_size=BATCH_SIZE)
    gan.fit(
        dataset,
        epochs=10_000,
        callbacks=[
            callbacks.StopAfter(60 * minutes),
            keras.callbacks.CSVLogger(folder / "losses.csv"),
        ],
        verbose=2,
    )
    gan.save(folder / "chairs.keras")
    made = gan.generate(NUM_JUDGED, seed=0)
    pieces = metrics.largest_component(made)
    print(f"{gan.optimizer.iterations.numpy()} steps.")
    print(
        f"Share of the largest piece: median {np.nanmedian(pieces):.1%}, least "
        f"{np.nanmin(pieces):.1%}, over 90 % in {np.mean(pieces > 0.9):.0%} of {len(pieces)}; "
        f"{np.isnan(pieces).sum()} are empty."
    )
    real = np.where(shapes[:SHOWN], 1.0, -1.0)
    rows = np.concatenate([real, made[: 2 * SHOWN, ..., 0]])
    gankit.save_grid(gankit.draw_voxels(rows), folder / "shapes.png", columns=SHOWN)
    frames = [
        gankit.make_grid(gankit.draw_voxels(made[:SHOWN], azimuth=angle), columns=SHOWN // 2)
        for angle in np.arange(FRAMES) * 360 / FRAMES
    ]
    gankit.save_animation(
        frames, folder / "turning.gif", frame_duration=0.1, last_frame_duration=0.1
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a 3D-GAN on shapes of voxels.")
    parser.add_argument("--voxels", help="an .npz of shapes")
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--folder", type=Path, default=Path("chairs"), help="where to write")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    main(arguments.voxels, arguments.minutes, arguments.folder)
