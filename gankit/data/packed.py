"""Image files inside tars, read by index."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gankit.data.images import decode
from gankit.data.opening import UnreadableImageError
from gankit.data.reader import Reader
from gankit.data.tars import read_at, read_members

#: Of each image: where its headers and its contents begin, their size, and its class.
PLACE = np.dtype(
    [("start", np.int64), ("offset", np.int64), ("size", np.int64), ("label", np.int32)]
)


class PackedImages(Sequence[str]):
    """Image files inside tars: as a sequence, their names; and their contents, by index.

    No tar stays open: to open one takes little beside decoding, and so any number of threads and of
    tars will do.

    Args:
        shards: paths of the tars.
        places: for each of them, those of its images: an array of ``PLACE``.
    """

    def __init__(self, shards: list[str], places: list[np.ndarray]):
        self.shards = shards
        self.firsts = np.cumsum([0, *map(len, places)])
        self.places = np.concatenate(places)

    def __len__(self) -> int:
        """Returns how many images there are."""
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        """Returns the name of an image, which is not kept in memory but read again."""
        shard, start = self.find_shard(index), int(self.places["start"][index])
        try:
            with Path(shard).open("rb") as file:
                return f"{shard}: {next(read_members(file, start)).name}"
        except (OSError, ValueError, StopIteration):
            return f"{shard}: the image at byte {start}"

    def find_shard(self, index: int) -> str:
        """Returns the path of the tar that an image is in."""
        return self.shards[np.searchsorted(self.firsts, index, "right") - 1]

    def read(self, index: int) -> bytes:
        """Returns an image file."""
        _, offset, size, _ = self.places[index].item()
        with Path(self.find_shard(index)).open("rb", buffering=0) as file:
            return read_at(file, offset, size)

    def prepare(self, first: int, end: int) -> None:
        """Tells the system that images in a row are going to be read, where it can be told.

        It then begins to read them into its own memory.
        """
        if not hasattr(os, "posix_fadvise"):
            return
        shards = np.searchsorted(self.firsts, (first, end - 1), "right") - 1
        for shard in range(shards[0], shards[1] + 1):
            row = self.places[max(first, self.firsts[shard]) : min(end, self.firsts[shard + 1])]
            if not len(row):
                continue
            start, end_of_row = row["start"][0], row["offset"][-1] + row["size"][-1]
            # A tar that is gone is named by whoever reads from it.
            with contextlib.suppress(OSError), Path(self.shards[shard]).open("rb") as file:
                os.posix_fadvise(file.fileno(), start, end_of_row - start, os.POSIX_FADV_WILLNEED)


class PackedReader(Reader):
    """Reads images by their index in ``PackedImages``."""

    paths: PackedImages

    def decode(self, place: int) -> Image.Image:
        """Returns what is kept of the picture in a file, not yet resized."""
        try:
            contents = self.paths.read(place)
        except OSError as error:
            raise UnreadableImageError(error.strerror or str(error)) from error
        return decode(contents, self.color_mode, self.file_size, self.center_crop)
