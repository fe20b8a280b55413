"""All processes that work on one task, found by a mark in their environment, whatever session they are in."""

import os
import signal
import time
from pathlib import Path
from typing import Final

MARK_VARIABLE: Final = "PROPRUNN_TASK"
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_PROC: Final = Path("/proc")


def processes_of(mark: str) -> list[int]:
    """Living processes whose environment was started with this mark."""
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if wanted in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def resident_bytes(pids: list[int]) -> int:
    """Memory that these processes hold; pages shared among them count more than once."""
    total = 0
    for pid in pids:
        try:
            total += int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
        except (OSError, IndexError):
            continue
    return total


def kill_tree(mark: str, *, spare: int | None = None, tries: int = 50) -> None:
    """Kill every process with the mark, until none is left; `spare` is left alive."""
    for _ in range(tries):
        pids = [pid for pid in processes_of(mark) if pid != spare]
        if not pids:
            return
        for pid in pids:
            _kill(pid)
        time.sleep(0.01)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
