"""A run with all callbacks that is killed again and again leaves what one leaves that is not."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import environment_of_processes, free_ports, run_process

import gankit

SCRIPT = Path(__file__).with_name("killed_run.py")
WORKER = Path(__file__).with_name("killed_worker.py")  # the same with several workers


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


def start_workers(folder, epochs, moments):
    """Starts a worker for each moment, and returns their processes."""
    folder.mkdir(exist_ok=True)
    ports = free_ports(len(moments))
    return [
        subprocess.Popen(
            [sys.executable, WORKER, folder, str(epochs), str(index), moment, *map(str, ports)],
            env=environment_of_processes(),
            stdout=subprocess.DEVNULL,
            stderr=(folder / f"errors_{index}.txt").open("w"),
        )
        for index, moment in enumerate(moments)
    ]


def run_workers(folder, epochs, moments, timeout=300):
    """Runs workers to their ends, and returns their exit statuses."""
    workers = start_workers(folder, epochs, moments)
    try:
        return [worker.wait(timeout) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()


def check_alike(folder, number):
    """Compares the state that each worker has at the end."""
    first, *others = (np.load(folder / f"end_{index}.npz") for index in range(number))
    for other in others:
        for name in first:
            if name != "remembered":  # only the first worker writes models, and knows the best
                np.testing.assert_array_equal(other[name], first[name], err_msg=name)


def check_killed_workers(folder, epochs, rounds):
    """Kills workers in each round at their moments; then compares with a run that is whole."""
    number = len(rounds[0])
    assert run_workers(folder / "whole", epochs, ["-"] * number) == [0] * number
    check_alike(folder / "whole", number)
    for moments in rounds:
        codes = run_workers(folder / "parts", epochs, moments)
        assert all(codes), codes
        killed = [code == -9 for code, moment in zip(codes, moments, strict=True) if moment != "-"]
        assert any(killed), codes  # a worker whose neighbour is gone may end before its moment
    assert run_workers(folder / "parts", epochs, ["-"] * number) == [0] * number
    check_alike(folder / "parts", number)
    shutil.copy(folder / "whole/end_0.npz", folder / "whole/end.npz")
    shutil.copy(folder / "parts/end_0.npz", folder / "parts/end.npz")
    check_same(folder / "whole", folder / "parts")


def test_two_workers_with_all_callbacks_are_killed_and_taken_up(tmp_path):
    check_killed_workers(tmp_path, 3, [["logged:2:0", "logged:2:0"]])


@pytest.mark.slow
def test_two_workers_are_killed_five_times(tmp_path):
    one = [["step:6:0", "-"], ["-", "step:9:0"], ["evaluated:2:0", "-"]]
    both = [["step:6:0.05", "step:6:0.1"], ["saved:2:0", "logged:2:0"]]
    check_killed_workers(tmp_path, 20, one + both)


@pytest.mark.slow
def test_four_workers_are_killed_one_and_all(tmp_path):
    check_killed_workers(tmp_path, 6, [["-", "-", "step:6:0", "-"], ["step:6:0"] * 4])
