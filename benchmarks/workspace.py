"""A throw-away workspace for measurements: a database of its own, filled, and the real processes on loopback."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.up.plan import web_server

PROJECT: Final = Path(__file__).resolve().parent.parent
_START_S: Final = 60.0


@dataclass(frozen=True)
class Place:
    """Where a measurement happens: its folder and what its processes are told."""

    folder: Path
    variables: Mapping[str, str]

    def run(self, *command: str) -> str:
        """A Python program in this place, to its end; what it printed."""
        program = [sys.executable, *command]
        made = subprocess.run(program, env=self.variables, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
        return made.stdout.strip()


@contextmanager
def place(**choices: str) -> Iterator[Place]:
    """A fresh folder, with `choices` among the backend's settings; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="proprunn-bench-") as folder:
        settings = {"folder": folder, "requests_per_minute": "1000000", "reuse": "no", **choices}
        ours = {f"PROPRUNN_BACKEND_{name.upper()}": value for name, value in settings.items()}
        yield Place(Path(folder), {**os.environ, "PYTHONPATH": os.pathsep.join((str(PROJECT), "client")), **ours})


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Server:
    """A process that answers at a port."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def cpu_s(self) -> float:
        """What the process and its children have used so far."""
        return cpu_seconds(self.process.pid)


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used so far, as Linux counts it."""
    return sum(_ticks(one) for one in (pid, *_children(pid))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _children(pid: int) -> list[int]:
    return [int(name) for name in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def serving(where: Place, port: int, health: str, *command: str) -> Iterator[Server]:
    """A server that answers; ended afterwards."""
    with (where.folder / f"{port}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, *command], env=where.variables, cwd=PROJECT, stdout=log, stderr=log)
    try:
        _until_it_answers(process, f"http://127.0.0.1:{port}{health}")
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def backend(port: int, workers: int = 1) -> tuple[str, ...]:
    """The command of the backend's server, as `make up` gives it."""
    return web_server("127.0.0.1", port, workers)


def _until_it_answers(process: "subprocess.Popen[bytes]", url: str) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{url}: the server ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError as answer:
            if answer.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer in {_START_S:g} s")
