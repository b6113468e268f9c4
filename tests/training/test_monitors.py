"""Callbacks that watch a value do what Keras's do, by numbers."""

import operator
from types import SimpleNamespace

import keras
import pytest
from helpers import LogEach, make_dataset, make_gan, make_plain_networks


@pytest.mark.parametrize(
    ("mode", "values", "last", "compare"),
    [
        ("min", [3.0, 2.0, 1.95, 2.5, 1.0], 4, operator.lt),  # 1.95 is not 0.1 better than 2
        ("max", [1.0, 2.0, 2.05, 1.5, 3.0], 4, operator.gt),
        ("min", [3.0, float("nan"), float("nan"), 1.0], 3, operator.lt),
    ],
)
def test_early_stopping_ends_where_keras_ends_it(mode, values, last, compare):
    keras_s = keras.callbacks.EarlyStopping("score", mode=mode, min_delta=0.1, patience=2)
    model = SimpleNamespace(stop_training=False, metrics=[])
    keras_s.set_model(model)
    keras_s.on_train_begin()
    for epoch, value in enumerate(values):
        keras_s.on_epoch_end(epoch, {"score": value})
        if model.stop_training:
            break
    ours = keras.callbacks.EarlyStopping("score", mode=mode, min_delta=0.1, patience=2)
    used = [LogEach(score=values), ours]
    history = make_gan(make_plain_networks).fit(
        make_dataset(), epochs=len(values), verbose=0, callbacks=used
    )
    assert len(history.epoch) == epoch + 1 == last
    assert (ours.best, ours.wait) == (keras_s.best, keras_s.wait)
    assert ours.monitor_op is compare
    assert keras_s.monitor_op is not compare
