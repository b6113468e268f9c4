"""A run with all callbacks that is killed again and again leaves what one leaves that is not."""

import random
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import run_process

SCRIPT = Path(__file__).with_name("killed_run.py")


def run(folder, *moments, timeout=300):
    """Kills the run at each of the moments, lets it end, and returns how often it was killed."""
    return int(run_process([SCRIPT, folder, *moments], folder.parent, timeout).split()[-1])


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
    names, expected = (
        [path.name for path in sorted((folder / "run").glob("*.keras"))]
        for folder in (parts, whole)
    )
    assert names == expected


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert run(folder) == 0
    rows = (folder / "log.csv").read_text().splitlines()
    assert len(rows) == 1 + 6
    assert [row.split(",")[3] for row in rows[1:]] == ["4", "6", "12", "12", "18", "24"]
    return folder


# Before the first checkpoint; after the rows of an epoch, but before its checkpoint; in the middle
# of an epoch; and while the end of an epoch is evaluated, whose last step has a checkpoint.
def test_killed_three_times(whole, tmp_path):
    assert run(tmp_path / "parts", "step:2", "logged:2", "step:6", "begin:3") == 4
    check_same(whole, tmp_path / "parts")


@pytest.mark.slow
def test_killed_twenty_times_at_random(whole, tmp_path):
    generator = random.Random(2)
    killed = 0
    for number in range(20):
        if not killed % 2:
            pass
