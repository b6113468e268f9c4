"""Thousands of epochs, with many callbacks: memory and times stay as they are."""

import pytest
from helpers import run_python

WATCH = """
import sys, time
from pathlib import Path
import keras
import numpy as np
from helpers import make_dataset, make_gan, make_plain_networks
from killed_run import all_callbacks
from gankit.callbacks import SampleGrid, StopOnNaN

def megabytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

class Watch(keras.callbacks.Callback):
    order = 2  # after all others
    steps, memory, ends = [], [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(time.perf_counter() - self.start)

    def on_epoch_end(self, epoch, logs=None):
        self.memory.append(megabytes())
        self.ends.append(time.perf_counter())

def report():
    tenth = len(Watch.memory) // 10
    parts = [Watch.steps[4 * tenth : 8 * tenth], Watch.steps[-4 * tenth :]]
    steps = [1000 * np.median(part) for part in parts]
    parts = [Watch.ends[tenth : 2 * tenth], Watch.ends[-tenth:]]
    epochs = [1000 * np.median(np.diff(part)) for part in parts]
    print("REPORT", *Watch.memory[tenth :: tenth], Watch.memory[-1], "|", *steps, "|", *epochs)
    assert Watch.memory[-1] - Watch.memory[tenth] < 20, "megabytes"
    assert steps[1] < 1.05 * steps[0], "milliseconds of a step"

keras.utils.set_random_seed(0)
gan = make_gan(make_plain_networks, generator_ema=0.9)
number = int(sys.argv[1])
"""

MANY_EPOCHS = """
given = all_callbacks(Path("run"), patience=number, every=400)
# TensorFlow keeps something of each number that TensorBoard is given: docs/long_runs.md.
given = [one for one in given if not isinstance(one, keras.callbacks.TensorBoard)]
gan.fit(make_dataset(), epochs=number, validation_data=make_dataset(16, seed=5), verbose=0,
        callbacks=[*given, StopOnNaN(), Watch()])
report()
"""

MANY_FITS = """
dataset = make_dataset()
for _ in range(number):
    logger = keras.callbacks.CSVLogger("log.csv", append=True)
    callbacks = [SampleGrid("grids", 4), StopOnNaN(), logger, Watch()]
    gan.fit(dataset, epochs=1, verbose=0, callbacks=callbacks)
report()
"""


@pytest.mark.slow
def test_ten_thousand_epochs_with_all_callbacks_but_tensorboard(tmp_path):
    print(run_python(WATCH + MANY_EPOCHS, tmp_path, "10000", timeout=7200))


@pytest.mark.slow
def test_a_thousand_fits(tmp_path):
    print(run_python(WATCH + MANY_FITS, tmp_path, "1000", timeout=3600))
