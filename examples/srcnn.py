"""Sharper than cubic interpolation, without a GAN: Dong et al. 2015, arXiv:1501.00092.

    python examples/srcnn.py --photos BSD100 --test Set5 --factor 3 --steps 20000 --folder srcnn

``--photos`` and ``--test`` are folders of images. Three convolutions, trained by plain Keras on the
luma of small patches, get a patch that was shrunk and enlarged again, and learn what it was. Prints
the peak signal-to-noise ratio on the test images next to that of cubic interpolation, as papers
measure it, and writes the network and ``srcnn.png``: interpolated, sharpened, true.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from PIL import Image

import gankit
from gankit import data, metrics
from gankit.architectures import srcnn

PATCH_SIZE = 48
BATCH_SIZE = 32
PATCHES_PER_IMAGE = 32
LEARNING_RATE = 1e-3
SHOWN = 96  # pixels of the picture's square parts


def make_dataset(photos, factor):
    """Returns pairs of patches for ``fit``: enlarged ones, and what they were."""
    size = PATCH_SIZE // factor * factor
    dataset = data.from_high_resolution(
        photos,
        factor=factor,
        patch_size=(size, size),
        batch_size=BATCH_SIZE,
        patches_per_image=PATCHES_PER_IMAGE,
        color_mode="grayscale",
        cache=True,
    )
    return dataset.map(lambda patches, small: (data.resize_bicubic(small, (size, size)), patches))


def load_test_images(folder, factor):
    """Returns the luma of each image in [-1, 1], cut to a multiple of the factor."""
    images = {}
    for path in sorted(Path(folder).iterdir()):
        luma = np.asarray(Image.open(path).convert("L"), "float32")[None, ..., None]
        height, width = (side // factor * factor for side in luma.shape[1:3])
        images[path.stem] = luma[:, :height, :width] / 127.5 - 1
    return images


def degrade(image, factor):
    """Returns an image shrunk and enlarged by cubic interpolation."""
    height, width = image.shape[1:3]
    small = data.resize_bicubic(image, (height // factor, width // factor))
    return np.clip(data.resize_bicubic(small, (height, width)), -1, 1)


def compare(images, enlarged, sharpened, factor):
    """Prints each image's values, and returns their means: interpolated, sharpened."""
    values = []
    for name, image in images.items():
        pair = [
            metrics.peak_signal_to_noise_ratio(one[name], image, border=factor, luma=True)[0]
            for one in (enlarged, sharpened)
        ]
        print(f"{name}: {pair[0]:.2f} dB interpolated, {pair[1]:.2f} dB sharpened")
        values.append(pair)
    return np.mean(values, axis=0)


def draw(images, enlarged, sharpened, path):
    """Saves the middle of each image: interpolated, sharpened, true."""
    rows = []
    for name, image in images.items():
        top, left = (max(side - SHOWN, 0) // 2 for side in image.shape[1:3])
        middle = np.s_[:, top : top + SHOWN, left : left + SHOWN]
        rows += [one[name][middle] for one in (enlarged, sharpened, images)]
    gankit.save_grid(np.concatenate(rows), path, columns=3)


def main(photos, test, factor, steps, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    images = load_test_images(test, factor)
    network = srcnn.build_network()
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    network.compile(keras.optimizers.Adam(rate), "mse")
    per_epoch = min(steps, 500)
    dataset = make_dataset(photos, factor).repeat()
    network.fit(
        dataset,
        epochs=steps // per_epoch,
        steps_per_epoch=per_epoch,
        shuffle=False,  # the data do that
        verbose=2,
    )
    network.save(folder / "srcnn.keras")
    enlarged = {name: degrade(image, factor) for name, image in images.items()}
    sharpened = {
        name: np.clip(network.predict(image, verbose=0), -1, 1) for name, image in enlarged.items()
    }
    means = compare(images, enlarged, sharpened, factor)
    print(f"Mean: {means[0]:.2f} dB interpolated, {means[1]:.2f} dB sharpened")
    draw(images, enlarged, sharpened, folder / "srcnn.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train SRCNN on photos.")
    parser.add_argument("--photos", required=True, help="a folder of images to learn from")
    parser.add_argument("--test", required=True, help="a folder of images to measure by")
    parser.add_argument("--factor", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=Path("srcnn"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.photos, arguments.test, arguments.factor, arguments.steps, arguments.folder)
