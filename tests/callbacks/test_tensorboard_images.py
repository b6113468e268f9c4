import io
import sys

import keras
import numpy as np
import pytest
from helpers import make_dataset, make_gan
from PIL import Image

import gankit
from gankit import callbacks


def read_images(folder):
    """Returns the pictures in TensorBoard's files, by step."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    pictures = {}
    for event in events.Tensors("generated"):
        encoded = event.tensor_proto.string_val[2]  # after the width and the height
        pictures[event.step] = np.asarray(Image.open(io.BytesIO(encoded)))[..., None]
    return pictures


def test_grids_beside_the_losses(tmp_path):
    pytest.importorskip("tensorboard")
    gan = make_gan()
    images = callbacks.TensorBoardImages(tmp_path, 9)
    gan.fit(
        make_dataset(),
        epochs=2,
        verbose=0,
        callbacks=[keras.callbacks.TensorBoard(tmp_path), images],
    )
    assert {path.name for path in tmp_path.iterdir()} == {"train", "images"}
    pictures = read_images(tmp_path / "images")
    assert set(pictures) == {1, 2}
    np.testing.assert_array_equal(pictures[2], gankit.make_grid(gan.generate(9, seed=0)))


def test_every_few_steps(tmp_path):
    pytest.importorskip("tensorboard")
    gan = make_gan()
    images = callbacks.TensorBoardImages(tmp_path, 4, every=3)
    gan.fit(make_dataset(), verbose=0, callbacks=[images])  # 4 steps
    assert set(read_images(tmp_path / "images")) == {3}


def test_without_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"pip install 'gankit\[tensorboard\]'"):
        callbacks.TensorBoardImages(tmp_path)
