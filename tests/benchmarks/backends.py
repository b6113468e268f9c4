"""A training step of three write-ups' networks on each of Keras's backends.

    python tests/benchmarks/backends.py --rounds 3 tensorflow jax=envs/jax/bin/python

Each backend is a name, and the Python that has it if that is another one. Every round starts a
process for each, trains some steps that don't count, and times the steps after them as one: JAX
goes on to the next before one has ended.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from functools import partial

import keras
import numpy as np
from measure import describe, table, take_turns

import gankit
from gankit.architectures import acgan, tanh_upsampling

WARM_UP = 4  # steps that are not counted: the first ones compile and fill caches

# networks, image shape, number of classes
EXPERIMENTS = {
    "A": (tanh_upsampling, (28, 28, 1), None),
    "B": (acgan, (28, 28, 1), 10),
    "E64": (tanh_upsampling, (64, 64, 3), None),
}


class OneBatch(keras.utils.PyDataset):
    """The same batch again and again, so that reading costs nothing."""

    def __init__(self, batch, number):
        super().__init__()
        self.batch = batch
        self.number = number

    def __len__(self):
        return self.number

    def __getitem__(self, index):
        return self.batch


def build_gan(experiment):
    module, image_shape, num_classes = EXPERIMENTS[experiment]
    options = {"num_classes": num_classes} if num_classes else {}
    gan = (gankit.ACGAN if num_classes else gankit.GAN)(
        module.build_generator(image_shape, latent_dim=100, **options),
        module.build_discriminator(image_shape, **options),
        generator_ema=None,
    )
    rates = [keras.optimizers.SGD(0.0005, momentum=0.9, nesterov=True) for _ in range(2)]
    gan.compile(*rates, penalty=None)
    return gan


def make_batch(experiment, batch_size):
    _, image_shape, num_classes = EXPERIMENTS[experiment]
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (batch_size, *image_shape)).astype("float32")
    if num_classes is None:
        return (images,)
    return images, random.integers(0, num_classes, batch_size).astype("int32")


def measure(experiment, batch_size, steps):
    """Returns the seconds of a step, and those of the first steps together."""
    gan, batch = build_gan(experiment), make_batch(experiment, batch_size)
    start = time.perf_counter()
    gan.fit(OneBatch(batch, WARM_UP), verbose=0)
    begun = time.perf_counter()
    gan.fit(OneBatch(batch, steps), verbose=0)
    return [(time.perf_counter() - begun) / steps, begun - start]


def run(backend, *settings):
    name, _, python = backend.partition("=")
    finished = subprocess.run(
        [python or sys.executable, __file__, "--settings", *map(str, settings)],
        env=os.environ | {"KERAS_BACKEND": name},
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr[-3000:])
    return [json.loads(finished.stdout.strip().splitlines()[-1])]


def main(arguments):
    rows = []
    for experiment in arguments.experiments:
        settings = (experiment, arguments.batch_size, arguments.steps)
        candidates = {name: partial(run, name, *settings) for name in arguments.backends}
        for name, numbers in take_turns(candidates, arguments.rounds, verbose=False).items():
            steps, first = zip(*numbers, strict=True)
            rows.append(
                [experiment, name.partition("=")[0], describe(steps, 1000), describe(first)]
            )
            print(rows[-1], file=sys.stderr, flush=True)
    print(table(["networks", "backend", "ms a step", "s for the first four"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure training steps on each backend.")
    parser.add_argument("backends", nargs="*", default=["tensorflow"])
    parser.add_argument("--experiments", nargs="+", choices=EXPERIMENTS, default=[*EXPERIMENTS])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="that are counted, a process")
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--settings", nargs=3, help="one measurement, in here")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    arguments = parser.parse_args()
    if arguments.settings:
        name, batch_size, steps = arguments.settings
        print(json.dumps(measure(name, int(batch_size), int(steps))))
    else:
        main(arguments)
