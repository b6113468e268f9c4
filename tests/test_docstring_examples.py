"""Each public name has an example in its docstring, which gives what it says."""

import doctest
import importlib
import inspect
import re
import types
from pathlib import Path

import keras
import pytest

import gankit

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
DIRECTIVE = re.compile(
    r"^::: (gankit\.\S+)(?:\n    options:\n      members: \[(.+?)\])?", re.MULTILINE
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

#: Methods with an example of their own.
METHODS = (
    "gankit.GAN.compile",
    "gankit.training.sampling.Sampling.export",
    "gankit.training.sampling.Sampling.generate",
    "gankit.training.sampling.Sampling.generate_best",
    "gankit.training.sampling.Sampling.score",
)

#: No object, but a name for a type, which has no docstring.
ALIASES = {"gankit.latents.Constraint"}


def resolve(name):
    found, path = gankit, "gankit"
    for part in name.split(".")[1:]:
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    return found


def is_shown(value, module):
    kinds = inspect.isclass(value) or inspect.isfunction(value)
    return kinds and value.__module__ == module.__name__ and not value.__name__.startswith("_")


def public_names():
    """Returns the classes and functions that the reference lists."""
    names = set()
    for page in REFERENCE.glob("*.md"):
        for name, members in DIRECTIVE.findall(page.read_text()):
            found = resolve(name)
            if not isinstance(found, types.ModuleType):
                names.add(name)
                continue
            chosen = members.split(", ") if members else vars(found)
            names |= {f"{name}.{one}" for one in chosen if is_shown(getattr(found, one), found)}
    return sorted(names - ALIASES)


NAMES = public_names()


def example_of(name):
    text = inspect.cleandoc(resolve(name).__doc__ or "")
    return doctest.DocTestParser().get_doctest(text, {}, name, None, 0)


@pytest.fixture(scope="module")
def given():
    """What the reference says that all examples begin with."""
    (code,) = re.findall(
        r"^```python\n(.*?)^```", (REFERENCE / "index.md").read_text(), re.DOTALL | re.MULTILINE
    )
    names = {}
    exec(code, names)
    return names


def test_each_public_name_has_an_example():
    assert [name for name in NAMES if not example_of(name).examples] == []


@pytest.mark.docs
def test_examples_give_what_they_say(given, tmp_path, monkeypatch):
    failed = []
    for name in (*NAMES, *METHODS):
        keras.utils.set_random_seed(0)
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        example = example_of(name)
        example.globs = dict(given)
        doctest.DocTestRunner(optionflags=FLAGS).run(example, out=failed.append)
    assert "".join(failed) == ""
