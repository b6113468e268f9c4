"""Words and turns that came back more than once, and have better ones. See docs/CONTRIBUTING.md."""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [
    *sorted((ROOT / "gankit").rglob("*.py")),
    *sorted((ROOT / "examples").glob("*.py")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")),
    ROOT / "README.md",
]

# What not to write, and what to write instead.
PHRASES = {
    r"\banew\b": "again, from scratch",
    r"\bshall\b": "must, should",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bbeside (the )?(latents|that|these)\b": "besides",
    r"\bor so with\b": "optionally with",
    r"\b(is|are) told (the|a|its|images|classes)\b": "takes, gets, is given",
    r"\bpays? (for|the)\b": "minimizes, has the loss",
    r"\bnumbers that are none\b": "NaN or infinite",
    r"\bthat there (is|are) none\b": "missing",
    r"\bhereby|thereby|whereupon|wherein\b": "so, then, in which",
}


def read(path):
    """Returns a file's text; of a notebook, that of its cells without their outputs."""
    if path.suffix != ".ipynb":
        return path.read_text()
    cells = json.loads(path.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


def test_no_phrase_that_has_a_better_one():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]!r}, better: {better}"
        for path in SOURCES
        for number, line in enumerate(read(path).splitlines(), start=1)
        for phrase, better in PHRASES.items()
        if (match := re.search(phrase, line, re.IGNORECASE))
    ]
    assert found == []


def test_each_module_begins_with_what_it_holds():
    """A noun or a verb in the third person, not a clause."""
    clauses = re.compile(r"(What|How|Which|Whether|Where|Who|Why)\b")
    firsts = {
        path.relative_to(ROOT): ast.get_docstring(ast.parse(path.read_text())).splitlines()[0]
        for path in sorted((ROOT / "gankit").rglob("*.py"))
    }
    assert {path: first for path, first in firsts.items() if clauses.match(first)} == {}
