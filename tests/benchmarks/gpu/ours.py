"""gankit's step and ``fit`` of all cases, one JSON line each.

The step trains on one batch that is on the device already; ``fit`` shuffles, flips and scales
images of its data set. Each time is that of an epoch, at whose end the losses are read.
"""

import json
import sys
import time

import cases
import keras
import numpy as np

import gankit
from gankit import data

STEPS = 20  # an epoch
EPOCHS = 6  # the first one is not counted: it compiles


class OneBatch(keras.utils.PyDataset):
    """The same batch again and again."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        return (self.batch,)


class Times(keras.callbacks.Callback):
    """Keeps how long each epoch took."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)


def train(case, dataset, **options):
    """Returns the milliseconds of a step in each epoch, and the seconds of the first one."""
    gan = gankit.GAN(*cases.build(case), seed=0)
    gan.compile(
        keras.optimizers.Adam(3e-4, 0.0, 0.99), keras.optimizers.Adam(3e-4, 0.0, 0.99), penalty=None
    )
    times = Times()
    gan.fit(dataset, epochs=EPOCHS, callbacks=[times], verbose=0, **options)
    return [1000 * seconds / STEPS for seconds in times.seconds[1:]], times.seconds[0]


def measure(case):
    policy = "mixed_bfloat16" if case.dtype == "bfloat16" else "float32"
    keras.config.set_dtype_policy(policy)
    random = np.random.default_rng(0)
    number = case.batch_size * STEPS
    images = random.integers(0, 256, (number, case.size, case.size, 3), np.uint8)
    batch = keras.ops.convert_to_tensor(images[: case.batch_size] / np.float32(127.5) - 1)
    step, compiling = train(case, OneBatch(batch))
    fit, _ = train(
        case, data.from_arrays(images, batch_size=case.batch_size, flip="horizontal", seed=0)
    )
    return {"step": step, "fit": fit, "compiling": compiling, "memory": peak_memory()}


def peak_memory():
    """Returns the most bytes of the device that were in use, where the backend says."""
    if keras.backend.backend() != "jax":
        return None
    import jax

    return (jax.local_devices()[0].memory_stats() or {}).get("peak_bytes_in_use")


def product_rate(size):
    """Returns the floating-point operations a second of a matrix product in bfloat16."""
    matrix = keras.ops.cast(keras.random.normal((size, size)), "bfloat16")
    multiply = keras.ops.matmul
    if keras.backend.backend() == "jax":
        import jax

        multiply = jax.jit(multiply)
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        result = matrix
        for _ in range(5):
            result = multiply(matrix, matrix)
        np.asarray(keras.ops.cast(result[:1, :1], "float32"))
        seconds.append((time.perf_counter() - start) / 5)
    return 2 * size**3 / float(np.median(seconds[1:]))


def main(quick):
    print(json.dumps({"rate": product_rate(512 if quick else 8192)}), flush=True)
    for case in cases.QUICK if quick else cases.CASES:
        if cases.build(case) is not None:
            print(json.dumps({"case": str(case)} | measure(case)), flush=True)


if __name__ == "__main__":
    main("--quick" in sys.argv)
