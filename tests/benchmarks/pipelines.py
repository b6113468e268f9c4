"""Reading a folder of photos: ``data.from_directory`` against Keras's own utility.

    python tests/benchmarks/pipelines.py FOLDER

Both decode, cut to the aspect ratio, resize to 64x64, shuffle, batch and scale to [-1, 1]. The
folder is read as it is, and once more with each photo ten times, to see memory grow or not. Told by
itself is the time to the first batch, in which gankit looks at each file's head and tail.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIZE = (64, 64)
BATCH_SIZE = 64


def read(candidate, folder):
    """Reads all images once, and prints seconds to start, images a second, megabytes of memory."""
    import keras

    from gankit import data

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    if candidate == "gankit":
        dataset = data.from_directory(folder, image_size=SIZE, batch_size=BATCH_SIZE)
    else:
        dataset = keras.utils.image_dataset_from_directory(
            folder, labels=None, image_size=SIZE, batch_size=BATCH_SIZE, crop_to_aspect_ratio=True
        ).map(lambda images: images / 127.5 - 1)
    batches = iter(dataset)
    next(batches)
    started = time.perf_counter()
    number = sum(len(images) for images in batches)
    seconds = time.perf_counter() - started
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps([[started - start, number / seconds, growth / 1024]]))


def main(folder, rounds):
    from measure import describe, machine, run, table, take_turns

    print(machine(), flush=True)
    rows = []
    photos = [path for path in Path(folder).rglob("*") if path.is_file()]
    with tempfile.TemporaryDirectory() as copies:
        for copy in range(10):
            for number, photo in enumerate(photos):
                (Path(copies) / f"{copy}_{number}{photo.suffix}").symlink_to(photo.resolve())
        for name, place in (("as it is", folder), ("each ten times", copies)):
            candidates = {
                candidate: partial(run, "pipelines.py", place, "--candidate", candidate)
                for candidate in ("gankit", "keras")
            }
            numbers = take_turns(candidates, rounds, verbose=False)
            for candidate, measured in numbers.items():
                rows.append([name, candidate, *map(describe, zip(*measured, strict=True))])
                print(rows[-1], file=sys.stderr)
    print(
        table(["folder", "reader", "seconds to start", "images a second", "memory, MB more"], rows)
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure readers of image folders.")
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--candidate", choices=["gankit", "keras"], help="read once, in here")
    arguments = parser.parse_args()
    if arguments.candidate:
        read(arguments.candidate, arguments.folder)
    else:
        main(arguments.folder, arguments.rounds)
