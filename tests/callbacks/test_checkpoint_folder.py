"""A folder's checkpoints are those that its index names, whatever else is there."""

import errno
import json
import os
import shutil

import pytest

from gankit.callbacks import lock
from gankit.callbacks.checkpoint_folder import LOCK, CheckpointFolder
from gankit.checkpoint_index import INDEX


def write(folder, epoch, step=0, keep=3):
    """Publishes a text that says where it was written, and returns its path."""
    path = folder.choose_path(epoch, step)
    folder.publish(path, lambda file: file.write_text(f"{epoch} {step}"), keep)
    return path


@pytest.fixture
def folder(tmp_path):
    folder = CheckpointFolder(tmp_path / "run")
    folder.open()
    yield folder
    folder.close()


def contents(folder):
    """Returns what the checkpoints hold, the oldest first."""
    return [path.read_text() for path in CheckpointFolder(folder.path).find()]


STRANGERS = [
    "epoch_00002_step_0000000_the_good_one.keras",
    "epoch_best_step_5.keras",
    "epoch_00009_step_0000000.keras",  # the very name, of another run
    "epoch_00000_step_0000000.keras",
    ".writing_epoch_00001_step_0000000.keras",
    ".writing_00000000.keras",
    "notes.json",
]


def test_leaves_files_of_others_alone(folder):
    for name in STRANGERS:
        (folder.path / name).write_text("mine")
    (folder.path / "epoch_00003_step_0000000.keras").mkdir()
    for epoch in range(1, 12):
        write(folder, epoch, keep=2)
    folder.close()
    folder.open()
    assert [(folder.path / name).read_text() for name in STRANGERS] == ["mine"] * len(STRANGERS)
    assert contents(folder) == ["10 0", "11 0"]
    own = {INDEX, LOCK, "epoch_00010_step_0000000.keras", "epoch_00011_step_0000000.keras"}
    folders = {"epoch_00003_step_0000000.keras"}
    assert {path.name for path in folder.path.iterdir()} == own | folders | set(STRANGERS)


def test_a_name_that_is_taken_gets_a_number(folder):
    (folder.path / "epoch_00001_step_0000000.keras").write_text("mine")
    (folder.path / "epoch_00001_step_0000000_2.keras").symlink_to("nowhere")
    assert write(folder, 1).name == "epoch_00001_step_0000000_3.keras"
    assert contents(folder) == ["1 0"]


def test_the_newest_is_the_last_one_written(folder):
    for epoch, step in [(99_998, 0), (99_999, 10_000_000), (100_000, 0), (100_000, 5)]:
        write(folder, epoch, step)
    assert contents(folder) == ["99999 10000000", "100000 0", "100000 5"]


def test_a_damaged_one_goes_first(folder):
    for epoch in (1, 2, 3):
        write(folder, epoch)
    folder.put_first(["epoch_00003_step_0000000.keras"])
    write(folder, 2, 4)
    assert contents(folder) == ["1 0", "2 0", "2 4"]


def test_those_that_were_removed_by_hand_do_not_count(folder):
    paths = [write(folder, epoch) for epoch in (1, 2, 3)]
    paths[2].unlink()
    assert contents(folder) == ["1 0", "2 0"]
    folder.find()
    write(folder, 4, keep=2)
    assert contents(folder) == ["2 0", "4 0"]


# Without its index


def test_a_lost_index_is_written_by_hand(folder):
    for epoch in (99_999, 100_000):
        write(folder, epoch)
    index = folder.path / INDEX
    index.unlink()
    with pytest.raises(ValueError, match=r"checkpoints.json is lost.*: 2 have names") as error:
        CheckpointFolder(folder.path).find()
    line = str(error.value).split("write into checkpoints.json: ")[1].split(". To start")[0]
    index.write_text(line)
    assert contents(folder) == ["99999 0", "100000 0"]


def test_a_folder_with_look_alikes_only_is_not_begun_in(tmp_path):
    (tmp_path / "epoch_00001_step_0000000.keras").write_text("mine")
    with pytest.raises(ValueError, match="is lost"):
        CheckpointFolder(tmp_path).open()
    assert (tmp_path / "epoch_00001_step_0000000.keras").read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"checkpoints": [',
        "\x00" * 40,
        "[]",
        "{}",
        '{"checkpoints": null}',
        '{"checkpoints": [1]}',
        '{"checkpoints": "epoch_00001_step_0000000.keras"}',
        '{"checkpoints": ["../epoch_00001_step_0000000.keras"]}',
        '{"checkpoints": ["best.keras"]}',
        '{"checkpoints": [], "writing": "notes.txt"}',
        '{"checkpoints": [], "writing": 1}',
        "[" * 100_000,
    ],
    ids=range(13),
)
def test_a_damaged_index_is_named(folder, text):
    write(folder, 1)
    folder.close()
    (folder.path / INDEX).write_text(text)
    with pytest.raises(ValueError, match=r"checkpoints.json is damaged .*: 1 have names"):
        folder.open()
    assert (folder.path / "epoch_00001_step_0000000.keras").read_text() == "1 0"


def test_an_index_that_is_removed_meanwhile_is_written_anew(folder):
    write(folder, 1)
    (folder.path / INDEX).unlink()
    write(folder, 2)
    assert contents(folder) == ["1 0", "2 0"]


# Killed, failed, or two at once


class Snapshots:
    """Copies a folder before and after each call that changes it, as a kill would leave it."""

    def __init__(self, folder, copies, monkeypatch):
        self.folder, self.copies, self.number = folder, copies, 0
        for name in ("replace", "unlink", "fsync"):
            monkeypatch.setattr(os, name, self.watched(getattr(os, name)))

    def watched(self, function):
        def call(*arguments, **options):
            self.take()
            result = function(*arguments, **options)
            self.take()
            return result

        return call

    def take(self):
        self.number += 1
        shutil.copytree(self.folder, self.copies / str(self.number))


@pytest.mark.parametrize("keep", [1, 2])
def test_killed_at_any_moment(folder, tmp_path, keep):
    write(folder, 1, keep=keep)
    with pytest.MonkeyPatch.context() as monkeypatch:
        snapshots = Snapshots(folder.path, tmp_path / "copies", monkeypatch)

        folder.temporary.write_text("2 ")  # left by a process that was killed
        folder.close()
        folder.open()

        def write_slowly(file):
            file.write_text("2 ")
            snapshots.take()
            file.write_text("2 0")

        folder.publish(folder.choose_path(2, 0), write_slowly, keep)
    newest = []
    for number in range(1, snapshots.number + 1):
        left = CheckpointFolder(tmp_path / "copies" / str(number))
        left.open()
        newest.append(left.find()[-1].read_text())
        write(left, 3, keep=keep)
        assert contents(left) == [newest[-1], "3 0"][-keep:]
        assert len(list(left.path.iterdir())) == keep + 2  # and the index, and the lock
        left.close()
    assert newest == sorted(newest)
    assert set(newest) == {"1 0", "2 0"}


def test_a_write_that_fails_leaves_what_was_there(folder):
    def fail(file):
        file.write_text("2")
        raise OSError(errno.ENOSPC, "No space left on device")

    write(folder, 1, keep=1)
    with pytest.raises(OSError, match="No space left"):
        folder.publish(folder.choose_path(2, 0), fail, keep=1)
    assert contents(folder) == ["1 0"]
    assert len(list(folder.path.iterdir())) == 3


def test_one_that_cannot_be_deleted_is_tried_again(folder, monkeypatch):
    write(folder, 1, keep=1)
    with monkeypatch.context() as patched:
        patched.setattr(folder, "delete", lambda name: False)
        write(folder, 2, keep=1)
    assert contents(folder) == ["1 0", "2 0"]
    write(folder, 3, keep=1)
    assert contents(folder) == ["3 0"]


def test_no_second_process(folder):
    write(folder, 1)
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    with pytest.raises(RuntimeError, match="is in use by process"):
        CheckpointFolder(folder.path).open()
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before


# As on a network file system whose locks end at the machine.
def test_the_later_of_two_that_no_lock_keeps_apart_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "take", lambda file: True)
    one, other = CheckpointFolder(tmp_path), CheckpointFolder(tmp_path)
    one.open()
    write(one, 1, keep=1)

    def write_slowly(file):
        file.write_text("2 0")
        other.open()  # removes the file
        file.write_text("2 0")

    with pytest.raises(RuntimeError, match="Another process has begun to train"):
        one.publish(one.choose_path(2, 0), write_slowly, keep=1)
    assert contents(other) == ["1 0"]
    write(other, 2, keep=1)
    assert contents(other) == ["2 0"]
    assert json.loads((tmp_path / INDEX).read_text())["checkpoints"][-1:] == [
        "epoch_00002_step_0000000.keras"
    ]
