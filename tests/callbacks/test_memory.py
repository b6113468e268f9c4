"""What callbacks remember is written and read, and where it belongs to."""

import zipfile

import keras
import ml_dtypes
import numpy as np
from helpers import make_dataset, make_gan, make_plain_networks
from keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

from gankit.callbacks import Checkpoint
from gankit.callbacks.memory import find_stop, read_memory, recall, write_memory


class Model:
    """Has weights of two types."""

    def get_weights(self):
        return [np.zeros(2, "float32"), np.zeros(2, ml_dtypes.bfloat16)]


class Own(keras.callbacks.Callback):
    """A user's callback that says what it remembers."""

    remembers = ("seen",)
    seen = 0


def write_and_read(path, before, after):
    with zipfile.ZipFile(path, "w") as archive:
        write_memory(archive, before)
    memories = read_memory(path, after, Model())
    recall(memories)
    return memories


def test_what_is_remembered_comes_back(tmp_path):
    early, plateau = EarlyStopping("fid"), ReduceLROnPlateau("fid")
    early.wait, early.best, early.best_epoch = 3, np.float32(0.5), 7
    early.best_weights = [np.array([1, 2], "float32"), np.array([0.1, 3], ml_dtypes.bfloat16)]
    plateau.wait, plateau.best, plateau.cooldown_counter = 1, float("inf"), 2
    files = [ModelCheckpoint("a.keras", "fid"), ModelCheckpoint("b.keras", "fid")]
    files[0].best, files[1].best = 0.25, 0.75
    own = Own()
    own.seen = {"fid": np.float64(0.1)}
    others = [
        EarlyStopping("fid"),
        ReduceLROnPlateau("fid"),
        keras.callbacks.History(),
        *(ModelCheckpoint(name, "fid") for name in ("a.keras", "b.keras")),
        Own(),
    ]
    write_and_read(tmp_path / "file", [plateau, early, own, *files], others)
    assert (others[0].wait, others[0].best, others[0].best_epoch) == (3, 0.5, 7)
    for weight, expected in zip(others[0].best_weights, early.best_weights, strict=True):
        assert weight.dtype == expected.dtype
        np.testing.assert_array_equal(weight, expected)
    assert vars(others[1]).items() >= {"wait": 1, "best": np.inf, "cooldown_counter": 2}.items()
    assert (others[3].best, others[4].best) == (0.25, 0.75)
    assert others[5].seen == {"fid": 0.1}


def test_what_monitors_another_value_begins_anew(tmp_path):
    early, other = EarlyStopping("fid"), EarlyStopping("kid")
    early.wait = 3
    assert write_and_read(tmp_path / "file", [early], [other]) == []
    assert other.wait == 0


def test_who_has_ended_a_run(tmp_path):
    early = EarlyStopping("fid", patience=2)
    assert not find_stop([(early, {"wait": 1, "stopped_epoch": 0})])
    assert find_stop([(early, {"wait": 2, "stopped_epoch": 5})])
    memory = {"wait": 2, "stopped_epoch": 5}
    assert not find_stop([(EarlyStopping("fid", patience=3), memory)])
    assert memory["stopped_epoch"] == 0  # it goes on


def test_a_run_that_ended_early_stays_ended_unless_there_is_more_patience(tmp_path):
    def run(patience):
        keras.utils.set_random_seed(0)
        gan = make_gan(make_plain_networks, compile_options={"run_eagerly": True})
        early = EarlyStopping("spread", patience=patience, mode="min", restore_best_weights=True)
        logs = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: logs.update(spread=float(epoch))  # ever worse
        )
        logs.order = -1
        callbacks = [Checkpoint(tmp_path / "run"), logs, early]
        history = gan.fit(make_dataset(8), epochs=9, verbose=0, callbacks=callbacks)
        return gan, history.epoch

    first, epochs = run(patience=1)
    assert epochs == [0, 1]
    again, epochs = run(patience=1)
    assert epochs == []
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # the best ones
    assert run(patience=3)[1] == [2, 3]
