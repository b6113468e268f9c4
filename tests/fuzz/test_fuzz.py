"""Damaged files of every kind: results, or errors that name the file."""

import sys
import warnings
from pathlib import Path

import pytest


@pytest.fixture
def fuzz(tmp_path, monkeypatch):
    """Runs so many cases; returns the report."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    from fuzz import run

    def fuzz(number):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report, wrong = run(0, number, tmp_path)
        assert not wrong, "\n".join(wrong[:20])
        return report

    yield fuzz
    for name in ("fuzz", "kinds", "mutations", "containers"):
        sys.modules.pop(name, None)


def test_damaged_files_are_read_or_refused_by_name(fuzz):
    report = fuzz(500)
    assert " read" in report
    assert " refused" in report


@pytest.mark.slow
def test_ten_thousand_damaged_files(fuzz):
    print(fuzz(10_000))
