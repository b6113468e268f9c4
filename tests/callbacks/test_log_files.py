"""Files to which callbacks add are cut back, and those of others are left alone."""

import os
import socket
import time

import keras

from gankit.callbacks.log_files import LogFiles, read_columns


def event_file(folder, process, number=0, seconds=None):
    """Writes something under the name that TensorBoard's file of a process has."""
    seconds = int(time.time()) if seconds is None else seconds
    host = socket.gethostname()
    path = folder / f"events.out.tfevents.{seconds}.{host}.{process}.{number}.v2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"12345")
    return path


def test_event_files_of_this_run_are_cut_back_and_others_left_alone(tmp_path):
    def begin(lengths):
        files = LogFiles(tmp_path, [keras.callbacks.TensorBoard(tmp_path / "logs")])
        files.begin(lengths)
        return files

    train = tmp_path / "logs/train"
    before = event_file(train, os.getpid(), seconds=1)  # of another run, in a process of our number
    other = event_file(train, os.getpid() + 1)
    files = begin(None)
    known = event_file(train, os.getpid())
    lengths = files.measure()
    assert lengths == {str(known): 5}
    known.write_bytes(b"1234567")
    new = event_file(tmp_path / "logs/validation", os.getpid(), 1)
    odd = train / "events.out.tfevents.backup.v2"
    odd.write_bytes(b"")
    begin(lengths)
    assert known.read_bytes() == b"12345"
    assert not new.exists()
    assert before.exists()
    assert other.read_bytes() == b"12345"
    assert odd.exists()


def test_a_csv_file_keeps_the_lines_that_were_there(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"epoch,loss\r\n0,1.5\r\n")  # of an earlier run
    logger = keras.callbacks.CSVLogger(path, append=True)
    LogFiles(tmp_path, [logger]).begin(None)
    path.write_bytes(path.read_bytes() + b"0,1.25\r\n")
    files = LogFiles(tmp_path, [logger])
    lengths = files.measure()
    path.write_bytes(path.read_bytes() + b"1,1.0\r\n2,0.")
    files.begin(lengths)
    assert path.read_bytes() == b"epoch,loss\r\n0,1.5\r\n0,1.25\r\n"
    files.begin(None)  # killed before the first checkpoint
    assert path.read_bytes() == b"epoch,loss\r\n0,1.5\r\n"


def test_a_csv_file_that_is_new_in_a_changed_script(tmp_path):
    LogFiles(tmp_path, [keras.callbacks.CSVLogger(tmp_path / "one.csv")]).begin(None)
    other = tmp_path / "other.csv"
    other.write_text("epoch\n0\n")
    LogFiles(tmp_path, [keras.callbacks.CSVLogger(other)]).begin({})
    assert other.read_text() == "epoch\n0\n"


def test_columns(tmp_path):
    path = tmp_path / "log.csv"
    assert read_columns(path, ";") is None
    path.write_text("")
    assert read_columns(path, ";") is None
    path.write_text('epoch;loss;"a;b"\n0;1;2\n')
    assert read_columns(path, ";") == ["loss", "a;b"]


def test_no_file_without_logs(tmp_path):
    LogFiles(tmp_path, [keras.callbacks.History()]).begin(None)
    assert list(tmp_path.iterdir()) == []
