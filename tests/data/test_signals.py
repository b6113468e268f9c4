import numpy as np
import pytest

from gankit import data

SIGNALS = np.random.default_rng(0).uniform(-1, 1, (6, 20, 2))


def test_batches_of_signals():
    batches = list(data.from_signals(SIGNALS, batch_size=3, shuffle=False).as_numpy_iterator())
    assert [batch.shape for batch in batches] == [(3, 20, 2)] * 2
    assert batches[0].dtype == np.float32
    np.testing.assert_array_equal(np.concatenate(batches), SIGNALS.astype("float32"))


def test_labels_stay_with_their_signals():
    dataset = data.from_signals(SIGNALS, np.arange(6), batch_size=2, seed=3)
    for signals, labels in dataset.as_numpy_iterator():
        np.testing.assert_array_equal(signals, SIGNALS[labels].astype("float32"))


def test_any_finite_values():
    (batch,) = data.from_signals(5 * SIGNALS, batch_size=6, value_range=None).as_numpy_iterator()
    assert np.abs(batch).max() > 4


@pytest.mark.parametrize(
    ("signals", "error", "message"),
    [
        (SIGNALS[..., 0], ValueError, r"\(n, samples, channels\).*signals\[\.\.\., None\]"),
        (SIGNALS[None], ValueError, r"got \(1, 6, 20, 2\)\.$"),
        (np.zeros((2, 3, 1), "int16"), TypeError, "signals / 32768"),
        (2 * SIGNALS, ValueError, r"must lie in \[-1, 1\]"),
        (np.full((2, 3, 1), np.nan), ValueError, "2 of 2 hold NaN"),
    ],
)
def test_signals_that_can_t_be(signals, error, message):
    with pytest.raises(error, match=message):
        data.from_signals(signals, batch_size=1)
