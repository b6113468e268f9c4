"""Damaged files of every kind, in a process of their own, which must not die of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fuzz.py")


def fuzz(number):
    """Returns what the script says at its end."""
    root = str(SCRIPT.parents[2])
    done = subprocess.run(
        [sys.executable, SCRIPT, str(number)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-8000:]
    return done.stdout


def test_damaged_files_are_read_or_refused_by_name():
    assert "500 cases" in fuzz(500)


@pytest.mark.slow
def test_ten_thousand_damaged_files():
    print(fuzz(10_000))
