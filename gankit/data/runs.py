"""A shuffled order that suits a disk: runs of neighbours, shuffled in large blocks."""

import numpy as np

from gankit.data.draws import ORDER, RUNS, make_generator, once_an_epoch
from gankit.data.packed import PackedImages
from gankit.data.source import Source
from gankit.typing import Structure

RUN = 4 * 2**20  # bytes: a disk reads as many in the time of a few seeks
BLOCK = 256  # runs; two blocks are in the system's memory at a time


class Runs:
    """Shuffles images in runs: each is read in a row, 256 of them are mixed image by image.

    Args:
        images: which they are; a run has as many as make 4 MiB on average.
        seed: integer.
    """

    def __init__(self, images: PackedImages, seed: int):
        self.images = images
        self.length = max(1, round(RUN / max(1, images.places["size"].mean())))
        self.runs = once_an_epoch(lambda epoch: self.shuffle_runs(seed, epoch))
        self.order = once_an_epoch(lambda epoch: self.shuffle_blocks(seed, epoch))

    def shuffle_runs(self, seed: int, epoch: int) -> np.ndarray:
        """Returns the order of the runs in an epoch."""
        number = -(-len(self.images) // self.length)
        return make_generator(seed, epoch, RUNS).permutation(number)

    def shuffle_blocks(self, seed: int, epoch: int) -> np.ndarray:
        """Returns the order of the images in an epoch, int64 ``(num_images,)``."""
        order = (self.runs(epoch)[:, None] * self.length + np.arange(self.length)).ravel()
        order = order[order < len(self.images)]
        generator, block = make_generator(seed, epoch, ORDER), BLOCK * self.length
        for start in range(0, len(order), block):
            generator.shuffle(order[start : start + block])
        return order

    def read_ahead(self, source: Source, batch_size: int) -> Source:
        """Returns a source that also has each run read in a row, a block before it is needed."""

        def read(epoch: int, number: int) -> Structure:
            passed = (n * batch_size // self.length for n in (number, number + 1))
            first, end = (runs + BLOCK + 1 for runs in passed)  # 1: the last run may be a short one
            for run in self.runs(epoch)[first if number else 0 : end].tolist():
                start = run * self.length
                self.images.prepare(start, min(start + self.length, len(self.images)))
            return source.read(epoch, number)

        return source._replace(read=read)
