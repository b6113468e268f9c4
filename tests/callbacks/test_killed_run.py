"""A run with all callbacks that is killed again and again leaves what one leaves that is not."""

import random
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import run_process

import gankit

SCRIPT = Path(__file__).with_name("killed_run.py")


def check_killed(folder, epochs, moments, timeout=300):
    """Kills a run at each of the moments, lets it end, and compares it with one that is whole."""
    output = run_process([SCRIPT, folder, epochs, *moments], folder, timeout)
    assert int(output) == len(moments), "killed"
    check_same(folder / "whole", folder / "parts")


def read_events(folder):
    """Returns steps and values of all of TensorBoard's scalars by name, in the order of files."""
    scalars = {}
    for path in sorted(folder.glob("*/events*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for one in event.summary.value:
                row = (event.step, tf.make_ndarray(one.tensor).tolist())
                scalars.setdefault(f"{path.parent.name}/{one.tag}", []).append(row)
    return scalars


def check_same(whole, parts):
    """Compares all that two runs have left."""
    assert (parts / "log.csv").read_text() == (whole / "log.csv").read_text()
    assert read_events(parts / "events") == read_events(whole / "events")
    pictures, expected = (
        {path.name: path.read_bytes() for path in (folder / "grids").iterdir()}
        for folder in (parts, whole)
    )
    assert pictures == expected
    ends = [np.load(folder / "end.npz") for folder in (parts, whole)]
    assert ends[0]["remembered"] == ends[1]["remembered"]
    for name in ends[1]:
        np.testing.assert_array_equal(ends[0][name], ends[1][name], err_msg=name)
    for one, other in zip(read_best(parts), read_best(whole), strict=True):
        np.testing.assert_array_equal(one, other)


def read_best(folder):
    """Returns the weights of the file that ``ModelCheckpoint`` has written."""
    return [np.array(weight) for weight in gankit.load(folder / "best.keras").weights]


# Before the first checkpoint; after the rows of an epoch, but before a checkpoint; and between an
# evaluation and the rows, where the last step of the epoch has a checkpoint, but not its end.
def test_killed_three_times(tmp_path):
    check_killed(tmp_path, 5, ["step:2:0", "logged:2:0", "evaluated:2:0"])
    rows = (tmp_path / "parts/log.csv").read_text().splitlines()[1:]
    assert [row.split(",")[3] for row in rows] == [
        "4",
        "6",
        "12",
        "12",
    ]  # evaluated, and ended early


@pytest.mark.slow
def test_killed_twenty_times_at_random(tmp_path):
    generator = random.Random(4)
    steps = [f"step:{generator.randint(1, 8)}:{generator.uniform(0, 0.3):.3f}" for _ in range(12)]
    ends = [
        f"{generator.choice(['begun', 'evaluated', 'logged', 'saved'])}:{generator.randint(1, 2)}"
        f":{generator.uniform(0, 0.3):.3f}"
        for _ in range(8)
    ]
    moments = generator.sample(steps + ends, 20)
    check_killed(tmp_path, 40, moments, timeout=1200)
