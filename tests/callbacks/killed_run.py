"""A run with all callbacks, in processes that are killed: ``killed_run.py FOLDER MOMENT ...``.

A moment is a number of seconds after the start of a process, or the name of a place and how often
it has been passed, as ``evaluate:2``. After the last one a process runs to the end. Processes are
forks of this one, which has imported all that they need but has not computed anything.
"""

import os
import signal
import sys
import time
import traceback
from pathlib import Path

import keras
import numpy as np
from helpers import all_state, make_dataset, make_gan, make_images, make_plain_networks

from gankit import callbacks

EPOCHS, STEPS = 6, 4
PLACES = {"begin": 0, "step": 0.5, "logged": 0.5, "saved": 2}  # with their order


class Kill(keras.callbacks.Callback):
    """Kills its process at a place."""

    def __init__(self, moment):
        super().__init__()
        self.place, number = moment.split(":")
        self.left = int(number)
        self.order = PLACES[self.place]

    def pass_by(self, place):
        if place == self.place:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)

    def on_epoch_begin(self, epoch, logs=None):
        self.pass_by("begin")

    def on_train_batch_end(self, batch, logs=None):
        self.pass_by("step")

    def on_epoch_end(self, epoch, logs=None):
        self.pass_by("logged")
        self.pass_by("saved")


def extractor():
    """Returns a network that makes four features of an image."""
    initializer = keras.initializers.RandomNormal(seed=3)
    dense = keras.layers.Dense(4, kernel_initializer=initializer)
    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), dense])


def all_callbacks(folder):
    """Returns one of each kind; what they watch gets worse soon, so that they have to count."""
    evaluate = callbacks.Evaluate(
        "fid", make_images(20), extractor=extractor(), num_images=20, every=6, verbose=0
    )
    worse = {"monitor": "generator_loss", "mode": "max"}
    return [
        callbacks.Checkpoint(folder / "run", every=3),
        evaluate,
        callbacks.SampleGrid(folder / "grids", 4),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        keras.callbacks.ReduceLROnPlateau(**worse, factor=0.5, patience=2, cooldown=1),
        keras.callbacks.EarlyStopping("fid", mode="min", patience=9, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(
            folder / "best.keras", monitor="fid", mode="min", save_best_only=True
        ),
        keras.callbacks.CSVLogger(folder / "log.csv"),
        keras.callbacks.TensorBoard(folder / "events"),
    ]


def train(folder, *more):
    """Runs the script, and writes the GAN's state and what callbacks remember at the end."""
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    gan = make_gan(make_plain_networks, generator_ema=0.9, compile_options={"run_eagerly": True})
    given = all_callbacks(folder)
    held_out = make_dataset(16, seed=5)
    gan.fit(
        make_dataset(),
        epochs=EPOCHS,
        validation_data=held_out,
        callbacks=[*given, *more],
        verbose=0,
    )
    remembered = {
        f"{type(callback).__name__}.{name}": getattr(callback, name)
        for callback in given
        for name in ("wait", "best", "best_epoch", "stopped_epoch", "cooldown_counter", "values")
        if hasattr(callback, name)
    }
    np.savez(folder / "end.npz", **all_state(gan), remembered=repr(remembered))


def run_until(folder, moment):
    """Runs the script in a process of its own; returns whether it was killed."""
    child = os.fork()
    if not child:
        code = 1
        try:
            train(folder, *([Kill(moment)] if moment and ":" in moment else []))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if moment and ":" not in moment:
        time.sleep(float(moment))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status):
        sys.exit(f"A run that was to be killed at {moment} failed.")
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    killed = [run_until(Path(sys.argv[1]), moment) for moment in [*sys.argv[2:], None]]
    print(sum(killed))
