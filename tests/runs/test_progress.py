"""The line of a run says when the first picture comes, once, and what stays stands alone."""

import os
import sys
from types import SimpleNamespace

import pytest

from gankit.runs import progress
from gankit.runs.progress import Clock, Progress


@pytest.fixture
def now(monkeypatch):
    """A clock that stands still until it is set."""
    time = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: time.seconds)
    return time


def told(now, tick, done=0, limit=None, tell=None):
    """Returns the lines that a session of twelve steps of a second each tells."""
    lines = []
    clock = Clock(limit)
    one = Progress(8, tick, None if limit else 10**6, clock, tell or lines.append)
    position = SimpleNamespace(steps=done, behind=False)
    one.set_model(SimpleNamespace(position=position))
    for callback in (clock, one):
        callback.on_train_begin()
    for step in range(12):
        now.seconds += 1
        position.steps += 1
        one.on_train_batch_end(step, {"generator_loss": 0.5})
    return lines


def test_the_first_picture(now):
    assert told(now, tick=60) == ["The first picture comes in 50 s."]


def test_a_run_that_goes_on_counts_from_where_it_was(now):
    said = ["Resumes after 640 images.", "The first picture comes in 10 s."]
    assert told(now, tick=100, done=80) == said
    assert told(now, tick=100, done=300) == ["Resumes after 2,400 images."]


def test_the_first_picture_comes_at_the_end_at_the_latest(now):
    assert told(now, tick=100, limit=15) == ["The first picture comes in 5 s."]


def test_the_clock_counts_from_its_making_and_all_sessions(now):
    clock = Clock(limit=10)
    clock.set_model(SimpleNamespace(stop_training=False))
    now.seconds = 4.0  # reading, compiling
    assert clock.seconds == 4.0
    clock.before = 5.0  # of a session before, from a checkpoint
    clock.on_train_batch_end(0)
    assert clock.seconds == 9.0
    assert not clock.model.stop_training
    now.seconds = 5.0
    clock.on_train_batch_end(1)
    assert clock.model.stop_training


def test_what_stays_is_told_in_place_of_the_line(now, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 24)))
    told(now, tick=60, tell=print)
    *earlier, blank, said = capsys.readouterr().out.split("\n")[0].split("\r")
    assert earlier[-1].startswith("72 of 1,000,000 images")
    assert blank == 39 * " "
    assert said == "The first picture comes in 50 s."
