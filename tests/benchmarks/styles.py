"""StyleGAN2's layers against other ways to compute the same, forward and backward.

python tests/benchmarks/styles.py --rounds 7
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from measure import describe, machine, table, take_turns

from gankit.layers import EqualizedConv2D, ModulatedConv2D
from gankit.layers.resampling import TAPS

SHAPES = [(64, 32, 32), (32, 64, 64), (16, 128, 128)]  # height and width, channels, filters
HALVED = [(64, 32, 64), (32, 64, 128), (16, 128, 128)]


def kernel_for_each(x, style, kernel):
    """Returns what ``ModulatedConv2D`` does, by a grouped convolution of the batch's kernels."""
    kernels = kernel[None] * tf.cast(style, kernel.dtype)[:, None, None, :, None]
    kernels *= tf.math.rsqrt(tf.reduce_sum(kernels**2, axis=(1, 2, 3), keepdims=True) + 1e-8)
    number, size, _, channels = x.shape
    row = tf.reshape(tf.transpose(x, (1, 2, 0, 3)), (1, size, size, number * channels))
    kernels = tf.reshape(tf.transpose(kernels, (1, 2, 3, 0, 4)), (3, 3, channels, -1))
    made = tf.reshape(tf.nn.conv2d(row, kernels, 1, "SAME"), (size, size, number, -1))
    return tf.transpose(made, (2, 0, 1, 3))


def one_kernel(x, kernel):
    """Returns what a halving ``EqualizedConv2D`` does, by a kernel of 6x6 with the filter in it."""
    fold = np.zeros((6, 3), "float32")
    for tap in range(3):
        fold[tap : tap + 4, tap] = TAPS
    fold = tf.cast(fold, kernel.dtype)
    return tf.nn.conv2d(x, tf.einsum("uy,vx,yxcf->uvcf", fold, fold, kernel), 2, "SAME")


def make_step(function, *inputs):
    """Returns a function that runs forward and backward and tells the processor's seconds."""
    weights = [weight.value for weight in getattr(function, "trainable_variables", [])]

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            cost = tf.reduce_sum(tf.cast(function(*inputs), "float32") ** 2)
        return tape.gradient(cost, [*inputs, *weights])

    def timed():
        start = time.process_time()
        step()[0].numpy()
        return [time.process_time() - start]

    timed()
    return timed


def measure(rounds, batch_size, dtype):
    keras.config.set_dtype_policy(dtype)
    short = dtype.removeprefix("mixed_")
    for size, channels, filters in SHAPES:
        x = tf.cast(tf.random.normal((batch_size, size, size, channels)), short)
        style = tf.random.normal((batch_size, channels))
        layer = ModulatedConv2D(filters, 3)
        layer(x, style)
        kernel = tf.cast(layer.kernel.value, short)
        scaled = make_step(layer, x, style)
        yield (
            "modulated",
            size,
            (channels, filters),
            scaled,
            make_step(kernel_for_each, x, style, kernel),
        )
    for size, channels, filters in HALVED:
        x = tf.cast(tf.random.normal((batch_size, size, size, channels)), short)
        layer = EqualizedConv2D(filters, 3, halve=True)
        layer(x)
        kernel = tf.cast(layer.kernel.value, short)
        yield (
            "halving",
            size,
            (channels, filters),
            make_step(layer, x),
            make_step(one_kernel, x, kernel),
        )


def main(rounds, batch_size):
    print(machine(), flush=True)
    rows = []
    for dtype in ("float32", "mixed_bfloat16"):
        for name, size, channels, ours, other in measure(rounds, batch_size, dtype):
            times = take_turns({"ours": ours, "other": other}, rounds, verbose=False)
            ratio = np.median(times["other"]) / np.median(times["ours"])
            shape = f"{size}x{size}, {channels[0]} to {channels[1]}"
            each = [describe(numbers, 1000) for numbers in times.values()]
            rows.append([name, shape, dtype, *each, f"{ratio:.2f}"])
            print(rows[-1], flush=True)
    print(table(["layer", "shape", "type", "gankit, ms", "the other way, ms", "ratio"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure the layers of StyleGAN2.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch_size", type=int, default=32)
    main(**vars(parser.parse_args()))
