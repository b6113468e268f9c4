"""Reads damaged files, and checks that nothing worse comes of it than an error of gankit's own.

    python tests/fuzz/fuzz.py 10000           # cases 0 to 9999
    python tests/fuzz/fuzz.py 1 --first 123   # case 123 alone

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

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import keras
from kinds import make_kinds
from mutations import damage

SECONDS, MEGABYTES = 5, 512
OUR_ERRORS = (ValueError, TypeError, OSError)
STATUS = Path("/proc/self/status")


def run(first, number, folder):
    """Runs cases; returns what came of each kind, what went wrong, and the largest figures."""
    kinds = make_kinds(folder)
    for kind in kinds.values():  # as they are, all of them can be read
        kind.path.write_bytes(kind.content)
        kind.read()
    outcomes, wrong, slowest, largest = Counter(), [], 0.0, 0.0
    names = weigh(kinds)
    for case in range(first, first + number):
        generator = random.Random(case)
        name = generator.choice(names)
        kinds[name].path.write_bytes(damage(kinds[name].content, generator))
        faulthandler.dump_traceback_later(60, exit=True)  # where it hangs without computing
        before, start = reset_memory(), time.process_time()
        outcome = attempt(kinds[name])
        seconds, growth = time.process_time() - start, read_memory("VmHWM") - before
        kinds[name].path.write_bytes(kinds[name].content)
        slowest, largest = max(slowest, seconds), max(largest, growth)
        if seconds > SECONDS or growth > MEGABYTES:
            outcome = f"took {seconds:.1f} s and {growth:.0f} MB"
        if outcome not in ("read", "refused"):
            wrong.append(f"case {case}, {name}: {outcome}")
        outcomes[name, outcome if outcome in ("read", "refused") else "wrong"] += 1
    faulthandler.cancel_dump_traceback_later()
    return outcomes, wrong, slowest, largest


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
    finally:
        keras.backend.clear_session()
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
    faulthandler.enable()
    warnings.simplefilter("ignore")
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcomes, wrong, slowest, largest = run(options.first, options.number, Path(folder))
    for name in dict.fromkeys(name for name, _ in outcomes):
        row = (outcomes[name, outcome] for outcome in ("read", "refused", "wrong"))
        print(f"{name:20} read {{}}, refused {{}}, wrong {{}}".format(*row))
    print(
        f"{options.number} cases, {sum(n for (_, o), n in outcomes.items() if o == 'read')} read, "
        f"{len(wrong)} wrong, {time.monotonic() - start:.0f} s; the slowest took {slowest:.1f} s, "
        f"the largest {largest:.0f} MB"
    )
    sys.exit("\n".join(wrong[:20]) if wrong else 0)


if __name__ == "__main__":
    main()
