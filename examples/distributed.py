"""One GAN on several devices, or on several machines, that survives the loss of any.

On one machine, on all of its GPUs:

    python examples/distributed.py --folder /shared/run

On several, the same command on each, with its place in the environment variable TF_CONFIG, here for
the first of two (the second has "index": 1):

    TF_CONFIG='{"cluster": {"worker": ["host1:2222", "host2:2222"]},
                "task": {"type": "worker", "index": 0}}' \\
        python examples/distributed.py --folder /shared/run

The folder is one that all machines see. Every worker reads the checkpoints in it, the first one
writes them and the pictures. If a worker dies, the others end with an error: start the same
commands again, and all go on from the last checkpoint.
"""

import argparse
import os
from pathlib import Path

import keras
import tensorflow as tf

import gankit
from gankit import architectures, callbacks, data

IMAGE_SHAPE = (28, 28, 1)
SEED = 1

# Of the whole batch each of n replicas trains on an n-th, and their gradients are added up, so that
# the result does not depend on n, but for the noise that each draws for itself.
GLOBAL_BATCH_SIZE = 128


def make_gan():
    gan = gankit.GAN(
        architectures.dcgan.build_generator(IMAGE_SHAPE, filters=32),
        architectures.dcgan.build_discriminator(IMAGE_SHAPE, filters=32, dropout=0.0),
        generator_ema=0.99,
        seed=SEED,
    )
    gan.compile(keras.optimizers.Adam(1e-3, 0.5), keras.optimizers.Adam(1e-3, 0.5))
    return gan


def main(epochs, folder):
    several_machines = "TF_CONFIG" in os.environ
    strategy = (  # before anything else of TensorFlow is used
        tf.distribute.MultiWorkerMirroredStrategy()
        if several_machines
        else tf.distribute.MirroredStrategy()
    )
    print(f"{strategy.num_replicas_in_sync} replicas")
    keras.utils.set_random_seed(SEED)  # the same initial weights everywhere
    with strategy.scope():
        gan = make_gan()
    digits, _ = data.sample_digits()
    gan.fit(
        data.from_arrays(digits, batch_size=GLOBAL_BATCH_SIZE, seed=SEED),
        epochs=epochs,
        verbose=2,
        callbacks=[
            callbacks.Checkpoint(folder / "checkpoints"),
            callbacks.SampleGrid(folder / "samples"),
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a DCGAN on several devices or machines.")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--folder", type=Path, default=Path("distributed"), help="where to write")
    arguments = parser.parse_args()
    main(arguments.epochs, arguments.folder)
