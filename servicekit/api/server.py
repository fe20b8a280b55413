"""A service as a process."""

import ipaddress
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import uvicorn
from fastapi import FastAPI

from contracts.cache import cache_directory
from contracts.errors import InputError
from servicekit.api.settings import token_from_environment
from servicekit.jobs.task import Executor

_LARGEST_PORT: Final = 65535


@dataclass(frozen=True)
class ServeOptions:
    """Where to listen and how to run jobs."""

    port: int
    host: str = "127.0.0.1"
    executor: str = "dask"
    workers: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _LARGEST_PORT:
            raise InputError(f"port is {self.port}; it must be from 0 to {_LARGEST_PORT}")
        if not 1 <= self.workers <= 256:
            raise InputError(f"workers is {self.workers}; it must be from 1 to 256")


@dataclass(frozen=True)
class Program:
    """What is served.

    Attributes:
        name: of the service; its files lie in a folder of that name.
        token_variable: the environment variable that holds its token.
        worker_command: starts the process that carries out one attempt.
        make_app: the application, from token, folder and executor.
    """

    name: str
    token_variable: str
    worker_command: Sequence[str]
    make_app: Callable[[str, Path, Executor], FastAPI]


def service_folder(name: str) -> Path:
    """Where a service keeps its files."""
    return cache_directory() / name


def serve(program: Program, options: ServeOptions) -> int:
    """Serve until interrupted; prints the address on stderr once it can be used.

    Raises:
        InputError: the address cannot be used, or the token in the environment is too short.
    """
    folder = service_folder(program.name)
    token, token_file = token_from_environment(program.token_variable, folder)
    listener = _listen(options)
    _warn_if_open(options.host)
    executor = make_executor(options, program.worker_command)
    try:
        app = program.make_app(token, folder, executor)
        port = listener.getsockname()[1]
        where = f"token in {token_file}" if token_file else "token from the environment"
        print(f"{program.name} listens on http://{options.host}:{port} ({where})", file=sys.stderr, flush=True)
        config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=5)
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        executor.close()
    return 0


def make_executor(options: ServeOptions, command: Sequence[str]) -> "ClosableExecutor":
    """The executor of that name."""
    if options.executor == "local":
        from servicekit.jobs.local import LocalExecutor  # noqa: PLC0415  # one of two

        return LocalExecutor(options.workers, command)
    from servicekit.jobs.cluster import DaskExecutor  # noqa: PLC0415  # dask takes a second to import

    return DaskExecutor(options.workers, command)


class ClosableExecutor(Executor, Protocol):
    """An executor of our own, which we also end."""

    def close(self) -> None:
        """Cancel everything."""


def _listen(options: ServeOptions) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
        listener.listen()  # whoever calls before everything is ready waits
    except OSError as error:
        raise InputError(f"cannot listen on {options.host}:{options.port}: {error.strerror}") from error
    return listener


def _warn_if_open(host: str) -> None:
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        print(f"warning: {host} is reachable from outside, without TLS", file=sys.stderr)
