"""A report's pictures of real images, and of samples beside their nearest neighbours."""

import numpy as np

from gankit.callbacks.report_pictures import Figure, encode
from gankit.grids import make_grid
from gankit.metrics.nearest_neighbours import nearest_neighbours

COMPARED = 6  # generated images
NEAREST = 4  # real images next to each


def draw_real(real: np.ndarray, most: int, columns: int | None) -> Figure:
    """Returns a grid of real images, at most ``most`` of them.

    Args:
        real: uint8 ``(n, height, width, channels)``; they may be sorted by class.
        most: how many to show.
        columns: images per row, see ``make_grid``.
    """
    number = min(most, len(real))
    some = real[np.linspace(0, len(real) - 1, number).astype(int)]
    picture = encode(make_grid(some, columns=columns))
    return Figure(picture, f"{number:,} of {len(real):,} real images.")


def draw_neighbours(images: np.ndarray, real: np.ndarray) -> Figure:
    """Returns generated images, each next to the real images that are nearest in pixels.

    The caption gives the smallest root mean square difference, as a share of the difference between
    black and white.

    Args:
        images: generated ones, uint8 ``(n, height, width, channels)``.
        real: real ones, likewise.

    Raises:
        ValueError: images of different sizes.
    """
    images = images[:COMPARED]
    found = nearest_neighbours(images, real, k=min(NEAREST, len(real)))
    rows = np.concatenate([images[:, None], real[found.indices]], axis=1)
    columns = (1, found.indices.shape[1])
    grid = make_grid(rows.reshape(-1, *images.shape[1:]), columns=columns)
    smallest = found.distances.min() / (2 * np.sqrt(images[0].size))
    return Figure(
        encode(grid),
        f"Each row shows a generated image and the nearest of {len(real):,} real images in pixels. "
        f"The smallest difference is {smallest:.1%}; for a copy, it would be 0.",
    )
