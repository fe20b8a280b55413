"""Which processes make up a workspace on one machine, and what each is told."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

from backend.up.state import State
from contracts.errors import InputError

PROJECT: Final = Path(__file__).resolve().parents[2]
_LARGEST_PORT: Final = 65535


@dataclass(frozen=True)
class Options:
    """What can be chosen; everything else follows `PROPRUNN_BACKEND_…` in the environment.

    Attributes:
        folder: where the workspace keeps everything.
        port: of pages and API, on loopback.
        service_port: of the hardware service, on loopback.
        learning_port: of the learning service, on loopback.
        workers: jobs side by side, in each service.
    """

    folder: Path
    port: int = 8100
    service_port: int = 8101
    learning_port: int = 8102
    workers: int = 2

    def __post_init__(self) -> None:
        names = ("port", "service_port", "learning_port")
        for name in names:
            value = getattr(self, name)
            if not 1 <= value <= _LARGEST_PORT:
                raise InputError(f"{name} is {value}; it must be from 1 to {_LARGEST_PORT}")
        for one, other in combinations(names, 2):
            if getattr(self, one) == getattr(self, other):
                raise InputError(f"{one} and {other} are both {getattr(self, one)}; choose two")

    @property
    def address(self) -> str:
        """Where users reach the workspace."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Process:
    """One process: how it is started, and the address that answers once it works."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health: str
    log: Path


def environment_of(options: Options, state: State) -> dict[str, str]:
    """What all processes are told; what the user's environment says already stays."""
    prefix = "PROPRUNN_BACKEND_"
    ours = {
        prefix + "FOLDER": str(state.folder / "backend"),
        prefix + "SECRET_KEY": state.keys["secret_key"],
        prefix + "TOKEN_KEY": state.keys["token_key"],
        prefix + "HWSERVICE_URL": f"http://127.0.0.1:{options.service_port}",
        prefix + "HWSERVICE_TOKEN": state.keys["service_token"],
        prefix + "MLSERVICE_URL": f"http://127.0.0.1:{options.learning_port}",
        prefix + "MLSERVICE_TOKEN": state.keys["service_token"],
        prefix + "ADDRESS": options.address,
        prefix + "DEMO": "no" if os.environ.get(prefix + "MODE") == "production" else "yes",
        "PROPRUNN_HWSERVICE_TOKEN": state.keys["service_token"],
        "PROPRUNN_MLSERVICE_TOKEN": state.keys["service_token"],
        "PROPRUNN_MLSERVICE_HARDWARE_URL": f"http://127.0.0.1:{options.service_port}",
        "PROPRUNN_MLSERVICE_HARDWARE_TOKEN": state.keys["service_token"],
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))),
    }
    return {**ours, **os.environ, "PYTHONPATH": ours["PYTHONPATH"]}


def processes(options: Options, state: State) -> tuple[Process, ...]:
    """In the order in which they start."""
    environment = environment_of(options, state)
    web = (sys.executable, *web_server("127.0.0.1", options.port))
    ports = {"hwservice": options.service_port, "mlservice": options.learning_port}
    services = [_service(name, port, options.workers, environment, state) for name, port in ports.items()]
    return (
        *services,
        Process("backend", web, environment, f"{options.address}/api/v1/health", state.log("backend")),
    )


def _service(name: str, port: int, workers: int, environment: Mapping[str, str], state: State) -> Process:
    command = (*_python(name), "serve", "--port", str(port), "--workers", str(workers))
    return Process(name, command, environment, f"http://127.0.0.1:{port}/v1/health", state.log(name))


def web_server(host: str, port: int, workers: int = 1) -> tuple[str, ...]:
    """Python's arguments for the backend's server; more than one worker needs Redis.

    What proxies say of callers is believed as `PROPRUNN_BACKEND_PROXIES` has it, never by the server on its own.
    """
    return (
        *("-m", "uvicorn", "backend.config.asgi:application", "--host", host, "--port", str(port)),
        *("--ws", "websockets-sansio", "--timeout-graceful-shutdown", "5", "--no-access-log", "--no-proxy-headers"),
        *(("--workers", str(workers), "--http", "backend.config.http:PromptProtocol") if workers > 1 else ()),
    )


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)
