"""The names that docs/coming_from.md gives for those of other libraries are ours."""

import ast
import importlib
import inspect
import re
from functools import reduce
from pathlib import Path

import pytest

import gankit
from gankit.__main__ import main

PAGE = Path(__file__).parents[1] / "docs" / "coming_from.md"
ROW = re.compile(r"^\|.*\|(?P<here>[^|]+)\|$", re.MULTILINE)


def spans():
    """Returns all code in the right columns of the page's tables that begins with our name."""
    return sorted(
        span
        for row in ROW.finditer(PAGE.read_text())
        for span in re.findall(r"`([^`]+)`", row["here"])
        if re.match(r"gankit\b", span)
    )


def test_rows_have_two_columns():
    assert len(spans()) > 120
    assert not [row[0] for row in ROW.finditer(PAGE.read_text()) if row[0].count("|") != 3]


def test_names_exist_and_take_these_arguments():
    unknown = []
    for span in spans():
        if not span.startswith("gankit "):
            for node in ast.walk(ast.parse(span, mode="eval")):
                if isinstance(node, ast.Attribute):
                    resolve(node)
                if isinstance(node, ast.Call):
                    names = {keyword.arg for keyword in node.keywords}
                    unknown += [(span, name) for name in names - arguments_of(resolve(node.func))]
    assert unknown == []


def test_commands_have_these_options(capsys):
    commands = [span.split()[1:] for span in spans() if span.startswith("gankit ")]
    assert commands
    for command, *options in commands:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        shown = capsys.readouterr().out
        assert [option for option in options if option not in shown] == []


def resolve(node):
    """Returns what a dotted name means."""
    first, *rest = ast.unparse(node).split(".")
    assert first == "gankit"
    return reduce(getattr, rest, importlib.import_module(first))


def arguments_of(thing):
    """Returns the names of what a function takes, or of what a class and its bases take."""
    is_gan = inspect.isclass(thing) and issubclass(thing, gankit.GAN)
    signatures = [inspect.signature(one) for one in ([thing, gankit.GAN] if is_gan else [thing])]
    names = {name for signature in signatures for name in signature.parameters}
    # ``fit`` hands these on to Keras.
    return names | ({"steps_per_epoch"} if thing is gankit.GAN.fit else set())
