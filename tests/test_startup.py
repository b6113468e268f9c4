"""Shell commands don't begin with TensorFlow's messages; scripts are left alone."""

import os
import subprocess
import sys

import pytest

from gankit import startup


@pytest.fixture
def command(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/gankit", "train"])
    monkeypatch.delenv(startup.LEVEL, raising=False)


def test_a_command_writes_nothing_but_its_own():
    environment = {name: value for name, value in os.environ.items() if name != startup.LEVEL}
    command = [sys.executable, "-m", "gankit", "--version"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gankit 0.")
    assert done.stderr == ""


@pytest.mark.usefixtures("command")
def test_what_an_import_says_is_dropped(capfd):
    with startup.quiet():
        os.write(2, b"I0000 hello")
    os.write(2, b"own")
    assert capfd.readouterr().err == "own"
    assert os.environ[startup.LEVEL] == "3"


@pytest.mark.usefixtures("command")
def test_what_a_failed_import_says_is_shown(capfd):
    def fail():
        with startup.quiet():
            os.write(2, b"no such library")
            raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert capfd.readouterr().err == "no such library"


@pytest.mark.usefixtures("command")
def test_ctrl_c_during_an_import_leaves_no_traceback():
    with pytest.raises(SystemExit) as ended, startup.quiet():
        raise KeyboardInterrupt
    assert ended.value.code == 130


def test_scripts_and_wishes_are_left_alone(command, monkeypatch, capfd):
    monkeypatch.setenv(startup.LEVEL, "0")
    with startup.quiet():
        os.write(2, b"wanted")
    monkeypatch.delenv(startup.LEVEL)
    monkeypatch.setattr(sys, "argv", ["script.py"])
    with startup.quiet():
        os.write(2, b" all")
    assert capfd.readouterr().err == "wanted all"
    assert startup.LEVEL not in os.environ
