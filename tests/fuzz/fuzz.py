"""Reads damaged files, and checks that nothing worse comes of it than an error of gankit's own.

    PYTHONPATH=.:tests python tests/fuzz/fuzz.py 10000           # cases 0 to 9999
    PYTHONPATH=.:tests python tests/fuzz/fuzz.py 1 --first 123   # case 123 alone

Each case is a function of its number. It either gives a result or raises ``ValueError``,
``TypeError`` or ``OSError`` with the file's name, within 5 seconds and 512 MB.
"""

import argparse
import faulthandler
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from kinds import make_kinds
from mutations import damage

SECONDS, MEGABYTES = 5, 512
OUR_ERRORS = (ValueError, TypeError, OSError)
STATUS = Path("/proc/self/status")


def run(first, number, folder):
    """Runs cases; returns a report, and what went wrong."""
    kinds = make_kinds(folder)
    for kind in kinds.values():  # as they are, all of them can be read
        kind.path.write_bytes(kind.content)
        kind.read()
    names, outcomes, wrong, slowest, largest = weigh(kinds), Counter(), [], 0.0, 0.0
    begun = time.monotonic()
    for case in range(first, first + number):
        generator = random.Random(case)
        name = generator.choice(names)
        outcome, seconds, megabytes = measure(kinds[name], generator)
        slowest, largest = max(slowest, seconds), max(largest, megabytes)
        if outcome not in ("read", "refused"):
            wrong.append(f"case {case}, {name}: {outcome}")
        outcomes[name] += 1
        outcomes[outcome if outcome in ("read", "refused") else "wrong"] += 1
    counts = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    took = f"{time.monotonic() - begun:.0f} s, the slowest {slowest:.1f} s of computing"
    return f"{number} cases: {counts}. {took}, the largest {largest:.0f} MB", wrong


def measure(kind, generator):
    """Returns what came of a damaged file, seconds of computing, and megabytes more than before."""
    kind.path.write_bytes(damage(kind.content, generator))
    faulthandler.dump_traceback_later(60, exit=True)  # where it hangs without computing
    before, start = reset_memory(), time.process_time()
    outcome = attempt(kind)
    seconds, megabytes = time.process_time() - start, read_memory("VmHWM") - before
    faulthandler.cancel_dump_traceback_later()
    kind.path.write_bytes(kind.content)
    if seconds > SECONDS or megabytes > MEGABYTES:
        outcome = f"took {seconds:.1f} s and {megabytes:.0f} MB"
    return outcome, seconds, megabytes


def weigh(kinds):
    """Returns names to choose from: models, which take long to build, come less often."""
    return [name for name in kinds for _ in range(1 if name in (".keras", "checkpoint") else 2)]


def attempt(kind):
    """Returns ``"read"``, ``"refused"``, or what went wrong."""
    try:
        kind.read()
    except OUR_ERRORS as error:
        told = kind.path.name in str(error) or kind.path.parent.name in str(error)
        return "refused" if told else f"no file is named: {type(error).__name__}: {error}"
    except BaseException:
        return traceback.format_exc()
    return "read"


def reset_memory():
    """Returns the megabytes that this process has now, from which its peak starts again."""
    if STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")
    return read_memory("VmRSS")


def read_memory(name):
    """Returns a line of Linux's account of this process, in MB; 0 where there is none."""
    if not STATUS.exists():
        return 0.0
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int, help="how many cases")
    parser.add_argument("--first", type=int, default=0, help="the first case (0)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        report, wrong = run(options.first, options.number, Path(folder))
    print(report)
    sys.exit("\n".join(wrong[:20]) if wrong else 0)


if __name__ == "__main__":
    main()
