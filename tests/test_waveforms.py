"""Pictures of signals in which each value can be found."""

import numpy as np
import pytest
from helpers import make_gan, make_networks_of_signals
from PIL import Image

import gankit
from gankit.callbacks import SampleGrid
from gankit.waveforms import AXIS, BACKGROUND, COLOR


def rows_of(picture):
    """Returns the first and the last coloured row of each column."""
    drawn = (picture == COLOR).all(axis=-1)
    return [(column.nonzero()[0].min(), column.nonzero()[0].max()) for column in drawn.T]


def test_each_value_has_its_place():
    signal = np.array([1.0, 1.0, 0.5, -1.0])[None, :, None]
    (picture,) = gankit.draw_signals(signal, width=4, height=9)
    assert picture.shape == (9, 4, 3)
    # Each column reaches from the value before to its own: 0 is the top, 8 the bottom.
    assert rows_of(picture) == [(0, 0), (0, 0), (0, 2), (2, 8)]
    assert (picture[4, :3] == AXIS).all()
    assert (picture[1, 0] == BACKGROUND).all()


def test_a_column_shows_all_values_of_its_time():
    signal = np.tile([0.0, 1.0, -1.0, 0.0], 2)[None, :, None]
    (picture,) = gankit.draw_signals(signal, width=2, height=5)
    assert rows_of(picture) == [(0, 4), (0, 4)]


def test_channels_one_below_the_other_in_another_range():
    signals = np.stack([np.full((2, 10), 3.0), np.zeros((2, 10))], axis=-1)
    pictures = gankit.draw_signals(signals, width=5, height=7, value_range=(0, 3))
    assert pictures.shape == (2, 14, 5, 3)
    assert rows_of(pictures[1][:7]) == [(0, 0)] * 5
    assert rows_of(pictures[1][7:]) == [(6, 6)] * 5


def test_what_is_no_signal():
    with pytest.raises(ValueError, match=r"\(n, time, channels\), got \(4, 1\)"):
        gankit.draw_signals(np.zeros((4, 1)))
    with pytest.raises(ValueError, match="NaN or infinity"):
        gankit.draw_signals(np.full((1, 4, 1), np.inf))
    with pytest.raises(ValueError, match=r"value_range must be \(low, high\)"):
        gankit.draw_signals(np.zeros((1, 4, 1)), value_range=(1, 1))
    with pytest.raises(ValueError, match=r"gankit\.draw_signals"):
        gankit.make_grid(np.zeros((1, 4, 1)))


def test_grids_of_signals_while_training(tmp_path):
    gan = make_gan(make_networks_of_signals)
    signals = np.zeros((4, 70, 2), "float32")
    gan.fit(signals, verbose=0, callbacks=[SampleGrid(tmp_path, 4)])
    expected = gankit.make_grid(gankit.draw_signals(gan.generate(4, seed=0)), scale="auto")
    with Image.open(tmp_path / "epoch_0001.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), expected)
