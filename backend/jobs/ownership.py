"""Dispatchers' names, and whether the process behind one still lives."""

import fcntl
import os
import secrets
import socket
from pathlib import Path
from typing import IO

from django.conf import settings


class Ownership:
    """This process's name as a dispatcher. A lock on a file proves its life to others on this machine.

    The kernel drops the lock when the process dies in whatever way.
    """

    def __init__(self) -> None:
        self.name = f"{_here()}:{os.getpid()}:{secrets.token_hex(8)}"
        self._file: IO[str] = _lock_path(self.name).open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def close(self) -> None:
        """Own nothing any more."""
        _lock_path(self.name).unlink(missing_ok=True)
        self._file.close()


def is_dead(owner: str) -> bool:
    """Whether a dispatcher of this machine and folder is gone; False where that cannot be known."""
    if owner.partition(":")[0] != _here():
        return owner == ""
    try:
        with _lock_path(owner).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    _lock_path(owner).unlink(missing_ok=True)
    return True


def _here() -> str:
    """This machine, and the folder with the locks: two on one machine know nothing of each other."""
    return f"{socket.gethostname()[:24]}/{settings.ENVIRONMENT.folder.stat().st_ino:x}"


def _lock_path(owner: str) -> Path:
    folder: Path = settings.ENVIRONMENT.folder / "dispatchers"
    folder.mkdir(exist_ok=True)
    return folder / f"{owner.rpartition(':')[2]}.lock"
