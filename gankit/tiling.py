"""Photos of any size through an image-to-image generator of one size, in tiles."""

import itertools

import numpy as np
from numpy.typing import ArrayLike

from gankit.checks import check_fraction
from gankit.gans import GAN

#: A place in a photo: its first row and its first column.
Corner = tuple[int, int]


def translate_photo(
    gan: GAN, photo: ArrayLike, *, overlap: float = 0.5, inverse: bool = False
) -> np.ndarray:
    """Returns what a generator of images from images makes of a photo of any size.

    The photo is cut into tiles of the size that the generator was built for, which overlap, and are
    laid over each other with weights that fall towards their edges, so that no seams are seen. A
    photo that is smaller than a tile is continued by its mirror image, and cut back.

    Args:
        gan: such as a ``Pix2Pix`` or a ``CycleGAN``.
        photo: ``(height, width, channels)``, uint8 or floats in [-1, 1].
        overlap: which share of a tile its neighbour covers at least, in [0, 1).
        inverse: whether a ``CycleGAN`` goes the other way.

    Returns:
        float32 ``(height, width, channels)`` in the generator's range.

    Raises:
        ValueError: a generator of other images than photos, or a photo that doesn't fit it.

    Examples:
        >>> translator = gankit.Pix2Pix(
        ...     architectures.pix2pix.build_generator((16, 16, 3), filters=2),
        ...     architectures.pix2pix.build_discriminator((16, 16, 3), filters=2),
        ... )
        >>> photo = np.zeros((20, 40, 3), "uint8")
        >>> gankit.translate_photo(translator, photo).shape
        (20, 40, 3)
    """
    check_fraction("overlap", overlap, "[0, 1)")
    photo = np.asarray(photo)
    size = find_tile(gan)
    if photo.ndim != 3:
        raise ValueError(f"photo must be (height, width, channels), got shape {photo.shape}.")
    if photo.dtype == np.uint8:
        photo = photo.astype(np.float32) / 127.5 - 1
    height, width = photo.shape[:2]
    missing = [max(0, side - there) for side, there in zip(size, (height, width), strict=True)]
    padded = np.pad(photo, [(0, missing[0]), (0, missing[1]), (0, 0)], "symmetric")
    corners = find_corners(padded.shape[:2], size, overlap)
    tiles = np.stack([padded[y : y + size[0], x : x + size[1]] for y, x in corners])
    made = gan.invert(tiles) if inverse else gan.generate(condition=tiles)
    return lay(np.asarray(made), corners, padded.shape[:2])[:height, :width]


def find_tile(gan: GAN) -> tuple[int, int]:
    """Returns the height and width that a generator takes, and makes."""
    taken = gan.generator_inputs.of("condition")
    shapes = [one.shape[:2] for one in taken if len(one.shape) == 3]
    if len(taken) != 1 or not shapes or shapes[0] != tuple(gan.generator.output_shape[1:3]):
        raise ValueError(
            "This generator does not turn a photo into one of the same size, as a Pix2Pix or a "
            "CycleGAN does."
        )
    height, width = shapes[0]
    if height is None or width is None:
        raise ValueError("This generator takes photos of any size: call gan.generate.")
    return height, width


def find_corners(photo: tuple[int, int], tile: tuple[int, int], overlap: float) -> list[Corner]:
    """Returns where tiles begin that cover a photo evenly."""
    starts = []
    for length, side in zip(photo, tile, strict=True):
        number = 1 + int(np.ceil((length - side) / (side * (1 - overlap))))
        starts.append(np.linspace(0, length - side, number).round().astype(int).tolist())
    return list(itertools.product(*starts))


def lay(tiles: np.ndarray, corners: list[Corner], size: tuple[int, int]) -> np.ndarray:
    """Returns overlapping tiles ``(n, height, width, channels)`` as one picture."""
    height, width, channels = tiles.shape[1:]
    weights = np.outer(rise_and_fall(height), rise_and_fall(width))[..., None]
    total = np.zeros((*size, channels), np.float32)
    covered = np.zeros((*size, 1), np.float32)
    for tile, (y, x) in zip(tiles, corners, strict=True):
        total[y : y + height, x : x + width] += weights * tile
        covered[y : y + height, x : x + width] += weights
    return total / covered


def rise_and_fall(length: int) -> np.ndarray:
    """Returns weights that are largest in the middle, and nowhere 0."""
    places = np.arange(1, length + 1)
    return np.minimum(places, places[::-1]).astype(np.float32) / length
