"""Pixels against pixels: values by hand, and the papers' values for enlarging Set5."""

import numpy as np
import pytest
from helpers import shared_data
from PIL import Image

from gankit import data, metrics


def test_by_hand():
    images = np.full((1, 4, 4, 1), 100, "uint8")
    references = images.copy()
    references[0, 1, 1] += 16  # a mean squared error of 256 / 16
    expected = 10 * np.log10(255**2 / 16)
    np.testing.assert_allclose(
        metrics.peak_signal_to_noise_ratio(images, references), [expected], rtol=1e-12
    )
    floats = images / 127.5 - 1
    np.testing.assert_allclose(
        metrics.peak_signal_to_noise_ratio(floats, references), [expected], rtol=1e-9
    )
    assert metrics.peak_signal_to_noise_ratio(images, images) == [np.inf]
    border = metrics.peak_signal_to_noise_ratio(images, references, border=1)
    np.testing.assert_allclose(border, 10 * np.log10(255**2 / 64))


def test_luma_of_studio_range():
    colours = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0]], "uint8").reshape(3, 1, 1, 3)
    black = np.zeros_like(colours)
    levels = np.array([16, 235, 81])  # of ITU-R BT.601, rounded
    with np.errstate(divide="ignore"):
        expected = 20 * np.log10(255 / (levels - 16.0))
    values = metrics.peak_signal_to_noise_ratio(colours, black, luma=True)
    np.testing.assert_allclose(values, expected)
    grey = np.array([0, 255], "uint8").reshape(2, 1, 1, 1)
    values = metrics.peak_signal_to_noise_ratio(grey, grey * 0, luma=True)
    np.testing.assert_allclose(values, expected[:2])


def test_bad_input():
    images = np.zeros((2, 4, 4, 1), "uint8")
    with pytest.raises(ValueError, match=r"\(2, 4, 4, 1\) and \(1, 4, 4, 1\)"):
        metrics.peak_signal_to_noise_ratio(images, images[:1])
    with pytest.raises(ValueError, match="border=2 leaves nothing"):
        metrics.peak_signal_to_noise_ratio(images, images, border=2)


def test_sharpness_by_hand():
    ramp = np.arange(5, dtype="uint8") * 3
    sideways = np.broadcast_to(ramp[None, :, None], (5, 5, 1))
    images = np.stack([sideways, sideways.swapaxes(0, 1), sideways * 0])
    np.testing.assert_allclose(metrics.sharpness(images), [3, 3, 0])


def test_sharpness_difference_by_hand():
    flat = np.zeros((1, 3, 3, 1), "uint8")
    edge = flat.copy()
    edge[:, :, 2] = 51  # of four pixels with neighbours above and to the left, two differ by 51
    np.testing.assert_allclose(
        metrics.sharpness_difference(flat, edge), [10 * np.log10(255**2 / 25.5)]
    )
    np.testing.assert_array_equal(metrics.sharpness_difference(255 - edge, edge), [np.inf])
    floats = edge / np.float32(127.5) - 1
    np.testing.assert_allclose(
        metrics.sharpness_difference(floats, flat), metrics.sharpness_difference(edge, flat)
    )
    with pytest.raises(ValueError, match=r"\(1, 3, 3, 1\) and \(1, 2, 3, 1\)"):
        metrics.sharpness_difference(flat, flat[:, :2])


# Table 2 of Dong et al. 2015, arXiv:1501.00092, "bicubic".
@pytest.mark.parametrize(("factor", "published"), [(2, 33.66), (3, 30.39), (4, 28.42)])
def test_bicubic_on_set5_is_as_published(factor, published):
    values = []
    for path in sorted(shared_data("superres/Set5").iterdir()):
        photo = np.asarray(Image.open(path).convert("RGB"))[None]
        height, width = (side // factor * factor for side in photo.shape[1:3])
        photo = photo[:, :height, :width].astype("float32")
        small = data.resize_bicubic(photo, (height // factor, width // factor))
        enlarged = data.resize_bicubic(small, (height, width)) / 127.5 - 1
        values += metrics.peak_signal_to_noise_ratio(
            enlarged, photo.astype("uint8"), border=factor, luma=True
        ).tolist()
    assert len(values) == 5
    np.testing.assert_allclose(np.mean(values), published, atol=0.01)
