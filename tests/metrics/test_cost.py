"""What metrics cost in time and memory, as docs/evaluation.md tells it; takes some ten minutes.

python -m pytest -m slow -n 0 -s tests/metrics/test_cost.py
"""

import pytest
from helpers import run_python

DISTANCES = """
import resource, sys, time
import numpy as np
from gankit import metrics

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # of kilobytes

random = np.random.default_rng(0)
number = int(sys.argv[1])
before = memory()
real, fake = (random.standard_normal((number, 2048), "float32") for _ in range(2))
for name in sys.argv[2:]:
    start = time.perf_counter()
    getattr(metrics, name)(real, fake)
    print(f"{name} {number}x2048: {time.perf_counter() - start:.1f} s", flush=True)
print(memory() - before)
"""

EXTRACTION = """
import time
import numpy as np
from gankit import metrics

for name, extractor, shape, number in (
    ("inception", metrics.extractors.inception(weights=None), (299, 299, 3), 200),
    ("inception, resized", metrics.extractors.inception(weights=None), (32, 32, 3), 200),
    ("digits", metrics.extractors.digits(), (28, 28, 1), 5000),
):
    images = np.random.default_rng(0).integers(0, 256, (number, *shape), "uint8")
    metrics.extract(images[:100], extractor, verbose=0)
    speeds = []
    for _ in range(3):
        start = time.perf_counter()
        metrics.extract(images, extractor, verbose=0)
        speeds.append(number / (time.perf_counter() - start))
    low, median, high = sorted(speeds)
    print(f"{name}: {median:.1f} images a second, {low:.1f} to {high:.1f}")
"""

CHEAP = ("frechet_distance", "kernel_distance", "relative_spread")
ALL = (*CHEAP, "precision_recall", "density_coverage")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "names"), [(10_000, ALL), (50_000, ALL)])
def test_distances(number, names, tmp_path):
    printed = run_python(DISTANCES, tmp_path, str(number), *names, timeout=3600)
    print("\n" + printed)
    assert float(printed.split()[-1]) < 2.0  # gigabytes, the features themselves included


def test_memory_of_many_features(tmp_path):
    printed = run_python(DISTANCES, tmp_path, "6000", "frechet_distance", timeout=600)
    assert float(printed.split()[-1]) < 0.6  # the features alone are 0.1


@pytest.mark.slow
def test_extraction(tmp_path):
    print("\n" + run_python(EXTRACTION, tmp_path, timeout=3600))
