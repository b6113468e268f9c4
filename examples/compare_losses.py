"""Are GANs created equal? Every loss in the same recipe, for the same time, judged by FID.

    python examples/compare_losses.py --folder study --budget small

After Lucic et al. 2018, "Are GANs Created Equal? A Large-Scale Study", arXiv:1711.10337: losses
should be compared at equal cost, each at a learning rate that suits it, over several seeds. Each
loss, with and without R1, replaces that of ``recipes.small``. It trains on the 5,000 embedded
digits for the same processor time, once for each learning rate; the best rate is then tried with
new seeds, and only those count. 5,000 generated digits are compared with the real ones in the
features of the embedded classifier. Each run is a row of ``runs.csv``, written as soon as it is
done: stop whenever you like, the next start continues with what is missing. ``table.md`` and, with
matplotlib, ``fid.png`` show the result.
"""

import argparse
import itertools
import time
from pathlib import Path

import keras
import numpy as np
from compare_recipes import append, finite, plot_ranking, read

from gankit import callbacks, data, losses, metrics, penalties, recipes

BATCH_SIZE = 64
NUM_IMAGES = 5000
VALUES = ("fid", "kid", "precision", "recall")
PENALTIES = {"none": None, "R1": penalties.R1(0.1, every=8)}
BUDGETS = {  # seconds of a processor, learning rates, new seeds
    "small": (30, (3e-4, 1e-3, 3e-3), 3),
    "medium": (180, (3e-4, 1e-3, 3e-3), 3),
    "large": (900, (1e-4, 3e-4, 1e-3, 3e-3), 5),
}


def main(folder, budget):
    seconds, learning_rates, seeds = budget
    folder.mkdir(parents=True, exist_ok=True)
    extractor = metrics.extractors.digits()
    digits, _ = data.sample_digits()
    real = metrics.extract(digits, extractor, file=folder / "digits.npz")

    def run(loss, penalty, learning_rate, seed):
        """Returns the row of a run, which is made if it is missing."""
        wanted = {"loss": loss, "penalty": penalty, "learning_rate": learning_rate, "seed": seed}
        wanted |= {"seconds": seconds}
        row = find(read(folder / "runs.csv"), wanted)
        if row is None:
            made = wanted | judge(train(digits, **wanted), real, extractor)
            append(folder / "runs.csv", made)
            row = {name: str(value) for name, value in made.items()}  # as it is read
            print(row, flush=True)
        return row

    rows = []
    for loss, penalty in itertools.product(losses.NAMES, PENALTIES):
        tried = {rate: fid(run(loss, penalty, rate, seed=0)) for rate in learning_rates}
        best = min(tried, key=tried.get)
        rows += [run(loss, penalty, best, seed) for seed in range(1, seeds + 1)]
    show(rows, folder)


def train(digits, loss, penalty, learning_rate, seed, seconds):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    gan = recipes.small(
        digits.shape[1:],
        num_images=len(digits),
        loss=loss,
        penalty=PENALTIES[penalty],
        learning_rate=learning_rate,
        seed=seed,
    )
    dataset = data.from_arrays(digits, batch_size=BATCH_SIZE, seed=seed)
    stop = callbacks.StopAfter(seconds, clock=time.process_time)
    gan.fit(dataset, epochs=100_000, verbose=0, callbacks=[stop])
    return gan


def judge(gan, real, extractor):
    images = gan.generate(NUM_IMAGES, seed=0)
    if not np.isfinite(images).all():  # the run has diverged, which is a result too
        return dict.fromkeys(VALUES, np.nan)
    fake = metrics.extract(images, extractor, verbose=0)
    values = metrics.measure(real, fake, ["fid", "kid", "precision_recall"])
    return {name: values[name] for name in VALUES}


def find(rows, run):
    same = (row for row in rows if all(row[name] == str(value) for name, value in run.items()))
    return next(same, None)


def fid(row):
    """Returns a row's FID; infinity if the run diverged."""
    return np.nan_to_num(float(row["fid"]), nan=np.inf)


def show(rows, folder):
    runs = {}
    for row in rows:
        runs.setdefault((row["loss"], row["penalty"]), []).append(row)
    ranked = sorted(runs, key=lambda name: np.median([fid(row) for row in runs[name]]))
    fids = {name: [float(row["fid"]) for row in runs[name]] for name in ranked}
    lines = ["| loss | penalty | rate | median FID | best | worst | runs | diverged |"]
    lines += ["|---" * 8 + "|"]
    for name in ranked:
        good = finite(fids[name])
        figures = " | ".join(f"{f(good):.1f}" for f in (np.median, min, max))
        names = " | ".join([*name, runs[name][0]["learning_rate"]])
        diverged = int(np.isnan(fids[name]).sum())
        lines.append(f"| {names} | {figures} | {len(fids[name])} | {diverged} |")
    (folder / "table.md").write_text("\n".join(lines) + "\n")
    print(*lines, sep="\n")
    values = {" + ".join(name).removesuffix(" + none"): fids[name] for name in ranked}
    label = "FID on the features of the digit classifier, lower is better"
    plot_ranking(values, label, folder / "fid.png", height=4)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare losses by FID on the embedded digits.")
    parser.add_argument("--folder", type=Path, default=Path("compare_losses"))
    parser.add_argument("--budget", choices=BUDGETS, default="small")
    arguments = parser.parse_args()
    main(arguments.folder, BUDGETS[arguments.budget])
