"""A run that is stopped goes on where it stopped, bit for bit."""

import random
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from helpers import (
    StopAfter,
    Stopped,
    assert_same_state,
    environment_of_processes,
    make_dataset,
    make_gan,
    make_images,
    make_plain_networks,
    run_python,
)

import gankit
from gankit.callbacks import Checkpoint, SampleGrid

EPOCHS = 3
STEPS = 4  # an epoch
PENALTY = {"penalty": gankit.penalties.R1(0.1)}  # a term that held-out data don't have


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """The file of a GAN with dropout, augmentation and an average, which is not trained yet."""
    path = tmp_path_factory.mktemp("start") / "start.keras"
    keras.utils.set_random_seed(0)
    make_gan(generator_ema=0.9, augment=keras.layers.GaussianNoise(0.1)).save(path)
    return path


@pytest.fixture(scope="module")
def whole_run(start):
    """The GAN, and its history, after a run that nothing stopped."""
    return fit(start)


def fit(path, callbacks=(), epochs=EPOCHS, dataset=None, **options):
    gan = gankit.load(path)
    history = gan.fit(
        make_dataset() if dataset is None else dataset,
        epochs=epochs,
        verbose=0,
        callbacks=list(callbacks),
        **options,
    )
    return gan, history.history


@pytest.mark.parametrize(("every", "stop"), [("epoch", 6), (1, 4), (3, 11)])
def test_a_stopped_run_ends_as_if_it_had_not_been(start, whole_run, tmp_path, every, stop):
    whole, history = whole_run
    with pytest.raises(Stopped):
        fit(start, [Checkpoint(tmp_path / "run", every), StopAfter(stop)])
    resumed, rest = fit(start, [Checkpoint(tmp_path / "run", every)])
    assert_same_state(whole, resumed)
    for name, values in rest.items():
        np.testing.assert_array_equal(values, history[name][-len(values) :])


def test_stopped_again_and_again(start, tmp_path):
    whole, _ = fit(start, epochs=2)
    for _ in range(2 * STEPS // 2):
        with pytest.raises(Stopped):
            fit(start, [StopAfter(2), Checkpoint(tmp_path / "run", every=1)], epochs=2)
    resumed, history = fit(start, [Checkpoint(tmp_path / "run", every=1)], epochs=2)
    assert_same_state(whole, resumed)
    assert len(history["generator_loss"]) == 1  # the last epoch's end had not been reached


def test_a_finished_run_stays_finished_and_can_be_made_longer(start, whole_run, tmp_path):
    fit(start, [Checkpoint(tmp_path / "run")], epochs=EPOCHS - 1)
    again, history = fit(start, [Checkpoint(tmp_path / "run")], epochs=EPOCHS - 1)
    assert history == {}
    assert again.epochs_completed.numpy() == EPOCHS - 1
    longer, history = fit(start, [Checkpoint(tmp_path / "run")])
    assert len(history["generator_loss"]) == 1
    assert_same_state(longer, whole_run[0])


def test_a_gan_that_was_trained_before(start, tmp_path):
    trained, _ = fit(start, epochs=2)
    trained.save(tmp_path / "trained.keras")
    whole, _ = fit(tmp_path / "trained.keras")
    with pytest.raises(Stopped):
        fit(tmp_path / "trained.keras", [Checkpoint(tmp_path / "run", 2), StopAfter(7)])
    resumed, _ = fit(tmp_path / "trained.keras", [Checkpoint(tmp_path / "run", 2)])
    assert_same_state(whole, resumed)
    assert resumed.epochs_completed.numpy() == 2 + EPOCHS


def test_repeated_data(start, whole_run, tmp_path):
    options = {"dataset": make_dataset().repeat(), "steps_per_epoch": STEPS}
    with pytest.raises(Stopped):
        fit(start, [Checkpoint(tmp_path / "run", every=1), StopAfter(6)], **options)
    resumed, _ = fit(start, [Checkpoint(tmp_path / "run", every=1)], **options)
    assert_same_state(whole_run[0], resumed)


@pytest.mark.parametrize("stop", [3, 4])  # the second time after an execution of one step
def test_several_steps_an_execution(tmp_path, stop):
    gan = make_gan(compile_options={"steps_per_execution": 3})  # of 4 steps an epoch
    gan.save(tmp_path / "start.keras")
    whole, _ = fit(tmp_path / "start.keras")
    with pytest.raises(Stopped):
        fit(tmp_path / "start.keras", [Checkpoint(tmp_path / "run", every=1), StopAfter(stop)])
    resumed, _ = fit(tmp_path / "start.keras", [Checkpoint(tmp_path / "run", every=1)])
    assert_same_state(whole, resumed)
    assert resumed.position.steps == resumed.steps_completed == EPOCHS * STEPS


def test_pictures_are_those_of_the_whole_run(start, tmp_path):
    def parts():
        return [SampleGrid(tmp_path / "parts", 4, every=5), Checkpoint(tmp_path / "run", 3)]

    fit(start, [SampleGrid(tmp_path / "whole", 4, every=5)])
    with pytest.raises(Stopped):
        fit(
            start,
            [
                SampleGrid(tmp_path / "parts", 4, every=5),
                Checkpoint(tmp_path / "run", 3),
                StopAfter(7),
            ],
        )
    (tmp_path / "parts/step_000005.png").unlink()  # not to be drawn again
    fit(start, [SampleGrid(tmp_path / "parts", 4, every=5), Checkpoint(tmp_path / "run", 3)])
    names = [path.name for path in (tmp_path / "parts").iterdir()]
    assert names == ["step_000010.png"]
    picture = (tmp_path / "parts/step_000010.png").read_bytes()
    assert picture == (tmp_path / "whole/step_000010.png").read_bytes()


def test_keeps_the_newest(start, tmp_path):
    fit(start, [Checkpoint(tmp_path / "run", every=2, keep=2)])
    names = sorted(path.name for path in (tmp_path / "run").glob("*.keras"))
    assert names == ["epoch_00002_step_0000002.keras", "epoch_00002_step_0000004.keras"]
    loaded = keras.models.load_model(tmp_path / "run" / names[-1])
    assert loaded.optimizer.iterations == 12


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_taken(start, whole_run, tmp_path):
    fit(start, [Checkpoint(tmp_path / "run")])
    newest = max((tmp_path / "run").glob("*.keras"))
    contents = newest.read_bytes()
    newest.write_bytes(contents[: len(contents) // 2])
    with pytest.warns(UserWarning, match=f"{newest.name} is cut short or damaged"):
        resumed, history = fit(start, [Checkpoint(tmp_path / "run")])
    assert len(history["generator_loss"]) == 1
    assert_same_state(whole_run[0], resumed)
    assert_same_state(gankit.load(newest), resumed)  # written anew
    for path in (tmp_path / "run").glob("*.keras"):
        path.write_bytes(b"")
    with pytest.warns(UserWarning, match="is empty"), pytest.raises(ValueError, match="All 3"):
        fit(start, [Checkpoint(tmp_path / "run")])


def test_a_checkpoint_of_another_run_is_not_taken_up(start, whole_run, tmp_path):
    fit(start, [Checkpoint(tmp_path / "other")])
    with pytest.raises(Stopped):
        fit(start, [Checkpoint(tmp_path / "run", every=1), StopAfter(2)])
    name = f"epoch_{EPOCHS:05d}_step_0000000.keras"
    contents = (tmp_path / "other" / name).read_bytes()
    (tmp_path / "run" / name).write_bytes(contents)
    resumed, history = fit(start, [Checkpoint(tmp_path / "run")])
    assert len(history["generator_loss"]) == EPOCHS
    assert_same_state(whole_run[0], resumed)
    assert (tmp_path / "run" / name).read_bytes() == contents
    last = (tmp_path / "run" / name).with_stem(f"epoch_{EPOCHS:05d}_step_0000000_2")
    assert_same_state(gankit.load(last), resumed)


def test_fits_one_after_the_other_and_one_inside_the_other(start, tmp_path):
    former = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    checkpoint = Checkpoint(tmp_path / "run")
    fit(start, [checkpoint], epochs=1)
    fit(start, [checkpoint, Checkpoint(tmp_path / "archive")], epochs=2)
    inside = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: fit(start, [Checkpoint(tmp_path / "inner")], epochs=1)
    )
    fit(start, [checkpoint, inside], epochs=3)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == former


def test_a_folder_of_another_gan(start, tmp_path):
    fit(start, [Checkpoint(tmp_path / "run")], epochs=1)
    other = make_gan(make_plain_networks)
    with pytest.raises(ValueError, match="belongs to another GAN"):
        other.fit(make_dataset(), verbose=0, callbacks=[Checkpoint(tmp_path / "run")])


# What a run leaves in logs


def run(folder, *callbacks, every=1, **options):
    """Runs one script in a folder, from the beginning or on from the checkpoints there."""
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    gan = make_gan(
        make_plain_networks, generator_ema=0.9, compile_options={"run_eagerly": True, **PENALTY}
    )
    callbacks = [
        Checkpoint(folder / "run", every),
        *callbacks,
        keras.callbacks.CSVLogger(folder / "log.csv"),
    ]
    history = gan.fit(make_dataset(), epochs=2, callbacks=callbacks, verbose=0, **options)
    return gan, history.history


def check_parts(tmp_path, stops, *callbacks, **options):
    """Compares a run that one callback after the other stops with a run that none does."""
    whole, expected = run(tmp_path / "whole", *callbacks, **options)
    for stop in stops:
        with pytest.raises(Stopped):
            run(tmp_path / "parts", *callbacks, stop, **options)
    resumed, history = run(tmp_path / "parts", *callbacks, **options)
    assert_same_state(whole, resumed)
    assert history.keys() == expected.keys()
    for name, values in history.items():
        assert values == expected[name][-len(values) :], name
    log = (tmp_path / "parts" / "log.csv").read_text()
    assert log == (tmp_path / "whole" / "log.csv").read_text()


def held_out(**options):
    return {"validation_data": make_dataset(16, seed=5, **options)}


# Stopped in the first epoch, where a step is lost, then in the second.
def test_logs_are_those_of_a_whole_run(tmp_path):
    rates = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 * 0.9**epoch)
    check_parts(tmp_path, [StopAfter(3), StopAfter(4)], rates, every=2, **held_out(shuffle=False))


# In the middle of an epoch a checkpoint holds the rate of that epoch. When the epoch begins anew,
# so that its rest is trained, Keras asks for its rate again, and 0.9 times what is there is then
# 0.81 times that of the epoch before. It should find the rate with which the epoch began.
def test_a_learning_rate_that_follows_from_the_last_one(tmp_path):
    rates = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9)
    check_parts(tmp_path, [StopAfter(1), StopAfter(STEPS)], rates)


# Where all steps of the epoch were made, no step comes before which the rate is put back.
def test_a_learning_rate_after_the_last_step_of_an_epoch(tmp_path):
    rates = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 * 0.5**epoch)
    check_parts(tmp_path, [StopAfter(STEPS)], rates)


# A run that goes on after the last step of an epoch evaluates before it trains, so that held-out
# data's names, which lack the penalty, take the first places among the averages. A checkpoint of
# the epoch after holds these places without names, and the next process, which trains first, reads
# them as others.
def test_averages_of_a_run_that_evaluated_first(tmp_path):
    check_parts(tmp_path, [StopAfter(STEPS), StopAfter(2)], **held_out(shuffle=False))


# Each pass over data of ``gankit.data`` has the next order, from the first one on in each process;
# only the order of data for training is set to the epoch. Then held-out batches meet other fakes
# and, where the last images don't fill a batch, are not even the same images.
def test_shuffled_held_out_data(tmp_path):
    check_parts(tmp_path, [StopAfter(STEPS + 1)], **held_out())


# A checkpoint at the end of an epoch counts it as finished, though callbacks after it, an
# evaluation of some minutes perhaps, have not yet seen its end. Stopped there, they never do.
def test_stopped_while_callbacks_look_at_the_end_of_an_epoch(tmp_path):
    def stop(epoch, logs):
        raise Stopped

    check_parts(tmp_path, [keras.callbacks.LambdaCallback(on_epoch_end=stop)], every="epoch")


# Keras takes a file's columns from the first row that a process writes.
def test_columns_of_a_run_that_is_not_evaluated_in_each_epoch(tmp_path):
    options = held_out(shuffle=False) | {"validation_freq": 2, "every": "epoch"}
    check_parts(tmp_path, [StopAfter(STEPS + 1)], **options)


# The row is written then, and the checkpoint is not: the epoch, and its row, come again.
def test_stopped_between_a_row_and_its_checkpoint(tmp_path):
    class StopAtTheEnd(keras.callbacks.Callback):
        order = 0.5  # after the row, before the checkpoint

        def on_epoch_end(self, epoch, logs=None):
            raise Stopped

    check_parts(tmp_path, [StopAtTheEnd(), StopAtTheEnd()], every=3, **held_out())


def test_a_row_that_was_cut_short_comes_again(tmp_path):
    run(tmp_path / "whole")
    with pytest.raises(Stopped):
        run(tmp_path / "parts", StopAfter(STEPS + 1))
    log = tmp_path / "parts" / "log.csv"
    log.write_text(log.read_text() + "1,0.6")
    run(tmp_path / "parts")
    assert log.read_text() == (tmp_path / "whole" / "log.csv").read_text()


@pytest.mark.parametrize("keep", [0, 1.5, True])
def test_bad_keep(keep):
    with pytest.raises(ValueError, match="keep must be an integer of at least 1"):
        Checkpoint("run", keep=keep)


# Real processes

TRAIN = """
import sys, keras, gankit
from gankit.callbacks import Checkpoint
from helpers import make_dataset
gan = gankit.load("start.keras")
print("begin", flush=True)
gan.fit(make_dataset(), epochs=int(sys.argv[1]), verbose=0, callbacks=[Checkpoint("run", every=1)])
gan.save("end.keras")
"""


def start_process(folder, epochs):
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(epochs)],
        cwd=folder,
        env=environment_of_processes(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begin\n", process.stderr.read()
    return process


def wait_for_writing(process, folder):
    """Returns as soon as the process has begun to write a checkpoint, or has ended."""
    while process.poll() is None and not list(folder.glob("run/.writing_*.keras")):
        time.sleep(0.001)


def kill_and_restart(start, folder, moments, epochs):
    """Kills a run at each of the moments, lets it end, and compares it with an undisturbed one.

    A moment is a number of seconds after the start, or None for the writing of a checkpoint.
    Returns how many processes were killed before they ended, and how many of them while writing.
    """
    shutil.copy(start, folder)
    killed = writing = 0
    for moment in moments:
        process = start_process(folder, epochs)
        if moment is None:
            wait_for_writing(process, folder)
        else:
            time.sleep(moment)
        killed += process.poll() is None
        process.kill()
        process.communicate()
        writing += bool(list(folder.glob("run/.writing_*.keras")))
    run_python(TRAIN, folder, str(epochs))
    whole, _ = fit(start, epochs=epochs)
    assert_same_state(whole, gankit.load(folder / "end.keras"))
    assert not list(folder.glob("run/.writing_*.keras"))
    return killed, writing


def test_killed_processes_are_taken_up(start, tmp_path):
    assert kill_and_restart(start, tmp_path, moments=[None], epochs=10) == (1, 1)


@pytest.mark.slow
def test_killed_twenty_times(start, tmp_path):
    generator = random.Random(1)
    moments = [None, *[generator.uniform(0, 6) for _ in range(3)]] * 5
    killed, writing = kill_and_restart(start, tmp_path, moments, epochs=60)
    print(f"{killed} of 20 processes were killed before they ended, {writing} while writing.")
    assert killed > 10
    assert writing >= 5


def test_a_second_process_is_told_who_has_the_folder(start, tmp_path):
    shutil.copy(start, tmp_path)
    process = start_process(tmp_path, epochs=1000)
    while not list(tmp_path.glob("run/epoch_*.keras")):
        time.sleep(0.05)
    with pytest.raises(RuntimeError, match=f"is in use by process {process.pid} on "):
        fit(start, [Checkpoint(tmp_path / "run")])
    assert Checkpoint(tmp_path / "run").restore(gankit.load(start))[0]  # who only reads may
    assert process.poll() is None
    process.kill()
    process.communicate()
    with pytest.raises(Stopped):
        fit(start, [Checkpoint(tmp_path / "run"), StopAfter(1)], epochs=1000)


def test_control_c_leaves_a_checkpoint(start, tmp_path):
    shutil.copy(start, tmp_path)
    process = start_process(tmp_path, epochs=1000)
    while not list(tmp_path.glob("run/*.keras")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in error
    newest = max(tmp_path.glob("run/*.keras"))
    steps = int(gankit.load(newest).optimizer.iterations)
    assert newest.name == f"epoch_{steps // STEPS:05d}_step_{steps % STEPS:07d}.keras"
    resumed, _ = fit(start, [Checkpoint(tmp_path / "run")], epochs=steps // STEPS + 1)
    assert_same_state(resumed, fit(start, epochs=steps // STEPS + 1)[0])


def test_control_c_is_given_back(start, tmp_path):
    former = signal.getsignal(signal.SIGINT)
    with pytest.raises(Stopped):
        fit(start, [Checkpoint(tmp_path / "run"), StopAfter(1)])
    assert signal.getsignal(signal.SIGINT) is former


def test_an_interrupted_replay_leaves_nothing_behind(tmp_path):
    def fit_until(step):
        class Stop(keras.callbacks.Callback):
            order = 2  # after the checkpoint

            def on_train_batch_end(self, batch, logs=None):
                if batch + 1 == step:
                    raise KeyboardInterrupt

        gan = make_gan()
        with pytest.raises(KeyboardInterrupt):
            gan.fit(make_dataset(), verbose=0, callbacks=[Checkpoint(tmp_path, every=1), Stop()])
        return gan

    assert int(fit_until(3).steps_completed) == 3
    again = fit_until(1)  # while the three steps are passed over
    assert int(again.steps_completed) == 3
    again.train_on_batch(make_images(8))
    assert int(again.steps_completed) == 4
    again.fit(make_dataset(), verbose=0)
    assert int(again.steps_completed) == 4 + 4
