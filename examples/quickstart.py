"""The quick start: a GAN learns to draw digits, in a few minutes on two CPU cores.

    python examples/quickstart.py --epochs 80 --folder quickstart

Trains on the 5,000 real MNIST digits inside the package and writes into the folder: a grid of
samples for each epoch, ``digits.gif`` of how they came about, ``losses.csv`` (and ``losses.png``
where matplotlib is there), the model as ``digits.keras``, and ``digits.png`` and ``best.png`` from
the model as it was loaded again. Prints how far its digits are from real ones, in the features of
the digit classifier that is inside the package.
"""

import argparse
import csv
from pathlib import Path

import keras

import gankit
from gankit import callbacks, data, metrics, recipes

BATCH_SIZE = 64
SEED = 0


def main(epochs, folder):
    digits, _ = data.sample_digits()
    dataset = data.from_arrays(digits, batch_size=BATCH_SIZE, seed=SEED)

    keras.utils.set_random_seed(SEED)  # the networks' initial weights
    gan = recipes.small(
        digits.shape[1:],
        num_images=len(digits),  # few, so that they are augmented
        total_steps=epochs * len(dataset),  # learning rates fall to zero until then
        seed=SEED,
    )
    samples = folder / "samples"
    gan.fit(
        dataset,
        epochs=epochs,
        callbacks=[
            callbacks.SampleGrid(samples),
            keras.callbacks.CSVLogger(folder / "losses.csv"),
        ],
    )
    gankit.save_animation(sorted(samples.glob("*.png")), folder / "digits.gif", frame_duration=0.1)
    plot_losses(folder / "losses.csv", folder / "losses.png")

    gan.save(folder / "digits.keras")
    loaded = keras.models.load_model(folder / "digits.keras")
    gankit.save_grid(loaded.generate(64, seed=0), folder / "digits.png")
    gankit.save_grid(loaded.generate_best(64, out_of=1280, seed=0), folder / "best.png")
    values = metrics.measure(
        digits, loaded.generate(5000, seed=0), extractor=metrics.extractors.digits()
    )
    print(f"5,000 generated digits: FID {values['fid']:.1f}, KID {values['kid']:.3f}.")
    print(f"Wrote {folder / 'digits.png'} and what led to it.")


def plot_losses(csv_path, picture_path):
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        print("No curves without matplotlib: pip install matplotlib.")
        return
    rows = list(csv.DictReader(csv_path.open()))
    for name in ("discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy"):
        plt.plot([float(row[name]) for row in rows], label=name.replace("_", " "))
    plt.xlabel("epoch")
    plt.legend()
    plt.savefig(picture_path, dpi=100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a GAN on the embedded digits.")
    parser.add_argument("--epochs", type=int, default=80, help="passes over the 5,000 digits")
    parser.add_argument("--folder", type=Path, default=Path("quickstart"), help="where to write")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    main(arguments.epochs, arguments.folder)
