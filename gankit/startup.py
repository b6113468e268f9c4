"""Keeps what TensorFlow says while it is imported out of gankit's shell commands."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

LEVEL = "TF_CPP_MIN_LOG_LEVEL"  # which messages TensorFlow writes, from 0, all, to 3


def is_command() -> bool:
    """Returns whether this process is ``gankit`` or ``python -m gankit``, not somebody's script."""
    return Path(sys.argv[0]).stem == "gankit" or sys.orig_argv[1:3] == ["-m", "gankit"]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drops what is written to the standard error meanwhile; shows it if an import fails.

    Only in a shell command, and only if the environment doesn't say which messages are wanted.
    TensorFlow's first messages come from C++, and before it looks at the level.
    """
    if not is_command() or LEVEL in os.environ:
        yield
        return
    os.environ[LEVEL] = "3"
    with tempfile.TemporaryFile() as file, contextlib.ExitStack() as stack:
        terminal = os.dup(2)
        stack.callback(os.close, terminal)
        stack.callback(os.dup2, terminal, 2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except BaseException:
            file.seek(0)
            os.write(terminal, file.read())
            raise
