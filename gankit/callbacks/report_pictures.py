"""The pictures inside a report, from which a resumed run reads them back."""

import base64
import html
import io
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gankit.grids import to_picture
from gankit.typing import PathLike

MOST_BYTES = 100_000  # per picture
MOST_PIXELS = 1024  # per side
MOST_EXACT = 5 * MOST_BYTES  # values up to which lossless compression is worth a try
SAMPLE = re.compile(
    r'data-epoch="(\d+)" data-step="(\d+)" width="(\d+)" height="(\d+)" '
    r'src="(data:image/webp;base64,[A-Za-z0-9+/=]+)"'
)


class Picture(NamedTuple):
    """A picture that stands in the page itself: its ``data:`` URI, and its size in pixels."""

    source: str
    width: int
    height: int


class Figure(NamedTuple):
    """A picture, and what it shows in words."""

    picture: Picture
    text: str


class Sample(NamedTuple):
    """A grid of generated images, and how many epochs and training steps were completed then."""

    epoch: int
    step: int
    picture: Picture


def encode(grid: np.ndarray) -> Picture:
    """Returns a picture of at most 100 kB: lossless if it fits, else lossy, or smaller.

    Args:
        grid: uint8 ``(height, width, channels)``.
    """
    picture = to_picture(grid)
    ways: list[dict[str, Any]] = [{"quality": 90}, {"quality": 70}]
    if grid.size <= MOST_EXACT:
        ways.insert(0, {"lossless": True})
    picture.thumbnail((MOST_PIXELS, MOST_PIXELS))
    while True:
        for options in ways:
            file = io.BytesIO()
            picture.save(file, "WEBP", **options)
            if file.tell() <= MOST_BYTES:
                source = base64.b64encode(file.getvalue()).decode()
                return Picture(f"data:image/webp;base64,{source}", *picture.size)
        smaller = min(0.75, (MOST_BYTES / file.tell()) ** 0.5)
        picture.thumbnail((picture.width * smaller, picture.height * smaller))


def show_picture(picture: Picture, text: str, more: str = "") -> str:
    """Returns a picture as HTML, with ``text`` as its alternative text.

    Small ones are enlarged by whole numbers.
    """
    source, width, height = picture
    times = max(1, 600 // width)
    enlarged = f' style="width: {times * width}px" class="enlarged"' if times > 1 else ""
    return (
        f'<img{more} width="{width}" height="{height}" src="{source}" '
        f'alt="{html.escape(text)}"{enlarged}>'
    )


def show_sample(sample: Sample, text: str, hidden: bool) -> str:
    """Returns a sample as HTML, which ``read_samples`` reads."""
    more = f' data-epoch="{sample.epoch}" data-step="{sample.step}"'
    return show_picture(sample.picture, text, " hidden" * hidden + more)


def read_samples(path: PathLike, run: str) -> list[Sample]:
    """Returns a page's samples in order; none if it is missing or belongs to another run."""
    try:
        page = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    if f'data-run="{html.escape(run)}"' not in page:
        return []
    return [
        Sample(int(epoch), int(step), Picture(source, int(width), int(height)))
        for epoch, step, width, height, source in SAMPLE.findall(page)
    ]


def spread(steps: Sequence[float], most: int, spared: Collection[float] = ()) -> set[float]:
    """Returns at most ``most`` steps, evenly spread, including the first and the last.

    It can be called repeatedly while steps are added: the rest stays evenly spread.

    Args:
        steps: the steps, in order.
        most: how many to return, 2 at least.
        spared: steps that are always kept.
    """
    kept = list(steps)
    while len(kept) > most:
        places = [place for place in range(1, len(kept) - 1) if kept[place] not in spared]
        del kept[min(places, key=lambda place: kept[place + 1] - kept[place - 1])]
    return set(kept)
