import numpy as np
import pytest

from gankit import data

FULL = np.random.default_rng(0).random((6, 2, 3, 4)) > 0.5


@pytest.mark.parametrize(
    "volumes", [FULL, FULL[..., None], FULL.astype("uint8"), FULL.astype("float32")]
)
def test_empty_and_full(volumes):
    batches = list(data.from_voxels(volumes, batch_size=3, shuffle=False).as_numpy_iterator())
    assert [batch.shape for batch in batches] == [(3, 2, 3, 4, 1)] * 2
    assert batches[0].dtype == np.float32
    np.testing.assert_array_equal(np.concatenate(batches)[..., 0], np.where(FULL, 1, -1))


def test_labels_stay_with_their_volumes():
    dataset = data.from_voxels(FULL, np.arange(6), batch_size=2, seed=3)
    for volumes, labels in dataset.as_numpy_iterator():
        np.testing.assert_array_equal(volumes[..., 0] > 0, FULL[labels])


@pytest.mark.parametrize(
    ("volumes", "message"),
    [
        (np.moveaxis(FULL[..., None], -1, 1), r"np\.moveaxis\(volumes, 1, -1\)"),
        (FULL[0], r"\(n, depth, height, width\).*got \(2, 3, 4\)"),
        (255 * FULL.astype("uint8"), r"0 \(empty\) or 1.*from 0 to 255.*volumes > 127.5"),
        (np.where(FULL, np.nan, 0.0), "0 .empty. or 1"),
    ],
)
def test_volumes_that_can_t_be(volumes, message):
    with pytest.raises(ValueError, match=message):
        data.from_voxels(volumes, batch_size=2)


def test_labels_that_do_not_fit():
    with pytest.raises(ValueError, match="labels must have the shape"):
        data.from_voxels(FULL, [1, 2], batch_size=2)
    with pytest.raises(ValueError, match="larger than the data"):
        data.from_voxels(FULL, batch_size=7)
