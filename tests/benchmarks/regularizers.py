"""What augmentations and regularizers add to a training step, taken in turns.

    python tests/benchmarks/regularizers.py --mixed --rounds 8

Counts the time of the processor, so that other work on the machine matters less.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from measure import describe, machine, table, take_turns

import gankit
from gankit import augment, regularizers
from gankit.architectures import dcgan

STEPS = 8
PARTS = {
    "nothing": lambda: {},
    "DiffAugment": lambda: {"augment": augment.DiffAugment()},
    "ADA": lambda: {"augment": augment.ADA()},
    "ADA, blitting": lambda: {"augment": augment.ADA(["blitting"])},
    "ADA, all changes": lambda: {"augment": augment.ADA([*augment.ada.CHANGES])},
    "Diffusion": lambda: {"augment": augment.Diffusion()},
    "RandomAffine": lambda: {"augment": augment.RandomAffine()},
    "LeCam": lambda: {"regularizers": [regularizers.LeCam()]},
    "APA": lambda: {"regularizers": [regularizers.APA()]},
    "CR": lambda: {"regularizers": [regularizers.Consistency(fake_weight=0.0)]},
    "bCR": lambda: {"regularizers": [regularizers.Consistency()]},
    "zCR": lambda: {"regularizers": [regularizers.LatentConsistency()]},
    "mode seeking": lambda: {"regularizers": [regularizers.ModeSeeking()]},
    "feature matching": lambda: {"regularizers": [regularizers.FeatureMatching()]},
}


def make_steps(size, regularizers=(), augment=None):
    """Returns a function that trains some steps and tells the seconds of one."""
    shape = (size, size, 3)
    generator = dcgan.build_generator(shape, filters=32)
    gan = gankit.GAN(generator, dcgan.build_discriminator(shape, filters=32), augment=augment)
    gan.compile(regularizers=regularizers)
    images = np.random.default_rng(0).uniform(-1, 1, (64, *shape)).astype("float32")
    batches = tf.data.Dataset.from_tensors(images).repeat()
    gan.fit(batches, steps_per_epoch=2, verbose=0)
    gan.make_train_function()

    def timed():
        iterator = iter(batches)
        gan.train_function(iterator)
        start = time.process_time()
        for _ in range(STEPS):
            gan.train_function(iterator)
        return [(time.process_time() - start) / STEPS]

    return timed


def main(rounds, size, mixed):
    print(machine(), flush=True)
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
    candidates = {name: make_steps(size, **make()) for name, make in PARTS.items()}
    times = take_turns(candidates, rounds, verbose=False)
    without = np.median(times["nothing"])
    rows = [
        [name, describe(numbers, 1000), f"{100 * (np.median(numbers) / without - 1):.0f} %"]
        for name, numbers in times.items()
    ]
    print(table(["part", "ms a step", "added"], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure augmentations and regularizers.")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    main(**vars(parser.parse_args()))
