"""The console script: quiet while it starts, and stopped without a traceback."""

import signal
import subprocess
import sys

from helpers import environment_of_processes

SCRIPT = "import gankit_shell; gankit_shell.main()"
LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def shell(folder, *arguments, **environment):
    inherited = {k: v for k, v in environment_of_processes().items() if k != LEVEL}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=folder,  # where Python looks for modules first
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_tensorflow_says_nothing(tmp_path):
    finished = shell(tmp_path, "generate", "digits", "--num", "1")
    assert finished.stderr == ""
    assert finished.stdout == "1 images: generated.png\n"


def test_errors_are_said(tmp_path):
    finished = shell(tmp_path, "generate", "nowhere.keras")
    assert finished.stderr == "error: There is no file 'nowhere.keras'.\n"
    assert finished.returncode == 2


def test_what_was_held_back_comes_with_an_error(tmp_path):
    (tmp_path / "gankit.py").write_text("import os; os.write(2, b'why\\n'); import nonsense")
    finished = shell(tmp_path)
    assert finished.stderr.startswith("why\nTraceback")
    assert "No module named 'nonsense'" in finished.stderr


def test_who_sets_a_level_of_tensorflow_s_hears_all(tmp_path):
    (tmp_path / "gankit.py").write_text("import os; os.write(2, b'said\\n'); raise SystemExit")
    assert shell(tmp_path).stderr == ""
    assert shell(tmp_path, **{LEVEL: "0"}).stderr == "said\n"


def test_ctrl_c_while_it_starts_leaves_no_traceback(tmp_path):
    interrupt = f"import signal; signal.raise_signal({int(signal.SIGINT)})"
    (tmp_path / "gankit.py").write_text(interrupt)
    finished = shell(tmp_path)
    assert (finished.returncode, finished.stderr) == (130, "")
