"""What a shell's ``gankit`` calls: the commands, without TensorFlow's lines about the machine.

It stands beside the package, whose import takes the seconds in which TensorFlow says them.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
NOTHING = "3"  # not even what TensorFlow calls an error: Python raises those that matter


def main() -> None:
    """Runs one command, of which Ctrl-C leaves no traceback, not even while it starts."""
    try:
        if os.environ.setdefault(LEVEL, NOTHING) == NOTHING:
            with held_back():
                from gankit.__main__ import main as run
        else:
            from gankit.__main__ import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


@contextmanager
def held_back() -> Iterator[None]:
    """Writes nothing to standard error, unless what runs in it raises.

    TensorFlow's first lines come before it reads its level, and from C++, so that nothing but the
    process's own file descriptor can hold them back.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as lines:
        os.dup2(lines.fileno(), 2)
        try:
            yield
        except Exception:
            lines.seek(0)
            os.write(stderr, lines.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
