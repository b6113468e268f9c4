"""gankit on a GPU beside PyTorch: images a second, memory, share of the matrix product's rate.

python tests/benchmarks/gpu/compare.py --minutes 8 --out gpu.json
python tests/benchmarks/gpu/compare.py --quick
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SHARE = 0.5  # of the time for gankit, the rest is for PyTorch


def run(script, seconds, quick, **environment):
    """Yields the rows that a script prints, until its time is up."""
    process = subprocess.Popen(
        [sys.executable, HERE / script, *(["--quick"] if quick else [])],
        env=os.environ | environment | {"PYTHONPATH": f"{HERE.parents[2]}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    end = threading.Timer(seconds, process.kill)
    end.start()
    for line in process.stdout:
        if line.startswith("{"):
            yield json.loads(line)
    if end.finished.is_set():
        print(f"{script}: time is up", flush=True)
    end.cancel()


def device():
    """Returns the name of the GPU, or None."""
    try:
        command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def describe(milliseconds, batch_size):
    """Returns the median of a step, the range of the middle half, and images a second."""
    low, middle, high = np.percentile(milliseconds, [25, 50, 75])
    return f"{middle:.2f} ms ({low:.2f}-{high:.2f}), {1000 * batch_size / middle:,.0f} images/s"


def show(row):
    """Prints a row as it comes."""
    if "rate" in row:
        print(f"A product of matrices in bfloat16: {row['rate'] / 1e12:.3g} TFLOP/s", flush=True)
    for what in ("step", "fit", "milliseconds"):
        if what in row:
            way, memory = row.get("way", what), row.get("memory")
            used = f", at most {memory / 2**30:.1f} GiB" if memory else ""
            print(f"{row['case']}: {way} {describe(row[what], batch_size(row))}{used}", flush=True)
    if "error" in row:
        print(f"{row['case']}: {row['way']} {row['error']}", flush=True)


def batch_size(row):
    return int(row["case"].split(", ")[-2])


def summarize(rows):
    """Yields a Markdown table: how many times as fast as PyTorch's best, and how near the card."""
    yield "| networks, batch, type | step | `fit` | PyTorch's best | `fit` / PyTorch | rate |"
    yield "|---|---|---|---|---|---|"
    rate = next((row["rate"] for row in rows if "rate" in row), None)
    for ours in (row for row in rows if "fit" in row):
        same = [row for row in rows if row.get("case") == ours["case"]]
        step, fit = np.median(ours["step"]), np.median(ours["fit"])
        theirs = {
            row["way"]: np.median(row["milliseconds"]) for row in same if "milliseconds" in row
        }
        operations = next((row["operations"] for row in same if "operations" in row), None)
        best = min(theirs, key=theirs.get) if theirs else None
        cells = [
            ours["case"],
            f"{step:.2f} ms",
            f"{fit:.2f} ms",
            f"{theirs[best]:.2f} ms ({best})" if best else "",
            f"{theirs[best] / fit:.2f}" if best else "",
            f"{operations / (step / 1000) / rate:.0%}" if operations and rate else "",
        ]
        yield f"| {' | '.join(cells)} |"


def main(minutes, quick, out):
    backend = os.environ.get("KERAS_BACKEND", "jax")
    rows = []
    print(f"Device: {device() or 'none, the CPU'}", flush=True)
    sides = {
        "ours.py": {"KERAS_BACKEND": backend, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
        "theirs.py": {"KERAS_BACKEND": "torch"},
    }
    for script, environment in sides.items():
        share = SHARE if script == "ours.py" else 1 - SHARE
        for row in run(script, 60 * minutes * share, quick, **environment):
            rows.append(row)
            found = {"device": device(), "backend": backend, "rows": rows}
            out.write_text(json.dumps(found, indent=1))
            show(row)
    print("\n".join(summarize(rows)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure gankit and PyTorch on this GPU.")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--quick", action="store_true", help="tiny networks, to rehearse")
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    arguments = parser.parse_args()
    main(arguments.minutes, arguments.quick, arguments.out)
