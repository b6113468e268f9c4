"""How long until the images are good: FID or KID over processor seconds and over images seen.

    python tests/benchmarks/time_to_quality.py --images mnist --seconds 1800 --folder quality
    python tests/benchmarks/time_to_quality.py --images photos --path faces --seconds 3600

Trains gankit's recipes, those of ``examples/compare_recipes.py`` that people start from, and, in
plain PyTorch, the networks and numbers of its DCGAN tutorial (``--torch`` names the Python that has
it). Each run pauses at marks that lie a factor of 1.5 apart, makes images and measures them; only
training's own time counts. Stop whenever you like: what is done isn't done again.
"""

import argparse
import csv
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np

from gankit import data, metrics

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "examples"))
import compare_recipes  # noqa: E402 (an example is no package)

FIRST, FACTOR = 15.0, 1.5  # seconds
TORCH = "PyTorch's tutorial"
CONTENDERS = ["recipes.small", "recipes.modern", "keras.io", "keras-dcgan", TORCH]
THRESHOLDS = {"fid": (100, 50, 25), "kid": (0.35, 0.2, 0.1, 0.06)}


class Marks(keras.callbacks.Callback):
    """Measures at marks of processor time; the clock stands still while it does."""

    def __init__(self, seconds, measure):
        super().__init__()
        self.seconds, self.measure = seconds, measure
        self.mark, self.paused, self.start = FIRST, 0.0, None

    def on_train_batch_end(self, batch, logs=None):
        if self.start is None:  # the first step compiles
            self.start = time.process_time()
        taken = time.process_time() - self.start - self.paused
        if taken < self.mark:
            return
        before = time.process_time()
        images = (int(self.model.steps_completed)) * compare_recipes.BATCH_SIZE
        self.measure(taken, images, self.model.generate)
        self.paused += time.process_time() - before
        self.mark *= FACTOR
        self.model.stop_training = self.mark > self.seconds


class Judge:
    """Writes a row for each measurement."""

    def __init__(self, real, extractor, metric, num, path):
        self.extractor, self.metric, self.num, self.path = extractor, metric, num, path
        self.real = metrics.extract(real, extractor, verbose=0)

    def __call__(self, contender, seed, seconds, images, generate):
        made = metrics.extract(generate(self.num, seed=0), self.extractor, verbose=0)
        value = metrics.measure(self.real, made, self.metric)[self.metric]
        row = {"contender": contender, "seed": seed, "seconds": round(seconds, 1)}
        row |= {"images": images, self.metric: value}
        compare_recipes.append(self.path, row)
        print(row, flush=True)


def run_keras(name, seed, images, seconds, judge):
    keras.utils.set_random_seed(seed)
    gan = compare_recipes.RECIPES[name](images.shape[1:], len(images))
    dataset = data.from_arrays(images, batch_size=compare_recipes.BATCH_SIZE, seed=seed)
    marks = Marks(seconds, lambda *what: judge(name, seed, *what))
    gan.fit(dataset, epochs=100_000, callbacks=[marks], verbose=0)


def run_torch(python, seed, images, seconds, judge, folder):
    """Has another Python train, and measures the images that it left at each mark."""
    np.save(folder / "images.npy", images)
    marks = folder / f"torch_{seed}"
    command = [python, Path(__file__).with_name("torch_dcgan.py"), folder / "images.npy", marks]
    marks.mkdir(exist_ok=True)
    numbers = [seed, seconds, judge.num, FIRST, FACTOR]
    subprocess.run([*map(str, command), *map(str, numbers)], check=True)
    for path in sorted(marks.glob("*.npz")):
        with np.load(path) as file:
            made = file["images"] / np.float32(127.5) - 1
            seen = float(file["seconds"]), int(file["seen"])
        judge(TORCH, seed, *seen, partial(give, made))


def give(images, num, seed):
    """Returns images as ``generate`` would."""
    return images


def reach(rows, metric):
    """Returns a table: seconds until each threshold, the median over seeds, for each contender."""
    lines = ["| contender | " + " | ".join(f"{metric} {t}" for t in THRESHOLDS[metric]) + " |"]
    lines += ["|---" * (1 + len(THRESHOLDS[metric])) + "|"]
    for name in CONTENDERS:
        mine = [row for row in rows if row["contender"] == name]
        cells = []
        for threshold in THRESHOLDS[metric]:
            firsts = [
                min(
                    (float(r["seconds"]) for r in mine if good(r, seed, metric, threshold)),
                    default=np.inf,
                )
                for seed in sorted({row["seed"] for row in mine})
            ]
            median = np.median(firsts) if firsts else np.inf
            cells.append(f"{median:.0f} s" if np.isfinite(median) else "not reached")
        if mine:
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def good(row, seed, metric, threshold):
    return row["seed"] == seed and float(row[metric]) <= threshold


def plot(rows, metric, path):
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator

    figure, both = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for axes, along in zip(both, ("seconds", "images"), strict=True):
        for number, name in enumerate(CONTENDERS):
            for seed in sorted({row["seed"] for row in rows}):
                mine = [r for r in rows if (r["contender"], r["seed"]) == (name, seed)]
                x, y = ([float(row[key]) for row in mine] for key in (along, metric))
                axes.plot(x, y, f"C{number}.-", label=name if seed == "0" else None)
        axes.set(xscale="log", yscale="log", xlabel=along)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:,g}")
            axis.set_minor_formatter("")
    both[0].set(xlabel="seconds of one core", ylabel=f"{metric.upper()}, lower is better")
    both[1].legend()
    figure.savefig(path, dpi=100)


def main(arguments):
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    images, extractor = compare_recipes.load(arguments)
    metric = "kid" if arguments.images == "photos" else "fid"
    path = folder / "marks.csv"
    done = {(row["contender"], row["seed"]) for row in compare_recipes.read(path)}
    judge = Judge(images[: arguments.num], extractor, metric, arguments.num, path)
    for seed in range(arguments.seeds):
        for name in arguments.contenders:
            if (name, str(seed)) in done:
                continue
            if name == TORCH:
                run_torch(arguments.torch, seed, images, arguments.seconds, judge, folder)
            else:
                run_keras(name, seed, images, arguments.seconds, judge)
    rows = list(csv.DictReader(path.open()))
    table = reach(rows, metric)
    (folder / "table.md").write_text("\n".join(table) + "\n")
    print(*table, sep="\n")
    plot(rows, metric, folder / "time_to_quality.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure the time until images are good.")
    parser.add_argument("--images", choices=["digits", "mnist", "photos"], default="digits")
    parser.add_argument("--path", help="a folder of photos, or of MNIST's files")
    parser.add_argument("--size", type=int, default=64, help="height and width of photos in pixels")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    parser.add_argument("--seconds", type=float, default=1800, help="for each run, of a processor")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--num", type=int, default=3000, help="generated images to judge by")
    parser.add_argument("--torch", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--folder", type=Path, default=Path("time_to_quality"))
    main(parser.parse_args())
