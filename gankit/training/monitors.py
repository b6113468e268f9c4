"""Keras's callbacks that watch a value, such as ``EarlyStopping``, without tensors of it."""

import operator
from collections.abc import Sequence

import keras
from keras import ops

from gankit.typing import Logs

#: Of two numbers, by what Keras compares tensors of them with.
OF_NUMBERS = {ops.less: operator.lt, ops.greater: operator.gt}


class PlainComparisons(keras.callbacks.Callback):
    """Has callbacks that watch a value compare it as the number that it is.

    Keras has tensors made of it, and TensorFlow keeps 0.8 kB of each for good: 24 MB in 10,000
    epochs of three such callbacks.

    Args:
        watchers: callbacks; those that watch nothing are left alone.
    """

    def __init__(self, watchers: Sequence[keras.callbacks.Callback]):
        super().__init__()
        self.watchers = watchers

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Takes effect once Keras has chosen which way is better, at the end of the first epoch."""
        for callback in self.watchers:
            compare = getattr(callback, "monitor_op", None)
            if compare in OF_NUMBERS:
                callback.monitor_op = OF_NUMBERS[compare]
