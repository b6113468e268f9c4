"""What is uploaded: the wheel and the source archive, as `python -m build` makes them."""

import re
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from helpers import run_process

import gankit

ROOT = Path(__file__).parents[1]
LICENCES_OF_DATA = sorted((ROOT / "gankit").rglob("*.LICENSE.md"))
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the source archive, and with the wheel that was built of that."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("not in a source tree")
    folder = tmp_path_factory.mktemp("dist")
    run_process(["-m", "build", "--no-isolation", "--outdir", folder, ROOT], folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = ROOT / "gankit"
    there = {
        str(file.relative_to(ROOT))
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert names == there
    assert {"gankit/py.typed", "gankit/models/digits.keras"} <= names


def test_the_wheel_is_small(wheel):
    sizes = {entry.filename: entry.file_size for entry in wheel.infolist()}
    assert max(sizes.values()) < 1.5 * MEGABYTE, max(sizes, key=sizes.get)
    assert Path(wheel.filename).stat().st_size < 3 * MEGABYTE


def test_the_wheel_holds_its_licences(wheel):
    (folder,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    for licence in ("LICENSE", *(str(path.relative_to(ROOT)) for path in LICENCES_OF_DATA)):
        assert wheel.read(f"{folder}/licenses/{licence}") == (ROOT / licence).read_bytes()


def test_extras_are_the_documented_ones(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    extras = Parser().parsestr(wheel.read(name).decode()).get_all("Provides-Extra")
    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "versions.md").read_text(), re.MULTILINE)
    assert {*table, "bench"} == set(extras)


def test_the_metadata_say_what_a_user_pays_for(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(wheel.read(name).decode())
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert {re.match(r"[\w-]+", line)[0] for line in needed} == {
        "tensorflow",
        "keras",
        "numpy",
        "pillow",
        "tensorflow-datasets",
        "importlib-resources",
    }
    assert metadata["Version"] == gankit.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert len(metadata.get_all("License-File")) == 1 + len(LICENCES_OF_DATA)
    this = "Programming Language :: Python :: {}.{}".format(*sys.version_info)
    assert this in metadata.get_all("Classifier")


def test_the_source_archive_can_be_tested_and_documented(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"tests/helpers.py", "examples/quickstart.py", "docs/index.md", "mkdocs.yml"} <= names
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"} <= names


def test_an_index_would_take_them(built):
    pytest.importorskip("twine")
    files = sorted(built.iterdir())
    assert run_process(["-m", "twine", "check", "--strict", *files], built).count("PASSED") == 2


def test_versions_agree():
    if not (ROOT / "CITATION.cff").exists():
        pytest.skip("not in a source tree")
    assert f"\nversion: {gankit.__version__}\n" in (ROOT / "CITATION.cff").read_text()
