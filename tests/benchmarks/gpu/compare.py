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


def main(minutes, quick, out):
    rows = {"device": device(), "backend": os.environ.get("KERAS_BACKEND", "jax"), "rows": []}
    print(f"Device: {rows['device'] or 'none, the CPU'}", flush=True)
    sides = {
        "ours.py": {"KERAS_BACKEND": rows["backend"], "XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
        "theirs.py": {"KERAS_BACKEND": "torch"},
    }
    for script, environment in sides.items():
        share = SHARE if script == "ours.py" else 1 - SHARE
        for row in run(script, 60 * minutes * share, quick, **environment):
            rows["rows"].append(row)
            out.write_text(json.dumps(rows, indent=1))
            if "rate" in row:
                print(f"A product of matrices in bfloat16: {row['rate'] / 1e12:.3g} TFLOP/s")
                continue
            batch_size = int(row["case"].split(", ")[-2])
            for what in ("step", "fit", "milliseconds"):
                if what in row:
                    name = row.get("way", what)
                    print(f"{row['case']}: {name} {describe(row[what], batch_size)}", flush=True)
            if "error" in row:
                print(f"{row['case']}: {row['way']} {row['error']}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure gankit and PyTorch on this GPU.")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--quick", action="store_true", help="tiny networks, to rehearse")
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    arguments = parser.parse_args()
    main(arguments.minutes, arguments.quick, arguments.out)
