"""`python -m backend.up.tether LOG COMMAND...`: become the command, end with whoever started us, write to a log.

With `-` for the log, it writes where its starter does. The kernel sends SIGTERM when the supervisor dies, even by SIGKILL; the setting outlives `exec`.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_LARGEST_LOG_BYTES: Final = 10 << 20


def main(log: Path | None, command: list[str]) -> None:
    """Replace this process; returns where the supervisor is gone already."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent or parent == 1:
        return
    if log is not None:
        _write_to(log)
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted


def _write_to(log: Path) -> None:
    if log.is_file() and log.stat().st_size > _LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)


if __name__ == "__main__":
    main(None if sys.argv[1] == "-" else Path(sys.argv[1]), sys.argv[2:])
