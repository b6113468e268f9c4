"""Pictures of volumes."""

import numpy as np
from numpy.typing import ArrayLike

COLOR = np.array([250, 190, 90])
BACKGROUND = 255
# How light the faces across depth, height and width are: the top is lit most.
LIGHT = np.array([0.8, 0.55, 1.0])
DIMMEST = 0.6  # what is left of the light at the far end


def draw_voxels(
    volumes: ArrayLike,
    *,
    size: int = 128,
    azimuth: float = 30.0,
    elevation: float = 25.0,
    threshold: float = 0.0,
) -> np.ndarray:
    """Returns pictures of volumes, as an eye far away sees them; ``save_grid`` puts them together.

    Follows a ray for each pixel to the first full voxel. Width points up.

    Args:
        volumes: ``(n, depth, height, width)``, optionally with a last axis of 1.
        size: height and width of a picture in pixels.
        azimuth: degrees by which the eye has gone around the volume.
        elevation: degrees by which it looks down, in [-90, 90].
        threshold: a voxel is full where its value is larger.

    Returns:
        uint8 ``(n, size, size, 3)``.

    Raises:
        ValueError: another shape, or an argument out of its range.

    Examples:
        >>> volumes = -np.ones((2, 8, 8, 8))
        >>> volumes[:, 2:6, 2:6, 2:6] = 1  # a cube
        >>> gankit.draw_voxels(volumes, size=32).shape
        (2, 32, 32, 3)
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size!r}.")
    if not -90 <= elevation <= 90:
        raise ValueError(f"elevation must lie in [-90, 90] degrees, got {elevation!r}.")
    full = find_full(volumes, threshold)
    sizes = np.array(full.shape[1:])
    right, up, forward = look(azimuth, elevation)
    radius = np.linalg.norm(sizes) / 2
    across = np.linspace(-radius, radius, size)
    starts = sizes / 2 - radius * forward + across[::-1, None, None] * up + across[:, None] * right
    places, inside, light = follow(starts, forward, sizes)
    pictures = np.full((len(full), size, size, 3), BACKGROUND, np.uint8)
    for volume, picture in zip(full, pictures, strict=True):
        hits = volume[places] & inside
        first, hit = hits.argmax(axis=-1), hits.any(axis=-1)
        picture[hit] = np.take_along_axis(light, first[..., None], -1)[hit] * COLOR
    return pictures


def find_full(volumes: ArrayLike, threshold: float) -> np.ndarray:
    """Returns which voxels are full, ``(n, depth, height, width)``, or raises ``ValueError``."""
    volumes = np.asarray(volumes)
    if volumes.ndim == 5 and volumes.shape[-1] == 1:
        volumes = volumes[..., 0]
    if volumes.ndim != 4 or not volumes.size:
        raise ValueError(
            "volumes must have the shape (n, depth, height, width), optionally with a last axis "
            f"of 1, got {volumes.shape}."
        )
    return volumes > threshold


def look(azimuth: float, elevation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the directions right, up and forward of an eye, each of length 1."""
    turn, tilt = np.radians([azimuth, elevation])
    forward = np.array([-np.cos(tilt) * np.cos(turn), -np.cos(tilt) * np.sin(turn), -np.sin(tilt)])
    right = np.array([-np.sin(turn), np.cos(turn), 0.0])
    return right, np.cross(right, forward), forward


def follow(
    starts: np.ndarray, forward: np.ndarray, sizes: np.ndarray
) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    """Returns the voxels that rays go through, which of them exist, and how light they are there.

    Args:
        starts: where the rays begin, ``(height, width, 3)``, in voxels.
        forward: their direction.
        sizes: depth, height and width of the volume.
    """
    slopes = np.where(np.abs(forward) < 1e-9, 1e-9, forward)
    planes = [
        (np.arange(size + 1) - starts[..., axis, None]) / slopes[axis]
        for axis, size in enumerate(sizes)
    ]
    axes = np.repeat(np.arange(3), sizes + 1)
    crossings = np.concatenate(planes, axis=-1)
    order = crossings.argsort(axis=-1)
    crossings, axes = np.take_along_axis(crossings, order, -1), axes[order]
    # Between two crossings of planes a ray is in one voxel, which it has entered across one axis.
    middles = (crossings[..., :-1] + crossings[..., 1:]) / 2
    places = np.floor(starts[..., None, :] + middles[..., None] * forward).astype(int)
    inside = ((places >= 0) & (places < sizes)).all(axis=-1)
    nearness = 1 - middles / np.linalg.norm(sizes)
    light = LIGHT[axes[..., :-1]] * (DIMMEST + (1 - DIMMEST) * nearness.clip(0, 1))
    return tuple(np.moveaxis(places * inside[..., None], -1, 0)), inside, light
