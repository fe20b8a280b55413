"""All processes that work on one task, found by a mark in their environment, whatever session they are in."""

import os
import signal
import time
from pathlib import Path
from typing import Final

MARK_VARIABLE: Final = "PROPRUNN_TASK"
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_PROC: Final = Path("/proc")
_EMPTY_LOOKS: Final = 2
_LOOK_SECONDS: Final = 0.01


def processes_of(mark: str) -> list[int]:
    """Living processes whose environment was started with this mark, and their descendants."""
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parents[int(entry.name)] = _parent(entry)
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
        except OSError:
            continue
    # A process shows no environment while it starts: its parent tells for it.
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return [pid for pid in found if pid in parents]


def _parent(entry: Path) -> int:
    """The parent of a process.

    Raises:
        ProcessLookupError: it is dead and only waits to be fetched.
    """
    state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
    if state in "ZX":
        raise ProcessLookupError
    return int(parent)


def resident_bytes(pids: list[int]) -> int:
    """Memory that these processes hold; pages shared among them count more than once."""
    total = 0
    for pid in pids:
        try:
            total += int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
        except (OSError, IndexError):
            continue
    return total


def kill_tree(mark: str, *, spare: int | None = None, tries: int = 100) -> None:
    """Kill every process with the mark, until twice in a row none is left; `spare` is left alive."""
    empty = 0
    for _ in range(tries):
        pids = [pid for pid in processes_of(mark) if pid != spare]
        empty = 0 if pids else empty + 1
        if empty == _EMPTY_LOOKS:
            return
        for pid in pids:
            _kill(pid)
        time.sleep(_LOOK_SECONDS)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
