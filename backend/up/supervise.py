"""Start the processes, start again what dies, and end all of them with us."""

import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx
from circus.arbiter import Arbiter
from circus.exc import ConflictError
from circus.watcher import Watcher

from backend.up.plan import PROJECT, Process
from contracts.errors import InputError, ToolError

_PORT_PATIENCE_S: Final = 15.0
_START_PATIENCE_S: Final = 90.0
_STARTS_MAX: Final = 3
_GRACE_S: Final = 20.0
_SHOWN_LINES: Final = 15


def wait_for_port(port: int, variable: str) -> None:
    """Wait until a port is free: what a killed workspace left may still be ending.

    Raises:
        InputError: another program has it.
    """
    deadline = time.monotonic() + _PORT_PATIENCE_S
    if not _is_free(port):
        print(f"Port {port} is taken; waiting {_PORT_PATIENCE_S:.0f} s for it to become free ...", flush=True)
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
        self._starts: Counter[str] = Counter()

    def run(self, when_up: Callable[[], None]) -> None:
        """Start everything and stay until SIGINT, SIGTERM, SIGHUP or `stop`.

        Args:
            when_up: called once, in a thread, when all processes answer.

        Raises:
            ToolError: a process does not answer; the message ends with the last lines of its log.
        """
        folder = tempfile.mkdtemp(prefix="proprunn-up-")  # for this account alone; its path is short enough for sockets
        arbiter = _arbiter([self._watcher(process) for process in self._processes], folder)
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
                if time.monotonic() > deadline or self._starts[process.name] > _STARTS_MAX:
                    self._failure = f"{process.name} does not start; {process.log} ends with:\n{_tail(process.log)}"
                    self.stop()
                    return
                time.sleep(0.05)
        if not self._ended.is_set():
            when_up()

    def _watcher(self, process: Process) -> dict[str, Any]:
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
            "hooks": {"after_spawn": (self._spawned, False)},
        }

    def _spawned(self, watcher: Any, **_: Any) -> bool:
        self._starts[watcher.name] += 1
        if self._starts[watcher.name] > 1:
            print(f"{watcher.name} ended and is started again; see its log", flush=True)
        return True


class _OwnChildrenOnly(Arbiter):  # type: ignore[misc]  # it has no types
    """Fetches only the ends of its own processes: circus fetches those of `subprocess` too, whose status would be lost."""

    def reap_processes(self) -> None:
        """See the base class."""
        for watcher in self.iter_watchers():
            for pid in list(watcher.processes):
                with suppress(ChildProcessError):
                    ended, status = os.waitpid(pid, os.WNOHANG)
                    if ended:
                        watcher.reap_process(pid, status)


def _arbiter(watchers: Sequence[Mapping[str, Any]], folder: str) -> Any:
    """Without the TCP ports and the multicast socket that circus opens by itself: any local account could command it."""
    logging.getLogger("circus").setLevel(logging.CRITICAL)
    # Circus looks after its processes while it ends them, too, and complains about that to itself.
    logging.getLogger("tornado.application").addFilter(_is_no_conflict)
    made = [Watcher.load_from_config(dict(watcher)) for watcher in watchers]
    arbiter = _OwnChildrenOnly(made, f"ipc://{folder}/control", f"ipc://{folder}/events", multicast_endpoint="")
    # Circus would reload at SIGHUP; for us a terminal that was closed is the end.
    arbiter.ctrl.sys_hdl.handle_hup = arbiter.ctrl.sys_hdl.handle_term
    return arbiter


def _is_no_conflict(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], ConflictError))


def answers(address: str) -> bool:
    """Whether something that works listens there."""
    try:
        # Without a token the hardware service says 401: it is there.
        return httpx.get(address, timeout=2).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.TransportError:
        return False


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return "\n".join(lines[-_SHOWN_LINES:])
