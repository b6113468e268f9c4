import pytest
from helpers import make_dataset, make_gan, make_plain_networks

from gankit import callbacks


def test_training_ends_when_its_time_is_over():
    gan = make_gan(make_plain_networks)
    gan.fit(make_dataset(), epochs=3, verbose=0, callbacks=[callbacks.StopAfter(0)])
    assert gan.optimizer.iterations == 1
    gan.fit(make_dataset(), epochs=3, verbose=0, callbacks=[callbacks.StopAfter(3600)])
    assert gan.optimizer.iterations == 1 + 3 * 4


def test_the_clock_starts_with_fit():
    gan, now = make_gan(make_plain_networks), [0.0]
    stop = callbacks.StopAfter(10, clock=lambda: now[0])
    now[0] = 100.0

    class Clock(callbacks.StopAfter):
        def on_train_batch_end(self, batch, logs=None):
            now[0] += 4

    gan.fit(make_dataset(64), epochs=2, verbose=0, callbacks=[Clock(0), stop])
    assert gan.optimizer.iterations == 3


def test_no_negative_time():
    with pytest.raises(ValueError, match="seconds must be 0 or more, got -1"):
        callbacks.StopAfter(-1)
