"""Whether a seed gives the same GAN twice, and whether a killed run ends as one that went on.

python tests/benchmarks/gpu/again.py --data dogs.npz --images 300k
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

import gankit

# XLA adds in an order of its own on a GPU unless it is asked not to.
FLAGS = {"XLA_FLAGS": "--xla_gpu_deterministic_ops=true"}


def train(data, images, folder, killed=False):
    """Trains in a process of its own, which is killed at its first checkpoint or not."""
    command = [sys.executable, "-m", "gankit", "train", data, "--out", folder, "--images", images]
    with subprocess.Popen([*map(str, command), "--quiet"], env=os.environ | FLAGS) as process:
        while killed and process.poll() is None:
            if list((folder / "checkpoints").glob("*.keras")):
                process.send_signal(signal.SIGKILL)
            time.sleep(0.05)
    return process.returncode


def largest_difference(one, other):
    """Returns the largest difference between the weights of two runs."""
    weights = [gankit.load(folder).get_weights() for folder in (one, other)]
    return max(float(np.abs(a - b).max()) for a, b in zip(*weights, strict=True))


def main(data, images):
    with tempfile.TemporaryDirectory() as folder:
        first, second, stopped = (Path(folder, name) for name in ("first", "second", "stopped"))
        for run in (first, second):
            train(data, images, run)
        print(f"Trained twice: weights differ by {largest_difference(first, second):g}", flush=True)
        status = train(data, images, stopped, killed=True)
        print(f"Killed at its first checkpoint: status {status}", flush=True)
        train(data, images, stopped)
        print(f"Went on after it: weights differ by {largest_difference(first, stopped):g}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train twice, and once with a kill between.")
    parser.add_argument("--data", default="digits", help="as gankit train takes it")
    parser.add_argument("--images", default="20k")
    arguments = parser.parse_args()
    print(f"Keras {keras.__version__} on {keras.backend.backend()}", flush=True)
    main(arguments.data, arguments.images)
