"""The folder in which a workspace keeps everything: database, files, keys, logs; and who holds it now."""

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from contracts.errors import InputError

KEYS: Final = ("secret_key", "token_key", "service_token", "demo_password")
VARIABLE: Final = "PROPRUNN_STATE"


class AlreadyUpError(InputError):
    """Another supervisor runs the workspace of this folder.

    Attributes:
        address: where it is; empty while it starts.
        pid: the supervisor's.
    """

    def __init__(self, folder: Path, address: str, pid: int) -> None:
        where = f"at {address}" if address else "and is about to answer"
        super().__init__(f"the workspace in {folder} runs already, {where}; `kill {pid}` ends it")
        self.address, self.pid = address, pid


def usual_folder() -> Path:
    """`$PROPRUNN_STATE`, else `proprunn` in `$XDG_DATA_HOME`, else `~/.local/share/proprunn`."""
    chosen = os.environ.get(VARIABLE)
    shared = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return (Path(chosen) if chosen else Path(shared) / "proprunn").expanduser().absolute()


@dataclass
class State:
    """A workspace's folder, held by this process until it ends, however it ends.

    Attributes:
        folder: readable by this account alone.
        keys: made once, kept for good.
    """

    folder: Path
    keys: dict[str, str]
    _lock: TextIO

    @staticmethod
    def take(folder: Path) -> "State":
        """Hold the folder, which is made where it is missing.

        Raises:
            AlreadyUpError: another process holds it.
            InputError: it cannot be used.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (folder / "supervisor.json").open("a+")
        except OSError as error:
            raise InputError(f"cannot use the folder {folder} ({error.strerror}): set {VARIABLE}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            held = json.loads(lock.read() or "{}")
            raise AlreadyUpError(folder, held.get("address", ""), held.get("pid", 0)) from None
        state = State(folder, _keys(folder / "keys.json"), lock)
        state.announce("")
        return state

    def announce(self, address: str) -> None:
        """Tell others where the workspace answers."""
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(json.dumps({"pid": os.getpid(), "address": address}))
        self._lock.flush()

    def log(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        return logs / f"{name}.log"


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write a file that only this account reads, whole or not at all."""
    scratch = path.with_suffix(".new")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
    scratch.replace(path)


def _keys(path: Path) -> dict[str, str]:
    kept = json.loads(path.read_text()) if path.is_file() else {}
    keys = {name: kept.get(name) or secrets.token_urlsafe(48) for name in KEYS}
    if keys != kept:
        write_private(path, keys)
    return keys
