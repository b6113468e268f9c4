"""The notebooks run from top to bottom, in a process of their own, and have pictures in them."""

import os
import re
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs" / "notebooks").glob("*.ipynb"))
SMALL = {"EPOCHS": 1, "IMAGES": 1200}  # what a test puts in place of a notebook's own numbers
NUMBER = re.compile(rf"^({'|'.join(SMALL)}) = \d+$", re.MULTILINE)
FIT_SHORTLY = """
import functools, gankit
gankit.GAN.fit = functools.partialmethod(gankit.GAN.fit, steps_per_epoch=1)
"""
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def pictures(notebook):
    return [o for o in outputs(notebook) if {"image/png", "image/gif"} & set(o.get("data", {}))]


@pytest.mark.docs
@by_name
def test_runs(path, tmp_path, monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a notebook draws into itself
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # !gankit
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = NUMBER.sub(lambda found: f"{found[1]} = {SMALL[found[1]]}", cell.source)
    assert any("\nEPOCHS = 1\n" in cell.source for cell in notebook.cells)
    shown = len(pictures(notebook))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FIT_SHORTLY))
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=600, resources=resources).execute()
    assert len(pictures(notebook)) == shown
    assert list(tmp_path.glob("*.keras"))


@by_name
def test_shows_what_came_out(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for output in outputs(notebook) if output.output_type == "error"]
    assert len(pictures(notebook)) >= 5
    assert path.stat().st_size < 1_500_000
