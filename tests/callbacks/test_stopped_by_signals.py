"""A signal loses nothing, whenever it comes, and ends the process as it would have.

Run as a script, this file is the process that is ended.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import pytest
from helpers import (
    StopAfter,
    Stopped,
    assert_same_state,
    environment_of_processes,
    make_dataset,
    make_gan,
    make_plain_networks,
)

from gankit.callbacks import Checkpoint, Report

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")


def run(folder, *callbacks, every="epoch", **options):
    """Trains for two epochs of two steps, from the beginning or on from where it was stopped."""
    keras.utils.set_random_seed(0)
    gan = make_gan(make_plain_networks, generator_ema=0.9, compile_options={"run_eagerly": True})
    gan.fit(
        make_dataset(16),
        epochs=2,
        validation_data=make_dataset(8, seed=5),
        callbacks=[Checkpoint(folder, every), *callbacks],
        **{"verbose": 0} | options,
    )
    return gan


class Send(keras.callbacks.Callback):
    """Sends a signal to its own process when a method is called for the n-th time.

    The method is a callback's, or the GAN's ``save``.
    """

    def __init__(self, number, method, call=1, order=0):
        super().__init__()
        self.number, self.method, self.left, self.order = number, method, call, order
        if hasattr(self, method):
            setattr(self, method, self.send)

    def on_train_begin(self, logs=None):
        if not hasattr(self, self.method):
            self.save, self.model.save = self.model.save, self.send

    def send(self, *arguments, **options):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), self.number)
        if self.method == "save":
            self.save(*arguments)


def newest(folder):
    return max(path.name for path in folder.glob("epoch_*.keras"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The GAN after a run that nothing stopped."""
    return run(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def outlive(monkeypatch):
    """Has this process outlive its signals, as the first process of a container does."""
    kill = signal.raise_signal
    monkeypatch.setattr(
        signal, "raise_signal", lambda number: number == signal.SIGINT and kill(number)
    )


FIRST_STEP, FIRST_EPOCH, LAST = (
    f"epoch_{epoch:05d}_step_{step:07d}.keras" for epoch, step in [(0, 1), (1, 0), (2, 0)]
)


@pytest.mark.usefixtures("outlive")
@pytest.mark.parametrize(
    ("number", "moment", "expected"),
    [
        ("SIGTERM", ("on_train_batch_begin", 1), FIRST_STEP),
        ("SIGTERM", ("on_test_batch_end", 1), FIRST_EPOCH),
        ("SIGTERM", ("save", 1), FIRST_EPOCH),
        ("SIGTERM", ("on_epoch_end", 1), FIRST_EPOCH),
        ("SIGTERM", ("on_epoch_end", 2, 2), LAST),  # after the checkpoint had its turn
        ("SIGTERM", ("on_train_end", 1), LAST),
        ("SIGTERM", ("on_train_end", 1, 2), LAST),
        ("SIGHUP", ("on_epoch_end", 2), LAST),
        ("SIGINT", ("on_train_batch_begin", 3), "epoch_00001_step_0000001.keras"),
        ("SIGINT", ("on_epoch_end", 2), LAST),
        ("SIGINT", ("on_train_end", 1, 2), LAST),
    ],
)
def test_nothing_is_lost(number, moment, expected, whole, tmp_path, capsys):
    number = getattr(signal, number)
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    ends = KeyboardInterrupt if number == signal.SIGINT else SystemExit
    with pytest.raises(ends) as ended:
        run(tmp_path, Send(number, *moment))
    assert ends is KeyboardInterrupt or ended.value.code == 128 + number
    assert newest(tmp_path) == expected
    said = f"\nSaved: {tmp_path / expected}. Run the same again to resume from there.\n"
    assert capsys.readouterr().err == said
    after = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before
    assert_same_state(run(tmp_path), whole)


@pytest.mark.usefixtures("outlive")
@pytest.mark.parametrize("method", ["on_train_begin", "on_train_batch_begin"])
def test_while_resuming(method, whole, tmp_path):
    with pytest.raises(Stopped):
        run(tmp_path, StopAfter(1), every=1)
    with pytest.raises(SystemExit):
        run(tmp_path, Send(signal.SIGTERM, method, order=2))
    assert newest(tmp_path) in (FIRST_STEP, "epoch_00000_step_0000002.keras")
    assert_same_state(run(tmp_path), whole)


def test_a_second_control_c_leaves_what_was_there(whole, tmp_path):
    class Impatient(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("went on")

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Impatient(), every=1)
    assert newest(tmp_path) == "epoch_00000_step_0000002.keras"
    assert_same_state(run(tmp_path), whole)


# Real processes


class HangUp(keras.callbacks.Callback):
    """Waits, where validation begins, until the terminal is gone, and prints to it."""

    def on_test_begin(self, logs=None):
        print("validating", flush=True)
        while os.isatty(1):
            time.sleep(0.01)
        print("gone", flush=True)


def start(folder, *arguments, **options):
    command = [sys.executable, __file__, folder, *arguments]
    return subprocess.Popen(list(map(str, command)), env=environment_of_processes(), **options)


@pytest.mark.parametrize(
    ("number", "method", "call", "expected", "said"),
    [
        ("SIGTERM", "on_train_batch_begin", 1, FIRST_STEP, "SIGTERM stopped training"),
        ("SIGHUP", "save", 1, FIRST_EPOCH, "SIGHUP stopped training"),
        ("SIGINT", "on_epoch_end", 2, LAST, "Ctrl-C stopped training"),
        ("SIGTERM", "on_train_end", 1, LAST, "at the end of training"),
    ],
)
def test_a_process_ends_as_its_shell_expects(number, method, call, expected, said, whole, tmp_path):
    process = start(tmp_path, number, method, call, stdout=subprocess.PIPE)
    printed, _ = process.communicate(timeout=180)
    assert process.returncode == -getattr(signal, number)
    assert printed == b""  # what came after fit
    assert newest(tmp_path) == expected
    assert said in (tmp_path / "report.html").read_text()
    assert_same_state(run(tmp_path), whole)


def test_a_terminal_that_is_closed_while_validating(whole, tmp_path):
    import pty

    child, terminal = pty.fork()
    if not child:
        command = [sys.executable, __file__, str(tmp_path)]
        os.execve(sys.executable, command, environment_of_processes())
    with os.fdopen(terminal, "rb", closefd=True) as screen:
        for line in screen:
            if b"validating" in line:
                break
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == -signal.SIGHUP
    assert newest(tmp_path) == "epoch_00000_step_0000002.keras"
    assert_same_state(run(tmp_path), whole)


if __name__ == "__main__":
    path, *moment = sys.argv[1:]
    if moment:
        name, method, call = moment
        report = Report(Path(path) / "report.html", num_images=4)
        run(Path(path), report, Send(getattr(signal, name), method, int(call)))
    else:
        run(Path(path), HangUp(), verbose=1)
    print("fit has returned")
