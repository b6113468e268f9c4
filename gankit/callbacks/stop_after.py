"""Stops training after a given time."""

import time
from collections.abc import Callable

import keras

from gankit.typing import Logs


class StopAfter(keras.callbacks.Callback):
    """Ends training after a given time, at the end of a step.

    The clock starts with ``fit``. Give ``fit`` more epochs than it can complete in that time. The
    last epoch may end early, but callbacks still run as at the end of an epoch, and it counts as
    completed.

    Args:
        seconds: how long to train; 0 makes one step.
        clock: a function that returns seconds; ``time.process_time`` counts processor time, which
            doesn't depend on other work on the machine.

    Raises:
        ValueError: a negative time.

    Examples:
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> dataset = data.from_arrays(digits[:64, 10:18, 10:18], batch_size=16)
        >>> stop = callbacks.StopAfter(seconds=0)  # after one step; 600 for ten minutes
        >>> history = gan.fit(dataset, epochs=100, verbose=0, callbacks=[stop])
        >>> len(history.epoch), gan.position.steps
        (1, 1)
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        if not seconds >= 0:
            raise ValueError(f"seconds must be 0 or more, got {seconds!r}.")
        self.seconds = seconds
        self.clock = clock

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Starts the clock."""
        self.end = self.clock() + self.seconds

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Stops training when the time is up."""
        if self.clock() >= self.end:
            self.model.stop_training = True
