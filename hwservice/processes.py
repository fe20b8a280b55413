"""Subprocesses that die with us: own process group, parent-death signal, cancel by killing the whole group."""

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from contracts.errors import CancelledError, ToolError

LineHandler = Callable[[str], None]
_PR_SET_PDEATHSIG = 1
KEPT_LINES = 400


def run_tool(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    on_line: LineHandler | None = None,
    cancel: threading.Event | None = None,
) -> str:
    """Run a tool to its end and return what it printed (stdout and stderr together, the last lines).

    Args:
        command: program and arguments.
        cwd: folder to run in.
        env: environment; this process's own where absent.
        on_line: called with every line as it comes.
        cancel: once set, the whole process group is killed.

    Raises:
        CancelledError: `cancel` was set.
        ToolError: the tool cannot be started or ended with another status than 0; the message ends with its last lines.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    except OSError as error:
        raise ToolError(f"cannot start {command[0]}: {error.strerror}") from error
    watcher = _watch(process, cancel) if cancel is not None else None
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines = [*lines[-KEPT_LINES:], line.rstrip("\n")]
        if on_line is not None:
            on_line(lines[-1])
    status = process.wait()
    if watcher is not None:
        watcher.join()
    if cancel is not None and cancel.is_set():
        raise CancelledError(f"{Path(command[0]).name} was cancelled")
    if status != 0:
        raise ToolError(f"{Path(command[0]).name} ended with status {status}:\n" + "\n".join(lines[-40:]))
    return "\n".join(lines)


def die_with_parent() -> None:
    """From now on this process is killed when the one that started it dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _watch(process: "subprocess.Popen[str]", cancel: threading.Event) -> threading.Thread:
    def wait() -> None:
        while process.poll() is None:
            if cancel.wait(0.05):
                kill_group(process.pid)
                return

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def kill_group(pid: int) -> None:
    """Kill the process group of a subprocess that `run_tool` started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
