"""Safe opening of image files: none can hang, fill the memory, or run anything."""

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from typing import IO

from PIL import Image

from gankit.typing import Size

Image.init()  # without it Pillow knows a few formats only, until it meets a file of another

#: Formats that are read. A file's content says which one it is of, whatever its name.
FORMATS = tuple(
    name for name in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF") if name in Image.OPEN
)

#: Pixels that a picture may have where it is decoded: up to 12 bytes each, with all copies.
MAX_PIXELS = 46_000_000

#: How many times as much a format takes: WebP's reader keeps two canvases of its own.
TIMES_THE_MEMORY = {"WEBP": 2}

#: Bytes that a file may have for each of these pixels: four channels of 16 bits, not compressed.
BYTES_A_PIXEL = 8

NO_FILES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class UnreadableImageError(ValueError):
    """What is wrong with an image file, without its name, which the one who asked for it knows."""


@contextlib.contextmanager
def open_image(source: str | bytes) -> Iterator[Image.Image]:
    """Yields the picture in a file, not yet decoded.

    Args:
        source: the path of a file, or its bytes.

    Raises:
        UnreadableImageError: whatever goes wrong with it, until the context ends.
    """
    try:
        with open_file(source) as file, Image.open(file, formats=FORMATS) as image:
            yield image
    except UnreadableImageError:
        raise
    except Exception as error:  # a damaged file raises whatever its bytes lead to
        raise UnreadableImageError(describe(error)) from error


def open_file(source: str | bytes) -> IO[bytes]:
    """Returns a file that can be read; what may block for ever, such as a FIFO, is not opened."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    status = os.stat(source)  # noqa: PTH116 (100,000 Path objects are slow)
    if not stat.S_ISREG(status.st_mode):
        what = NO_FILES.get(stat.S_IFMT(status.st_mode), "something else")
        raise UnreadableImageError(f"it is no file on a disk, but {what}")
    if status.st_size == 0:
        raise UnreadableImageError("the file is empty")
    most = BYTES_A_PIXEL * MAX_PIXELS
    if status.st_size > most:
        raise UnreadableImageError(
            f"it has {status.st_size / 1e6:,.0f} MB, at most {most / 1e6:,.0f} MB are read"
        )
    return open(source, "rb")  # noqa: PTH123 (as above)


def describe(error: Exception) -> str:
    """Returns what an error says of a file, in words that say it without the error's class."""
    if isinstance(error, Image.UnidentifiedImageError):
        return f"it is damaged, or of none of the formats that are read: {', '.join(FORMATS)}"
    said = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
    if isinstance(error, said) and str(error):
        return getattr(error, "strerror", None) or str(error)
    return f"{type(error).__name__} {error}".strip()


def check_pixels(size: Size, image_format: str | None) -> None:
    """Raises ``UnreadableImageError`` unless a picture ``(width, height)`` can be decoded."""
    width, height = size
    most = MAX_PIXELS // TIMES_THE_MEMORY.get(image_format or "", 1)
    if not 0 < width * height <= most:
        raise UnreadableImageError(
            f"it has {width} x {height} = {width * height:,} pixels, where 1 to {most:,} of a "
            f"{image_format} are decoded"
        )
