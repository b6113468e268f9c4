import gc
import os
import signal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "PYTEST_XDIST_WORKER" in os.environ:  # there are as many processes as cores
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import numpy as np
import pytest

# What a shell starts in its background ignores Ctrl-C, and so would all processes of the tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def same_start():
    """Each test begins with the same random state, names and precision, in any order of tests.

    What is left of imports and earlier tests is put out of the garbage collector's sight: it goes
    through all that there is several times a test, which took longer than many a test.
    """
    import keras  # here: the process that hands tests to others would load TensorFlow for nothing

    keras.backend.clear_session()
    gc.freeze()
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def fixed_numbers(monkeypatch):
    """Has what is random be the same on all backends, whose generators of numbers differ."""
    import keras
    from keras import ops

    def uniform(shape, minval=0.0, maxval=1.0, **_):
        shape = [int(size) for size in shape]
        numbers = np.modf(np.arange(np.prod(shape)) * 0.618034)[0].reshape(shape)
        return ops.convert_to_tensor(minval + (maxval - minval) * numbers, "float32")

    def randint(shape, minval, maxval, **_):
        return ops.cast(uniform(shape, minval, maxval), "int32")

    monkeypatch.setattr(keras.random, "uniform", uniform)
    monkeypatch.setattr(keras.random, "normal", lambda shape, **_: uniform(shape, -2.0, 2.0))
    monkeypatch.setattr(keras.random, "randint", randint)
    monkeypatch.setattr(keras.random, "shuffle", lambda x, **_: ops.flip(x))
    for noise in (keras.layers.Dropout, keras.layers.GaussianNoise):
        monkeypatch.setattr(noise, "call", lambda self, x, training=False: x)
