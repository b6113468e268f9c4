"""A training step of each write-up's networks, gankit's and others'.

python tests/benchmarks/training.py --experiments A B --rounds 3
"""

import argparse
import os
from functools import partial

import keras
import numpy as np
from candidates import CANDIDATES, EXPERIMENTS, build_networks
from measure import describe, machine, matrix_product_rate, run, table, take_turns

from gankit.layers import UpsampleConv2D


def count_operations(experiment, batch_size):
    """Returns the floating-point operations of gankit's step, from the layers' products.

    The generator runs forward once, and backward to its weights and its inputs. The discriminator
    does so for real and for fake, and once more for the generator: forward, and backward to its
    inputs. What comes first in each network needs no gradient of its inputs in its own phase.
    """
    generator, discriminator = map(products, build_networks(experiment))
    in_generator = 3 * sum(generator) - generator[0]
    in_discriminator = 8 * sum(discriminator) - 2 * discriminator[0]
    return 2 * batch_size * (in_generator + in_discriminator)


def products(network):
    """Returns the multiplications for one image, in each layer that has a kernel."""
    return [
        count
        for layer in network.layers
        if hasattr(layer, "kernel") and (count := count_products(layer))
    ]


def count_products(layer):
    size = int(np.prod(layer.kernel.shape))
    if isinstance(layer, UpsampleConv2D):
        _, height, width, channels = layer.input.shape
        return height * width * min(layer.products) * channels * layer.filters
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return size * int(np.prod(layer.input.shape[1:3]))
    if isinstance(layer, keras.layers.Conv2D):
        return size * int(np.prod(layer.output.shape[1:3]))
    return size


def main(arguments):
    print(machine(), flush=True)
    rate = matrix_product_rate()
    print(
        f"\nA product of matrices of 4096x4096 in float32: {rate / 1e9:.0f} GFLOP/s\n", flush=True
    )
    rows = []
    for experiment in arguments.experiments:
        settings = (experiment, arguments.batch_size, arguments.steps)
        candidates = {
            name: partial(run, "candidates.py", name, *settings) for name in arguments.candidates
        }
        times = take_turns(candidates, arguments.rounds)
        ours = np.median(times["gankit"])
        operations = count_operations(experiment, arguments.batch_size)
        for name, numbers in times.items():
            speed = operations / np.median(numbers)
            of_machine = f"{speed / 1e9:.0f} ({speed / rate:.0%})" if name == "gankit" else ""
            ratio = f"{np.median(numbers) / ours:.2f}"
            rows.append([experiment, name, describe(numbers, 1000), ratio, of_machine])
    header = ["networks", "candidate", "ms a step", "times gankit's", "GFLOP/s (of the product's)"]
    print(table(header, rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure training steps.")
    parser.add_argument("--experiments", nargs="+", choices=EXPERIMENTS, default=[*EXPERIMENTS])
    parser.add_argument("--candidates", nargs="+", choices=CANDIDATES, default=[*CANDIDATES])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="that are counted, a process")
    parser.add_argument("--batch_size", type=int, default=128)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(parser.parse_args())
