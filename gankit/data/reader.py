"""A list of image files, read by index."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from gankit.checks import printable
from gankit.data.folders import SKIP
from gankit.data.images import CHANNELS, decode, to_array
from gankit.data.opening import UnreadableImageError
from gankit.data.resizing import resize
from gankit.typing import ColorMode, Fit, OnError, Size


class Reader:
    """Reads images by their index in a list of files.

    With ``columns=2`` each file shows two images side by side, each of which becomes
    ``image_size``; they are put together on the channel axis.
    """

    def __init__(
        self,
        paths: Sequence[str],
        color_mode: ColorMode,
        image_size: Size | None,
        center_crop: Size | None,
        on_error: OnError,
        columns: int = 1,
        fit: Fit = "crop",
    ):
        self.paths = paths
        self.color_mode = color_mode
        self.columns = columns
        self.image_size: Any = image_size  # None is for decode alone, which keeps sizes
        self.file_size = image_size and (image_size[0], columns * image_size[1])
        self.center_crop = center_crop
        self.on_error = on_error
        self.fit = fit
        self.damaged: dict[str, str] = {}
        if not paths:
            raise ValueError("There is no image that can be read.")

    def read(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns images, uint8 ``(n, height, width, columns * channels)``, and their indices.

        These are the given ones, unless some image can't be read and another takes its place.
        """
        images, used = np.empty((len(indices), *self.image_shape()), np.uint8), []
        for row, index in zip(images, indices, strict=True):
            image, place = self.decode_or_next(index)
            row[...] = self.resize_columns(image)
            used.append(place)
        return images, np.array(used)

    def image_shape(self) -> tuple[int, int, int]:
        """Returns ``(height, width, columns * channels)``."""
        return (*self.image_size, self.columns * CHANNELS[self.color_mode])

    def resize_columns(self, image: Image.Image) -> np.ndarray:
        """Returns the columns of a picture, each resized, on the channel axis."""
        width = image.width // self.columns
        boxes = ((n * width, 0, (n + 1) * width, image.height) for n in range(self.columns))
        columns = (image if self.columns == 1 else image.crop(box) for box in boxes)
        return np.concatenate(
            [to_array(resize(column, self.image_size)) for column in columns], axis=-1
        )

    def decode_or_next(self, index: int) -> tuple[Image.Image, int]:
        """Returns one picture, not yet resized, and its index.

        If it can't be read, raises ``ValueError``, or returns the next one that can.
        """
        for offset in range(len(self.paths)):
            place = (index + offset) % len(self.paths)
            try:
                return self.decode(place), place
            except UnreadableImageError as error:
                path = self.paths[place]
                if self.on_error == "raise":
                    raise ValueError(
                        f"{printable(path)} can't be read: {error}. Remove it, or {SKIP}."
                    ) from error
                self.report(path, error)
        raise ValueError(f"None of the {len(self.paths)} images can be read any more.")

    def decode(self, place: int) -> Image.Image:
        """Returns what is kept of the picture in a file, not yet resized."""
        path = self.paths[place]
        return decode(path, self.color_mode, self.file_size, self.center_crop, self.fit)

    def report(self, path: str, error: Exception) -> None:
        """Warns of a damaged file, once."""
        if path not in self.damaged:
            self.damaged[path] = str(error)
            warnings.warn(
                f"{printable(path)} can't be read: {error}. The next image that can be read "
                f"takes its place ({len(self.damaged)} of {len(self.paths)} so far).",
                stacklevel=2,
            )
