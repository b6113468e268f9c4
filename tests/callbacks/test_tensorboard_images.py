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


def read_steps(folder, name):
    """Returns at which steps TensorBoard's files hold a value."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return {event.step for event in EventAccumulator(str(folder)).Reload().Tensors(name)}


def test_grids_beside_the_losses(tmp_path):
    pytest.importorskip("tensorboard")
    gan = make_gan()
    for epochs in (2, 3):  # the second call goes on
        images = callbacks.TensorBoardImages(tmp_path, 9)
        tensorboard = keras.callbacks.TensorBoard(tmp_path)
        gan.fit(
            make_dataset(),
            epochs=epochs,
            initial_epoch=gan.position.epoch,
            verbose=0,
            callbacks=[tensorboard, images],
        )
    assert {path.name for path in tmp_path.iterdir()} == {"train", "images"}
    pictures = read_images(tmp_path / "images")
    assert set(pictures) == read_steps(tmp_path / "train", "epoch_generator_loss") == {0, 1, 2}
    np.testing.assert_array_equal(pictures[2], gankit.make_grid(gan.generate(9, seed=0)))


def test_every_few_steps(tmp_path):
    pytest.importorskip("tensorboard")
    gan = make_gan()
    images = callbacks.TensorBoardImages(tmp_path, 4, every=2)
    tensorboard = keras.callbacks.TensorBoard(tmp_path, update_freq=2)
    gan.fit(make_dataset(), verbose=0, callbacks=[tensorboard, images])  # 4 steps
    pictures = set(read_images(tmp_path / "images"))
    assert pictures == read_steps(tmp_path / "train", "batch_generator_loss") == {2, 4}


def test_without_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"pip install tensorboard"):
        callbacks.TensorBoardImages(tmp_path)
