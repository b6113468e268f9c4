"""Rows of a table that look real: CTGAN, Xu et al. 2019, arXiv:1907.00503.

    python examples/table.py --table breast_cancer --steps 6000 --folder table

Trains on three quarters of a table that is inside scikit-learn (``pip install "gankit[tables]"``),
and generates as many rows. Prints how far each column is from the real one, the Wasserstein
distance in standard deviations, or the total variation of categories; how far correlations are; and
how often a classifier is right about the last quarter if it has learned from real rows, or from
generated ones. Next to each distance is that of the last quarter itself, which is real. Writes the
rows, ``table.csv``, the GAN, and ``table.png``.
"""

import argparse
import itertools
from pathlib import Path

import keras
import numpy as np
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import gankit
from gankit import data
from gankit.architectures import ctgan

TABLES = ("breast_cancer", "iris", "wine")
TARGET = "target"
BATCH_SIZE = 500
QUANTILES = np.linspace(0.005, 0.995, 100)


def train(table, steps, seed):
    keras.utils.set_random_seed(seed)
    transformer = data.TableTransformer.fit(table, discrete=[TARGET], seed=seed)
    gan = gankit.CTGAN(
        ctgan.build_generator(transformer.parts, transformer.condition_dim),
        ctgan.build_discriminator(transformer.row_dim, transformer.condition_dim),
        transformer,
        generator_ema=50_000,
        seed=seed,
    )
    gan.compile()
    dataset = data.from_table(table, transformer, batch_size=BATCH_SIZE, seed=seed).repeat()
    gan.fit(dataset, epochs=1, steps_per_epoch=steps, verbose=2)
    return gan


def column_distance(real, other, name):
    """Returns a Wasserstein distance in standard deviations, or the total variation."""
    if name == TARGET:
        shares = [part[name].value_counts(normalize=True) for part in (real, other)]
        return shares[0].sub(shares[1], fill_value=0).abs().sum() / 2
    quantiles = [np.quantile(part[name], QUANTILES) for part in (real, other)]
    return np.abs(quantiles[0] - quantiles[1]).mean() / real[name].std()


def accuracy(rows, test):
    """Returns the share of test rows of which a classifier knows the category, trained on rows."""
    right = []
    for seed in range(5):
        forest = RandomForestClassifier(random_state=seed)
        forest.fit(rows.drop(columns=TARGET), rows[TARGET])
        right.append(forest.score(test.drop(columns=TARGET), test[TARGET]))
    return np.mean(right)


def report(real, made, test):
    """Prints what generated rows are worth, and beside it, what real ones are."""
    distances = [[column_distance(real, x, name) for x in (made, test)] for name in real]
    for name, (of_made, of_test) in zip(real, distances, strict=True):
        print(f"{name:30} {of_made:.3f}   {of_test:.3f}")
    print("{:30} {:.3f}   {:.3f}".format("mean", *np.mean(distances, axis=0)))
    correlations = [part.drop(columns=TARGET).corr().to_numpy() for part in (real, made, test)]
    apart = [np.abs(correlations[0] - other).mean() for other in correlations[1:]]
    print("{:30} {:.3f}   {:.3f}".format("correlations, mean difference", *apart))
    right = accuracy(made, test), accuracy(real, test)
    print("A forest is right on {:.1%} of test rows, of real rows' on {:.1%}.".format(*right))


def draw(real, made, path):
    """Saves histograms of a few columns, and scatter plots of each with the next one."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 3, figsize=(9, 8), layout="constrained")
    names = [name for name in real if name != TARGET][:4]
    for column, (name, other) in enumerate(itertools.pairwise(names)):
        bins = np.linspace(real[name].min(), real[name].max(), 25)
        axes[0, column].hist(real[name], bins, color="lightgray", density=True, label="real")
        axes[0, column].hist(made[name], bins, histtype="step", density=True, label="generated")
        axes[0, column].set_title(name, fontsize=10)
        for row, (rows, title) in enumerate([(real, "real"), (made, "generated")], 1):
            colors = [f"C{kind}" for kind in rows[TARGET]]
            axes[row, column].scatter(rows[name], rows[other], s=6, c=colors)
            axes[row, column].set(xlabel=name, ylabel=other, title=title)
        axes[2, column].set(xlim=axes[1, column].get_xlim(), ylim=axes[1, column].get_ylim())
    axes[0, 0].legend()
    figure.savefig(path, dpi=80)


def main(table, steps, seed, folder):
    folder.mkdir(parents=True, exist_ok=True)
    frame = getattr(datasets, f"load_{table}")(as_frame=True).frame
    real, test = train_test_split(frame, random_state=0, stratify=frame[TARGET])
    gan = train(real, steps, seed)
    gan.save(folder / "table.keras")
    made = gan.generate_table(len(real), seed=seed)
    made.to_csv(folder / "table.csv", index=False)
    report(real, made, test)
    draw(real, made, folder / "table.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Generate rows of a table.")
    parser.add_argument("--table", choices=TABLES, default="breast_cancer")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("table"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.table, arguments.steps, arguments.seed, arguments.folder)
