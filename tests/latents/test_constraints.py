"""What constraints cost, by hand."""

import numpy as np
import pytest

from gankit import latents

UPPER = np.zeros((8, 8))
UPPER[:2] = 1


def test_what_constraints_cost():
    images = np.zeros((1, 8, 8, 1), "float32")
    images[0, :4] = 0.5
    # Of 16 pixels that the mask takes in all are 0.5, and shall be -0.5.
    np.testing.assert_allclose(latents.Pixels(-0.5, UPPER, weight=3.0)(images), [3.0])
    everywhere = np.ones((8, 8))
    # The edge lies on the border of the mask, which takes in one side of it only.
    for half in (images[0, ..., 0] > 0, images[0, ..., 0] == 0):
        np.testing.assert_allclose(latents.Edges(0 * images, half)(images), [0])
    np.testing.assert_allclose(latents.Edges(images[0] + 0.25, everywhere)(images), [0])
    # Against a drawing without edges: 8 of 7 * 8 differences down are -0.5, none to the right.
    np.testing.assert_allclose(
        latents.Edges(np.zeros((8, 8, 1)), everywhere)(images), [0.25 / 7], rtol=1e-6
    )


def test_masks_that_can_t_be():
    for mask in (0 * UPPER, -UPPER, np.ones(8), np.stack([UPPER, 0 * UPPER])[..., None]):
        with pytest.raises(ValueError, match=r"how much each pixel counts"):
            latents.Pixels(0.0, mask)
    with pytest.raises(ValueError, match=r"how much each pixel counts"):
        latents.Edges(np.zeros((8, 8, 1)), np.eye(8))  # no two neighbours
