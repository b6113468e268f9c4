"""A lock ends with the process that holds it, and with no other."""

import errno
import os
import signal
import socket
import time

import pytest

from gankit.callbacks import lock
from gankit.callbacks.lock import Lock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.lock"


def forked(work):
    """Forks a child that works and then sleeps; returns when it has worked, with its number."""
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        said = os.read(reading, 4)
        os.close(reading)
        assert said == b"done"
        return child
    try:
        kept = work()  # noqa: F841 (a lock, which ends with its last reference)
        os.write(writing, b"done")
        os.close(writing)
        time.sleep(60)
    finally:
        os._exit(1)


def hold(path):
    """Returns a lock that has been acquired."""
    lock = Lock(path)
    lock.acquire()
    return lock


def kill(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_says_who_has_it_until_that_one_is_dead(path):
    own = Lock(path)
    child = forked(lambda: hold(path))
    try:
        who = f"in use by process {child} on {socket.gethostname()}, since 20"
        with pytest.raises(RuntimeError, match=who):
            own.acquire()
    finally:
        kill(child)
    own.acquire()
    assert f'"process": {os.getpid()}' in path.read_text()


def test_excludes_a_second_one_in_the_same_process(path):
    first, second = hold(path), Lock(path)
    with pytest.raises(RuntimeError, match=f"process {os.getpid()} "):
        second.acquire()
    first.release()
    second.acquire()


# A process that reads data may outlive the one that trains, and has inherited its open files.
def test_a_child_keeps_no_lock_of_a_dead_parent(path, tmp_path):
    def work():
        lock = hold(path)
        (tmp_path / "grandchild").write_text(str(forked(lambda: None)))
        return lock

    parent = forked(work)
    grandchild = int((tmp_path / "grandchild").read_text())
    try:
        with pytest.raises(RuntimeError, match=f"process {parent} "):
            Lock(path).acquire()
        kill(parent)
        os.kill(grandchild, 0)  # lives
        Lock(path).acquire()
    finally:
        os.kill(grandchild, signal.SIGKILL)


def test_a_childs_end_does_not_give_a_parents_lock_back(path):
    own = hold(path)
    kill(forked(own.release))
    with pytest.raises(RuntimeError):
        Lock(path).acquire()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"process": 1}'])
def test_an_owner_that_has_not_written_its_name_yet(text, path):
    own = hold(path)
    path.write_text(text)
    with pytest.raises(RuntimeError, match="in use by another process"):
        Lock(path).acquire()
    own.release()


def test_warns_where_there_are_no_locks(path, monkeypatch):
    def take(file):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock, "take", take)
    with pytest.warns(UserWarning, match="has no locks .*make sure that no other process"):
        Lock(path).acquire()
