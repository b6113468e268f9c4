"""What else users wait for: importing, the first step, generating; and how a step grows.

python tests/benchmarks/use.py --rounds 5
"""

import argparse
import json
import os
import subprocess
import sys
import time
from functools import partial

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BATCH_SIZES = (16, 32, 64, 128, 256, 512)
IMAGE_SIZES = (32, 64, 128)


def seconds_to_import(module):
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", f"import {module}"], check=True, stderr=subprocess.DEVNULL
    )
    return [time.perf_counter() - start]


def build_gan(size, filters=32):
    import keras

    import gankit
    from gankit.architectures import dcgan

    keras.utils.set_random_seed(0)
    shape = (size, size, 1)
    generator = dcgan.build_generator(shape, filters=filters)
    gan = gankit.GAN(generator, dcgan.build_discriminator(shape, filters), generator_ema=None)
    gan.compile(penalty=None)
    return gan


def step_times(size, batch_size, steps=8, warm_up=3):
    """Prints the seconds of the first step, and of later ones."""
    import numpy as np

    gan = build_gan(size)
    images = np.zeros((batch_size, size, size, 1), "float32")
    times = []
    for _ in range(steps + warm_up):
        start = time.perf_counter()
        gan.train_on_batch(images)
        times.append(time.perf_counter() - start)
    print(json.dumps([times[0], *times[warm_up:]]))


def generate_speed(number=2000):
    """Prints images a second."""
    gan = build_gan(28, filters=64)
    gan.generate(256)
    start = time.perf_counter()
    gan.generate(number)
    print(json.dumps([number / (time.perf_counter() - start)]))


def main(rounds):
    from measure import describe, machine, run, table, take_turns

    print(machine(), flush=True)
    imports = take_turns(
        {module: partial(seconds_to_import, module) for module in ("keras", "gankit")}, rounds
    )
    rows = [[f"import {module}, s", describe(times)] for module, times in imports.items()]
    speeds = take_turns({"generate": partial(run, "use.py", "--part", "generate")}, rounds)
    rows.append(["generate 28x28, images a second", describe(speeds["generate"])])
    settings = [(28, batch_size) for batch_size in BATCH_SIZES]
    settings += [(size, 64) for size in IMAGE_SIZES]
    first = []
    for size, batch_size in settings:
        times = [run("use.py", "--part", size, batch_size) for _ in range(rounds)]
        first += [one[0] for one in times]
        later = [seconds for one in times for seconds in one[1:]]
        rows.append([f"a step, {size}x{size}, batch {batch_size}, ms", describe(later, 1000)])
        print(rows[-1], file=sys.stderr)
    rows.insert(2, ["the first step, s", describe(first)])
    print(table(["", "median (middle half)"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure waiting.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", nargs="+", help="one measurement, in here")
    arguments = parser.parse_args()
    if arguments.part == ["generate"]:
        generate_speed()
    elif arguments.part:
        step_times(*map(int, arguments.part))
    else:
        main(arguments.rounds)
