"""Imports point one way, and `import gankit` costs little more than `import keras`."""

import ast
from pathlib import Path

import pytest
from helpers import run_python

import gankit

ROOT = Path(gankit.__file__).parent

# Which parts of gankit each part may import, besides the ground floor, which all of them may.
GROUND_FLOOR = {"checks", "configured", "typing"}
ALLOWED = {
    "checks": set(),
    "configured": set(),
    "typing": set(),
    "version": set(),
    "conversion": set(),
    "layers": {"differentiation"},
    "kernel_regularizers": set(),
    "grids": {"voxels"},
    "voxels": set(),
    "waveforms": set(),
    "data": {"differentiation"},
    "backends": set(),
    "differentiation": {"backends"},
    "losses": set(),
    "penalties": {"differentiation"},
    "priors": set(),
    "schedules": set(),
    "augment": set(),
    "architectures": {"layers"},
    "training": {"conversion", "differentiation", "files", "priors", "data", "version"},
    "regularizers": {"augment", "differentiation", "training"},
    "gans": {"training", "differentiation", "losses", "penalties", "priors", "layers", "data"}
    | {"regularizers"},
    "recipes": {"architectures", "augment", "gans", "losses", "penalties", "regularizers"}
    | {"schedules"},
    "show": {"data", "grids", "training"},
    "archives": set(),
    "files": set(),
    "startup": set(),
    "checkpoint_index": {"archives"},
    "saving": {"archives", "checkpoint_index", "gans", "version"},
    "transfer": {"gans"},
    "widening": {"gans"},
    "tiling": {"gans"},
    "latents": {"gans", "training", "differentiation", "priors"},
    "metrics": {"archives", "training", "grids", "data", "voxels"},
    "callbacks": {"gans", "training", "differentiation", "data", "grids", "metrics", "waveforms"}
    | {"archives", "checkpoint_index", "files", "saving", "version"},
    "runs": {
        "callbacks",
        "checkpoint_index",
        "data",
        "differentiation",
        "gans",
        "metrics",
        "recipes",
    }
    | {"saving", "training", "transfer", "version", "widening"},
    "exploring": {"differentiation", "gans", "grids", "latents"},
    "commands": {
        "checkpoint_index",
        "exploring",
        "data",
        "differentiation",
        "gans",
        "grids",
        "latents",
        "metrics",
        "priors",
        "runs",
        "saving",
        "training",
    }
    | {"tiling"},
    "__main__": {"commands", "version"},
}


def imported_parts(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gankit"):
            parts = node.module.split(".")
            yield from parts[1:2] or [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("gankit."):
                    yield alias.name.split(".")[1]


FILES = [file for file in ROOT.rglob("*.py") if file.parent != ROOT or file.stem in ALLOWED]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_one_way(file):
    part = file.relative_to(ROOT).parts[0].removesuffix(".py")
    assert set(imported_parts(file)) - {part, *GROUND_FLOOR} <= ALLOWED[part]


def test_one_file_asks_which_backend_runs():
    asking = [file for file in ROOT.rglob("*.py") if "backend.backend()" in file.read_text()]
    assert [file.relative_to(ROOT) for file in asking] == [Path("differentiation.py")]


def test_backends_are_imported_where_they_are_used():
    for file in ROOT.rglob("*.py"):
        for node in ast.parse(file.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            heavy = {"tensorflow", "tensorflow_datasets", "jax", "torch"} & set(names)
            assert not heavy or file.parent.name == "backends", file


def test_import_is_light(tmp_path):
    of_keras = "import sys, keras; of_keras = set(sys.modules); import gankit; "
    added = run_python(of_keras + "print(*set(sys.modules) - of_keras)", tmp_path).split()
    assert "gankit" in added
    heavy = {"tensorflow_datasets", "matplotlib", "tensorboard", "scipy", "sklearn", "pandas"}
    assert not heavy & set(added)


def test_version_is_that_of_the_package():
    pyproject = ROOT.parent / "pyproject.toml"
    if not pyproject.exists():
        pytest.skip("not in a source tree")
    assert f'version = "{gankit.__version__}"' in pyproject.read_text()
