"""Are GANs created equal? Every loss on the same networks, data and steps, judged by FID.

    python examples/compare_losses.py --folder study --budget small

After Lucic et al. 2018, "Are GANs Created Equal? A Large-Scale Study", arXiv:1711.10337: a loss is
worth what it gives over several seeds and learning rates, not in its best run. Each loss, without
and with a gradient penalty, trains the quick start's DCGAN on the 5,000 embedded digits; 5,000
generated digits are compared with them in the features of the embedded classifier. A run is a row
of ``runs.csv``, written when it is done: stop whenever you like, the next start goes on with what
is missing. ``table.md`` and, with matplotlib, ``fid.png`` show what is there.
"""

import argparse
import csv
import itertools
from pathlib import Path

import keras
import numpy as np
from compare_recipes import finite, plot_ranking

import gankit
from gankit import architectures, data, losses, metrics, penalties

IMAGE_SHAPE = (28, 28, 1)
BATCH_SIZE = 64
FILTERS = 32
BETA_1 = 0.5
NUM_IMAGES = 5000
VALUES = ("fid", "kid", "precision", "recall")
PENALTIES = {"none": None, "gradient": penalties.GradientPenalty(10.0)}


BUDGETS = {  # steps, learning rates, seeds
    "small": (600, (2e-4, 1e-3), 2),
    "medium": (3000, (1e-4, 3e-4, 1e-3), 3),
    "large": (20000, (1e-4, 2e-4, 5e-4, 1e-3), 5),
}


def main(folder, budget):
    steps, learning_rates, seeds = budget
    folder.mkdir(parents=True, exist_ok=True)
    extractor = metrics.extractors.digits()
    digits, _ = data.sample_digits()
    real = metrics.extract(digits, extractor, file=folder / "digits.npz")
    wanted = [
        {"loss": loss, "penalty": penalty, "learning_rate": rate, "seed": seed}
        for seed, rate, loss, penalty in itertools.product(
            range(seeds), learning_rates, losses.NAMES, PENALTIES
        )
    ]
    done = read(folder / "runs.csv")
    for number, run in enumerate(wanted, start=1):
        run |= {"steps": steps}
        if find(done, run) is None:
            row = run | judge(train(digits, **run), real, extractor)
            append(folder / "runs.csv", row)
            print(f"{number} of {len(wanted)}:", row, flush=True)
    rows = read(folder / "runs.csv")
    show([find(rows, run) for run in wanted], folder)


def train(digits, loss, penalty, learning_rate, seed, steps):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    gan = gankit.GAN(
        architectures.dcgan.build_generator(IMAGE_SHAPE, filters=FILTERS),
        architectures.dcgan.build_discriminator(IMAGE_SHAPE, FILTERS),
        generator_ema=None,
        seed=seed,
    )
    gan.compile(
        keras.optimizers.Adam(learning_rate, BETA_1),
        keras.optimizers.Adam(learning_rate, BETA_1),
        loss,
        PENALTIES[penalty],
    )
    dataset = data.from_arrays(digits, batch_size=BATCH_SIZE, seed=seed)
    gan.fit(dataset.repeat(), steps_per_epoch=steps, verbose=0)
    return gan


def judge(gan, real, extractor):
    images = gan.generate(NUM_IMAGES, seed=0)
    if not np.isfinite(images).all():  # the run has diverged, which is a result too
        return dict.fromkeys(VALUES, np.nan)
    fake = metrics.extract(images, extractor, verbose=0)
    values = metrics.measure(real, fake, ["fid", "kid", "precision_recall"])
    return {name: values[name] for name in VALUES}


def read(path):
    return list(csv.DictReader(path.open())) if path.exists() else []


def find(rows, run):
    same = (row for row in rows if all(row[name] == str(value) for name, value in run.items()))
    return next(same, None)


def append(path, row):
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def show(rows, folder):
    fids = {}
    for row in rows:
        fids.setdefault((row["loss"], row["penalty"]), []).append(float(row["fid"]))
    ranked = sorted(fids, key=lambda name: np.median(np.nan_to_num(fids[name], nan=np.inf)))
    lines = ["| loss | penalty | median FID | best | worst | runs | diverged |", "|---" * 7 + "|"]
    for name in ranked:
        good = finite(fids[name])
        figures = " | ".join(f"{f(good):.1f}" for f in (np.median, min, max))
        diverged = int(np.isnan(fids[name]).sum())
        lines.append(f"| {' | '.join(name)} | {figures} | {len(fids[name])} | {diverged} |")
    (folder / "table.md").write_text("\n".join(lines) + "\n")
    print(*lines, sep="\n")
    values = {" + ".join(name): fids[name] for name in ranked}
    label = "FID on the features of the digit classifier, lower is better"
    plot_ranking(values, label, folder / "fid.png", height=4)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare losses by FID on the embedded digits.")
    parser.add_argument("--folder", type=Path, default=Path("compare_losses"))
    parser.add_argument("--budget", choices=BUDGETS, default="small")
    arguments = parser.parse_args()
    main(arguments.folder, BUDGETS[arguments.budget])
