"""Disks that are full, read-only or gone while training: by-products may fail, state is kept."""

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import environment_of_processes, make_dataset, make_gan, make_images, run_python

import gankit
from gankit import callbacks, metrics


class Do(keras.callbacks.Callback):
    """Calls a function when an epoch begins, before all others write anything of it."""

    order = -3

    def __init__(self, actions):
        super().__init__()
        self.actions = actions

    def on_epoch_begin(self, epoch, logs=None):
        self.actions.get(epoch, lambda: None)()


class LongRows(keras.callbacks.Callback):
    """Has the callbacks behind it write much: a drive with no room left still fills its pages."""

    def on_epoch_end(self, epoch, logs=None):
        logs["note"] = "x" * 1500


def fit(*given, epochs=4):
    """Trains to the end, and returns what was warned of."""
    gan = make_gan()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gan.fit(make_dataset(), epochs=epochs, verbose=0, callbacks=list(given))
    assert int(gan.epochs_completed) == epochs
    return [str(one.message) for one in caught if "Could not write" in str(one.message)]


def run_on_a_drive(code, folder):
    """Runs code in a process that may mount drives, in a name space of its own.

    Its ``mount()`` makes ``drive`` a disk of 20 MB, ``fill()`` takes all of that, and ``clear()``
    gives it back.
    """
    prelude = """
import csv, os, subprocess
from test_disks import *

def mount():
    os.makedirs("drive", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", "drive"], check=True)

def unmount():
    subprocess.run(["umount", "--lazy", "drive"], check=True)

def fill():
    with open("drive/filling", "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass

def clear():
    os.unlink("drive/filling")

mount()
"""
    apart = ["unshare", "--map-root-user", "--mount"]
    attempt = [*apart, "mount", "-t", "tmpfs", "none", folder]
    if not shutil.which("unshare") or subprocess.run(attempt, check=False).returncode:
        pytest.skip("this system mounts no drives for a test")
    finished = subprocess.run(
        [*apart, sys.executable, "-c", prelude + code],
        cwd=folder,
        env=environment_of_processes(),
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert finished.returncode == 0, finished.stderr[-4000:]
    return finished.stdout.splitlines()


# By-products


def test_training_outlives_a_full_drive(tmp_path):
    pytest.importorskip("tensorboard")
    told = run_on_a_drive(
        """
told = fit(
    Do({1: fill, 4: clear, 5: fill, 8: clear}),
    callbacks.SampleGrid("drive/samples", 4),
    callbacks.TensorBoardImages("drive/board", 100),
    keras.callbacks.TensorBoard("drive/board", histogram_freq=1),
    LongRows(),
    keras.callbacks.CSVLogger("drive/log.csv"),
    callbacks.Checkpoint("run"),
    epochs=9,
)
print(*told, sep="\\n")
print(*sorted(os.listdir("drive/samples")))
with open("drive/log.csv", newline="") as file:
    print(*[row["epoch"] for row in csv.DictReader(file) if float(row["generator_loss"])])
""",
        tmp_path,
    )
    rows, grids, told = told[-1], told[-2], told[:-2]
    places = ["drive/samples/", "to drive/board", "drive/log.csv after", "drive/board after"]
    for place in places:  # once for each time that the drive was full, not in each epoch
        assert len([line for line in told if place in line]) == 2, (place, told)
    assert all("No space left on device. It is missing, and all else goes on" in x for x in told)
    rows = [int(row) for row in rows.split()]  # all of them whole
    assert rows == sorted(set(rows))
    assert {0, 1, 2, 4, 5, 8} <= set(rows)  # what fits into memory waits until there is room
    assert grids.split() == [f"epoch_{epoch:04d}.png" for epoch in (1, 5, 9)]


def test_training_outlives_a_drive_that_vanishes(tmp_path):
    told = run_on_a_drive(
        """
from gankit.callbacks.checkpoint import read_position

fit(Do({2: unmount}), keras.callbacks.CSVLogger("drive/log.csv"), callbacks.Checkpoint("run"))
print(read_position(max(Path("run").glob("*.keras")))["files"])
""",
        tmp_path,
    )
    assert told == ["{'drive/log.csv': 3}"]  # not 0: what the drive has is not to be cut off


def test_a_folder_of_grids_in_whose_place_is_a_file(tmp_path):
    folder = tmp_path / "samples"

    def replace():
        shutil.rmtree(folder)
        folder.write_text("a file")

    (told,) = fit(Do({1: replace, 3: folder.unlink}), callbacks.SampleGrid(folder, 4))
    assert "epoch_0002.png: Not a directory. It is missing" in told
    assert [path.name for path in folder.iterdir()] == ["epoch_0004.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_one_warning_of_a_table_that_is_never_written():
    (told,) = fit(keras.callbacks.CSVLogger("/dev/full"))
    assert told.startswith(
        "Could not write /dev/full after 4 training steps: No space left on device."
    )


def test_what_cannot_work_is_an_error_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "folder"
    gan = make_gan()
    for callback in (
        callbacks.SampleGrid(inside, 4),
        keras.callbacks.CSVLogger(inside / "log.csv"),
        callbacks.Checkpoint(inside),
    ):
        with pytest.raises(OSError, match="Not a directory"):
            gan.fit(make_dataset(), verbose=0, callbacks=[callback])
    assert gan.optimizer.iterations == 0


def test_what_is_no_failure_to_write_is_an_error():
    class Broken(keras.callbacks.CSVLogger):
        def on_epoch_end(self, epoch, logs=None):
            raise ValueError("a mistake of its author")

    with pytest.raises(ValueError, match="a mistake"):
        fit(Broken("/dev/null"))


def test_features_of_real_images_are_used_without_their_file(tmp_path, monkeypatch):
    pooling = keras.layers.AveragePooling2D(4)
    extractor = keras.Sequential([keras.Input((8, 8, 1)), pooling, keras.layers.Flatten()])
    real, folder = make_images(30, seed=1), tmp_path / "features"

    def images():
        yield real
        folder.rmdir()  # while they are looked at

    evaluate = callbacks.Evaluate(
        "kid", images(), extractor=extractor, num_images=20, file=folder / "real.npz", verbose=0
    )
    (told,) = fit(evaluate, epochs=2)
    assert "real.npz: No such file or directory." in told
    expected = metrics.extract(real, extractor, verbose=0)
    np.testing.assert_allclose(evaluate.real.values, expected.values, rtol=1e-6)


# Checkpoints

TRAIN = """
def stop(action):
    try:
        fit(Do({{2: action}}), callbacks.Checkpoint("{folder}"))
    except OSError as error:
        print(error)
"""


def test_a_full_drive_ends_the_run_and_leaves_the_last_checkpoint(tmp_path):
    (message,) = run_on_a_drive(
        TRAIN.format(folder="drive/run")
        + """
stop(fill)
gankit.load("drive/run/epoch_00002_step_0000000.keras")
clear()
assert fit(callbacks.Checkpoint("drive/run")) == []
""",
        tmp_path,
    )
    assert "Could not write drive/run/epoch_00003_step_0000000.keras: No space left" in message
    assert "The newest intact checkpoint is drive/run/epoch_00002_step_0000000.keras" in message


def test_a_run_does_not_go_on_where_its_drive_was(tmp_path):
    (message,) = run_on_a_drive(
        TRAIN.format(folder="drive/run")
        + """
def unmount_and_make():
    unmount()
    os.makedirs("drive/run")

stop(unmount_and_make)
assert os.listdir("drive/run") == []
""",
        tmp_path,
    )
    assert "its drive is not the one that the run began on" in message
    assert "drive/run/epoch_00002_step_0000000.keras, which was written last, can't be" in message


def test_a_folder_that_becomes_read_only(tmp_path):
    code = """
import os
from test_disks import *

def make_read_only():
    os.chmod(".", 0o755)
    os.chmod("run", 0o555)
    if os.geteuid() == 0:  # to whom nothing is read-only
        os.seteuid(65534)

print(*fit(Do({2: make_read_only}), callbacks.SampleGrid("run", 4)))
try:
    fit(callbacks.SampleGrid("run", 4))
except PermissionError:
    print("an error at the start")
os.seteuid(os.getuid())
os.chmod("run", 0o755)
stop(make_read_only)
gankit.load("run/epoch_00002_step_0000000.keras")
"""
    grid, start, checkpoint = run_python(TRAIN.format(folder="run") + code, tmp_path).splitlines()
    assert grid.startswith("Could not write run/epoch_0003.png: Permission denied.")
    assert start == "an error at the start"
    assert "Permission denied" in checkpoint
    assert "The newest intact checkpoint is run/epoch_00002_step_0000000.keras" in checkpoint


@pytest.mark.parametrize("replaced", [False, True])
def test_a_folder_of_checkpoints_that_is_gone(replaced, tmp_path):
    folder, away = tmp_path / "run", tmp_path / "away"

    def move():
        folder.rename(away)
        if replaced:
            folder.write_text("a file")

    with pytest.raises(OSError, match=r"Could not write .*epoch_00003.* be read now either"):
        fit(Do({2: move}), callbacks.Checkpoint(folder))
    gankit.load(max(away.glob("*.keras")))
    folder.unlink(missing_ok=True)
    away.rename(folder)
    assert fit(callbacks.Checkpoint(folder)) == []  # goes on
