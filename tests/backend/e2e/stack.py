"""Both services as processes on loopback, which tests may kill and start again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

SERVICE_TOKEN = "a-service-token-for-tests"


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Process:
    """A server that can be killed, frozen and started again at the same address."""

    command: list[str]
    environment: Mapping[str, str]
    port: int
    health: str
    log: Path
    _popen: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)
        until(self._answers, 240)

    def _answers(self) -> bool:
        assert self._popen is not None
        assert self._popen.poll() is None, self.log.read_text()
        try:
            return httpx.get(self.url + self.health, timeout=5).status_code < 500
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    def signal(self, number: int) -> None:
        assert self._popen is not None
        self._popen.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            self._popen.wait(20)

    def revive(self) -> None:
        """Wait for its death, and start it again."""
        assert self._popen is not None
        self._popen.wait(60)
        self.start()

    def stop(self) -> None:
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(signal.SIGCONT)
            self._popen.terminate()
            try:
                self._popen.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Stack:
    """The services and the backend, and clients for whoever has an account."""

    folder: Path
    service: Process
    backend: Process
    environment: Mapping[str, str]
    learning: Process | None = None
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout.strip()

    def client(self, email: str = "owner@example.org") -> httpx.Client:
        if email not in self.clients:
            self.clients[email] = httpx.Client(
                base_url=self.backend.url + "/api/v1",
                headers={"Authorization": f"Bearer {self.manage('issue_token', email)}"},
                timeout=60,
            )
        return self.clients[email]

    def job(self, url: str) -> dict[str, Any]:
        answer = self.client().get(self.backend.url + url)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait(self, url: str, seconds: float = 120) -> dict[str, Any]:
        until(lambda: bool(self.job(url)["done"]), seconds)
        return self.job(url)


@contextmanager
def running_stack(folder: Path, through: str = "", learning: bool = False, **settings: str) -> Iterator[Stack]:
    """A fresh installation in a folder.

    Args:
        folder: where all of it lies.
        learning: with the learning service.
        through: a module that starts the programs, such as `mortal`; they start by themselves where it is empty.
        settings: of the backend, without their prefix.
    """
    service_port, backend_port, learning_port = free_port(), free_port(), free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PROPRUNN_BACKEND", "DJANGO"))
    }
    environment |= {
        "PROPRUNN_HWSERVICE_TOKEN": SERVICE_TOKEN,
        "PROPRUNN_BACKEND_FOLDER": str(folder / "backend"),
        "PROPRUNN_BACKEND_HWSERVICE_URL": f"http://127.0.0.1:{service_port}",
        "PROPRUNN_BACKEND_HWSERVICE_TOKEN": SERVICE_TOKEN,
        "PROPRUNN_MLSERVICE_TOKEN": SERVICE_TOKEN,
        "PROPRUNN_MLSERVICE_HARDWARE_URL": f"http://127.0.0.1:{service_port}",
        "PROPRUNN_MLSERVICE_HARDWARE_TOKEN": SERVICE_TOKEN,
        "PROPRUNN_BACKEND_MLSERVICE_URL": f"http://127.0.0.1:{learning_port}",
        "PROPRUNN_BACKEND_MLSERVICE_TOKEN": SERVICE_TOKEN,
        "PROPRUNN_BACKEND_REUSE": "no",  # tests submit the same again and again
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
        "MORTAL": str(folder / "mortal"),
    }
    environment |= {f"PROPRUNN_BACKEND_{name.upper()}": value for name, value in settings.items()}
    python = [sys.executable, "-m", *filter(None, [through])]
    serve = ["hwservice", "serve", "--port", str(service_port), "--executor", "local"]
    web = ["uvicorn", "backend.config.asgi:application", "--port", str(backend_port), "--log-level", "warning"]
    service = Process([*python, *serve], environment, service_port, "/v1/health", folder / "service.log")
    backend = Process([*python, *web], environment, backend_port, "/api/v1/health", folder / "backend.log")
    learn = ["mlservice", "serve", "--port", str(learning_port), "--executor", "local"]
    own_cache = {**environment, "PROPRUNN_CACHE": str(folder / "learning")}
    other = Process([*python, *learn], own_cache, learning_port, "/v1/health", folder / "learning.log")
    stack = Stack(folder, service, backend, environment, other if learning else None)
    try:
        stack.manage("migrate", "--verbosity", "0")
        service.start()
        if stack.learning is not None:
            stack.learning.start()
        backend.start()
        yield stack
    finally:
        for client in stack.clients.values():
            client.close()
        backend.stop()
        if stack.learning is not None:
            stack.learning.stop()
        service.stop()
