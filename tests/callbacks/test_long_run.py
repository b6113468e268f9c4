"""Thousands of epochs, with many callbacks: memory and times stay as they are."""

import sys

import keras
import numpy as np
import pytest
from helpers import make_dataset, make_gan, make_plain_networks, run_python

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
given = all_callbacks(Path("run"), patience=number, every=4000)
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


GENERATE = """
from pathlib import Path
from helpers import make_gan, make_plain_networks

def kilobytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

gan = make_gan(make_plain_networks, generator_ema=0.9)
before = 0
for call in range(400):
    gan.generate(20, seed=3)
    before = before or (call == 100 and kilobytes())
assert kilobytes() - before < 1000, (before, kilobytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
def test_generate_keeps_no_memory(tmp_path):
    run_python(GENERATE, tmp_path)


class Board(keras.callbacks.TensorBoard):
    """Notes what it is given."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.steps, self.epochs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(logs)
        super().on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(logs | {"epoch": epoch})
        super().on_epoch_end(epoch, logs)


@pytest.mark.parametrize("update_freq", ["epoch", 1])
def test_tensorboard_gets_no_python_numbers_of_which_tensorflow_keeps_each(update_freq, tmp_path):
    board = Board(tmp_path, update_freq=update_freq)
    gan = make_gan(make_plain_networks)
    history = gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[board]).history
    assert [not logs for logs in board.steps] == [update_freq == "epoch"] * len(board.steps)
    for logs in [*board.epochs, *filter(None, board.steps)]:
        assert all(isinstance(value, np.ndarray | np.generic) for value in logs.values())
    assert [logs["generator_loss"] for logs in board.epochs] == history["generator_loss"]


@pytest.mark.slow
def test_ten_thousand_epochs_with_all_callbacks(tmp_path):
    print(run_python(WATCH + MANY_EPOCHS, tmp_path, "10000", timeout=7200))


@pytest.mark.slow
def test_a_thousand_fits(tmp_path):
    print(run_python(WATCH + MANY_FITS, tmp_path, "1000", timeout=3600))
