"""Start the processes, start again what dies, and end all of them with us."""

import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
from circus import get_arbiter

from backend.up.plan import PROJECT, Process
from contracts.errors import InputError, ToolError

_PORT_PATIENCE_S: Final = 15.0
_START_PATIENCE_S: Final = 90.0
_GRACE_S: Final = 20.0
_SHOWN_LINES: Final = 15


def wait_for_port(port: int, variable: str) -> None:
    """Wait until a port is free: what a killed workspace left may still be ending.

    Raises:
        InputError: another program has it.
    """
    deadline = time.monotonic() + _PORT_PATIENCE_S
    while not _is_free(port):
        if time.monotonic() > deadline:
            raise InputError(f"port {port} is taken by another program: end it, or choose another with {variable}=")
        time.sleep(0.1)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Supervisor:
    """Holds the processes from `run` until a signal, `stop`, or one that does not start."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes
        self._failure: str | None = None
        self._ended = threading.Event()

    def run(self, when_up: Callable[[], None]) -> None:
        """Start everything and stay until the end.

        Args:
            when_up: called once, in a thread, when all processes answer.

        Raises:
            ToolError: a process does not answer; the message ends with the last lines of its log.
        """
        logging.getLogger("circus").setLevel(logging.CRITICAL)
        folder = tempfile.mkdtemp(prefix="proprunn-up-")  # for this account alone; its path is short enough for sockets
        arbiter = get_arbiter(
            [_watcher(process) for process in self._processes],
            controller=f"ipc://{folder}/control",
            pubsub_endpoint=f"ipc://{folder}/events",
        )
        threading.Thread(target=self._announce, args=(when_up,), daemon=True).start()
        try:
            arbiter.start()
        finally:
            self._ended.set()
            shutil.rmtree(folder, ignore_errors=True)
        if self._failure is not None:
            raise ToolError(self._failure)

    def stop(self) -> None:
        """End everything, as a signal does."""
        os.kill(os.getpid(), signal.SIGTERM)

    def _announce(self, when_up: Callable[[], None]) -> None:
        deadline = time.monotonic() + _START_PATIENCE_S
        for process in self._processes:
            while not self._ended.is_set() and not answers(process.health):
                if time.monotonic() > deadline:
                    self._failure = f"{process.name} does not start; {process.log} ends with:\n{_tail(process.log)}"
                    self.stop()
                    return
                time.sleep(0.05)
        if not self._ended.is_set():
            when_up()


def answers(address: str) -> bool:
    """Whether something that works listens there."""
    try:
        # Without a token the hardware service says 401: it is there.
        return httpx.get(address, timeout=2).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.TransportError:
        return False


def _watcher(process: Process) -> dict[str, Any]:
    tether = ("-m", "backend.up.tether", str(process.log), *process.command)
    return {
        "name": process.name,
        "cmd": process.command[0],
        "args": list(tether),
        "env": dict(process.environment),
        "working_dir": str(PROJECT),
        "graceful_timeout": _GRACE_S,
        "stop_children": False,
        "max_retry": -1,
        "copy_env": False,
    }


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return "\n".join(lines[-_SHOWN_LINES:])
