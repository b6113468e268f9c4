"""``UpsampleConv2D`` against ``UpSampling2D`` and ``Conv2D``, forward and backward.

python tests/benchmarks/layers.py --rounds 7
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from measure import describe, machine, table, take_turns

from gankit.layers import UpsampleConv2D

# height and width, channels of the input, filters, kernel, scale
LAYERS = {
    "A, first": (7, 128, 64, 5, 2),
    "A, last": (14, 64, 1, 5, 2),
    "B, first": (7, 128, 128, 3, 2),
    "B, second": (14, 128, 64, 3, 2),
    "D, first": (8, 128, 64, 5, 4),
    "D and E, last": (32, 64, 3, 5, 2),
    "few channels": (32, 8, 8, 3, 2),
    "large, few channels": (64, 16, 16, 3, 2),
    "tiny": (4, 16, 16, 3, 2),
    "one tap": (16, 64, 64, 1, 2),
    "two taps": (16, 64, 64, 2, 2),
    "seven taps": (16, 64, 64, 7, 2),
}


def make_step(layer, images):
    """Returns a function that runs forward and backward and tells the seconds."""
    layer.build(images.shape)

    @tf.function
    def step(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            cost = tf.reduce_sum(layer(images) ** 2)
        return tape.gradient(cost, [images, *layer.trainable_variables])

    def timed():
        start = time.perf_counter()
        step(images)
        return [time.perf_counter() - start]

    timed()
    return timed


def main(rounds, batch_size):
    print(machine(), flush=True)
    rows = []
    for name, (size, channels, filters, kernel_size, scale) in LAYERS.items():
        images = tf.random.normal((batch_size, size, size, channels))
        convolution = keras.layers.Conv2D(filters, kernel_size, padding="same")
        plain = keras.Sequential([keras.layers.UpSampling2D(scale), convolution])
        candidates = {
            "folded": make_step(UpsampleConv2D(filters, kernel_size, scale), images),
            "plain": make_step(plain, images),
        }
        times = take_turns(candidates, rounds, verbose=False)
        folded, plain = (describe(numbers, 1000) for numbers in times.values())
        ratio = sorted(times["plain"])[rounds // 2] / sorted(times["folded"])[rounds // 2]
        shape = f"{size}x{size}x{channels} -> {scale * size}x{scale * size}x{filters}"
        rows.append([name, shape, kernel_size, folded, plain, f"{ratio:.2f}"])
        print(rows[-1], flush=True)
    print(table(["layer", "shape", "kernel", "UpsampleConv2D, ms", "plain, ms", "ratio"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure upsampling convolutions.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batch_size", type=int, default=128)
    main(**vars(parser.parse_args()))
