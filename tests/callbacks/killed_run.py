"""A run with all callbacks that is killed, and one that is not: ``FOLDER EPOCHS MOMENT ...``.

A moment is a place, how often a process passes it, and how many seconds later it is killed, as
``step:3:0.1``. After the last one a process runs to the end. Processes are forks of this one, which
has imported all that they need but has computed nothing.
"""

import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import keras
import numpy as np
from helpers import all_state, make_dataset, make_gan, make_images, make_plain_networks

from gankit import callbacks

#: Where a process can be killed: among callbacks in their order.
PLACES = {"begun": 0, "step": 0.5, "evaluated": -0.5, "logged": 0.5, "saved": 2}


class Kill(keras.callbacks.Callback):
    """Kills its process at a moment."""

    def __init__(self, moment):
        super().__init__()
        self.place, left, self.delay = moment.split(":")
        self.left = int(left)
        self.order = PLACES[self.place]

    def pass_by(self, *places):
        self.left -= self.place in places
        if not self.left:
            threading.Thread(target=self.kill).start()
            if self.delay == "0":
                time.sleep(60)

    def kill(self):
        time.sleep(float(self.delay))
        os.kill(os.getpid(), signal.SIGKILL)

    def on_epoch_begin(self, epoch, logs=None):
        self.pass_by("begun")

    def on_train_batch_end(self, batch, logs=None):
        self.pass_by("step")

    def on_epoch_end(self, epoch, logs=None):
        self.pass_by("evaluated", "logged", "saved")


def extractor():
    """Returns a network that makes four features of an image."""
    initializer = keras.initializers.RandomNormal(seed=3)
    dense = keras.layers.Dense(4, kernel_initializer=initializer)
    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), dense])


def all_callbacks(folder, patience, every=3):
    """Returns one of each kind; what they watch gets worse soon, so that they have to count."""
    evaluate = callbacks.Evaluate(
        "fid", make_images(20), extractor=extractor(), num_images=20, every=6, verbose=0
    )
    worse = {"monitor": "generator_loss", "mode": "max"}
    return [
        callbacks.Checkpoint(folder / "run", every=every),
        evaluate,
        callbacks.SampleGrid(folder / "grids", 4),
        callbacks.Report(folder / "report.html", num_images=4),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: max(0.9 * rate, 1e-6)),
        keras.callbacks.ReduceLROnPlateau(**worse, factor=0.5, patience=2, cooldown=1, min_lr=1e-7),
        keras.callbacks.EarlyStopping(
            "fid", mode="min", patience=patience, restore_best_weights=True
        ),
        keras.callbacks.ModelCheckpoint(
            folder / "best.keras", monitor="spread", mode="min", save_best_only=True
        ),
        keras.callbacks.CSVLogger(folder / "log.csv"),
        keras.callbacks.TensorBoard(folder / "events"),
    ]


def make_eager_gan():
    """Returns a GAN whose first step takes no time."""
    keras.utils.set_random_seed(0)
    return make_gan(make_plain_networks, generator_ema=0.9, compile_options={"run_eagerly": True})


def train(gan, folder, epochs, *more, end="end"):
    """Trains, and writes the GAN's state and what callbacks remember at the end."""
    folder.mkdir(exist_ok=True)
    given = all_callbacks(folder, patience=epochs - 2)
    held_out = make_dataset(16, seed=5)
    gan.fit(
        make_dataset(),
        epochs=epochs,
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
    remembered["Report.rows"] = [
        row | {"seconds": 0} for callback in given for row in getattr(callback, "rows", [])
    ]
    np.savez(folder / f"{end}.npz", **all_state(gan), remembered=repr(remembered))


def run_until(folder, epochs, moment):
    """Runs the script in a process of its own; returns whether it was killed."""
    child = os.fork()
    if not child:
        code = 1
        try:
            train(make_eager_gan(), folder, epochs, *([Kill(moment)] if moment else []))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code > 0:
        sys.exit(f"The process that was to be killed at {moment} failed.")
    return code < 0


if __name__ == "__main__":
    folder, epochs, *moments = sys.argv[1:]
    run_until(Path(folder) / "whole", int(epochs), None)
    parts = Path(folder) / "parts"
    print(sum(run_until(parts, int(epochs), moment) for moment in [*moments, None]))
