"""What the benchmarks share: processes in turn, medians with spread, the machine's own speed."""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def run(script, *arguments, **environment):
    """Returns what a script of this folder printed last, as JSON."""
    finished = subprocess.run(
        [sys.executable, Path(__file__).with_name(script), *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr[-3000:])
    return json.loads(finished.stdout.strip().splitlines()[-1])


def take_turns(candidates, rounds, verbose=True):
    """Calls each function in turn, ``rounds`` times; returns all their numbers by name."""
    numbers = {name: [] for name in candidates}
    for round_ in range(rounds):
        for name, function in candidates.items():
            numbers[name] += function()
            if verbose:
                print(f"  round {round_ + 1}, {name}: {describe(numbers[name])}", file=sys.stderr)
    return numbers


def describe(numbers, scale=1.0, digits=3):
    """Returns the median, and the range that holds the middle half."""
    low, middle, high = (
        np.format_float_positional(number, digits, fractional=False, trim="-")
        for number in np.percentile(np.array(numbers) * scale, [25, 50, 75])
    )
    return f"{middle} ({low}-{high})"


def table(header, rows):
    """Returns a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine():
    """Returns what the numbers depend on, in a line."""
    import keras
    import tensorflow as tf

    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
        flags = next((x for x in lines if x.startswith("flags")), "").split()
        model += ", " + ", ".join(f for f in ("avx2", "avx512f", "avx512_bf16") if f in flags)
    return (
        f"{model}; {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}; "
        f"TF_ENABLE_ONEDNN_OPTS={os.environ.get('TF_ENABLE_ONEDNN_OPTS', 'not set')}"
    )


def matrix_product_rate(size=4096, repeats=3):
    """Returns the floating-point operations a second of a float32 matrix product."""
    import tensorflow as tf

    matrix = tf.random.normal((size, size))
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        tf.matmul(matrix, matrix).numpy()
        times.append(time.perf_counter() - start)
    return 2 * size**3 / float(np.median(times[1:]))
