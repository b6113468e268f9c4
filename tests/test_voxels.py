"""Pictures of volumes whose sides can be told, and whether they are one piece."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gankit
from gankit.metrics import largest_component
from gankit.voxels import BACKGROUND, COLOR, LIGHT


def count_faces(picture):
    """Returns how many pixels show the faces across depth, height and width."""
    light = picture[..., 0] / COLOR[0]
    pixels = (picture != BACKGROUND).any(axis=-1)
    order = np.argsort(LIGHT)  # what the distance takes away is far less than what lies between
    faces = order[np.digitize(light, np.sort(LIGHT)[:-1] * 0.95)]
    return np.bincount(faces[pixels], minlength=3)


def test_a_cube_from_the_corner_shows_three_equal_faces():
    elevation = np.degrees(np.arcsin(1 / np.sqrt(3)))
    cube = np.zeros((1, 9, 9, 9))
    cube[:, 4, 4, 4] = 1
    (picture,) = gankit.draw_voxels(cube, size=400, azimuth=45, elevation=elevation)
    faces = count_faces(picture)
    np.testing.assert_allclose(faces / faces.sum(), [1 / 3] * 3, atol=0.02)
    # The hexagon's area is sqrt(3) of a cube of side 1; the picture is sqrt(243) wide.
    np.testing.assert_allclose(faces.sum() / 400**2, 3**0.5 / 243, rtol=0.03)


@pytest.mark.parametrize(("azimuth", "face"), [(0, 0), (90, 1), (180, 0)])
def test_a_cube_from_one_side_shows_one_face(azimuth, face):
    cube = np.ones((1, 2, 2, 2))
    (picture,) = gankit.draw_voxels(cube, size=50, azimuth=azimuth, elevation=0)
    faces = count_faces(picture)
    assert faces[face] == faces.sum() > 0


def test_what_is_in_front_hides_what_is_behind_and_width_is_up():
    volume = np.zeros((1, 3, 3, 3))
    volume[0, 2, 1, 2] = 1  # near an eye at azimuth 0, and up
    (alone,) = gankit.draw_voxels(volume, size=60, azimuth=0, elevation=0)
    volume[0, 0, 1, 2] = 1
    (both,) = gankit.draw_voxels(volume, size=60, azimuth=0, elevation=0)
    np.testing.assert_array_equal(alone, both)
    rows = np.flatnonzero((alone != BACKGROUND).any(axis=(1, 2)))
    assert rows.max() < 30


def test_pictures_of_nothing_and_of_wrong_shapes():
    assert (gankit.draw_voxels(np.zeros((1, 4, 4, 4, 1)), size=8) == BACKGROUND).all()
    with pytest.raises(ValueError, match=r"\(n, depth, height, width\).*got \(4, 4, 4\)"):
        gankit.draw_voxels(np.zeros((4, 4, 4)))
    with pytest.raises(ValueError, match=r"elevation must lie in \[-90, 90\] degrees, got 91"):
        gankit.draw_voxels(np.ones((1, 4, 4, 4)), elevation=91)
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        gankit.draw_voxels(np.ones((1, 4, 4, 4)), size=0)


def test_the_largest_piece_by_hand():
    volumes = np.zeros((3, 4, 4, 4))
    volumes[0, 0, 0, :3] = 1
    volumes[0, 3, 3, 3] = 1
    volumes[1, 0, 0, 0] = volumes[1, 1, 1, 0] = 1  # a common edge is no common face
    np.testing.assert_array_equal(largest_component(volumes), [0.75, 0.5, np.nan])
    np.testing.assert_array_equal(largest_component(volumes - 0.5, threshold=-1.0), [1, 1, 1])


def flood(full):
    """Returns the share of the largest component, by walking from voxel to voxel."""
    left, sizes = set(map(tuple, np.argwhere(full))), []
    while left:
        open_ends, size = [left.pop()], 0
        while open_ends:
            place, size = open_ends.pop(), size + 1
            for axis in range(3):
                for step in (-1, 1):
                    near = tuple(x + step * (i == axis) for i, x in enumerate(place))
                    if near in left:
                        left.remove(near)
                        open_ends.append(near)
        sizes.append(size)
    return max(sizes) / sum(sizes) if sizes else np.nan


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_the_largest_piece_by_walking(seed, share):
    full = np.random.default_rng(seed).random((1, 5, 6, 4)) < share
    np.testing.assert_array_equal(largest_component(full), [flood(full[0])])
