"""The service as a process."""

import ipaddress
import socket
import sys
from dataclasses import dataclass
from typing import Final, Protocol

import uvicorn

from contracts.errors import InputError
from hwservice.api.app import create_app
from hwservice.api.service import Service
from hwservice.api.settings import Settings, service_folder, token_from_environment
from hwservice.jobs.task import Executor

_LARGEST_PORT: Final = 65535


@dataclass(frozen=True)
class ServeOptions:
    """Where to listen and how to run jobs."""

    host: str = "127.0.0.1"
    port: int = 8101
    executor: str = "dask"
    workers: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _LARGEST_PORT:
            raise InputError(f"port is {self.port}; it must be from 0 to {_LARGEST_PORT}")
        if not 1 <= self.workers <= 256:
            raise InputError(f"workers is {self.workers}; it must be from 1 to 256")


def serve(options: ServeOptions) -> int:
    """Serve until interrupted; prints the address on stderr once it can be used.

    Raises:
        InputError: the address cannot be used, or the token in the environment is too short.
    """
    folder = service_folder()
    token, token_file = token_from_environment(folder)
    listener = _listen(options)
    _warn_if_open(options.host)
    executor = make_executor(options)
    try:
        app = create_app(Service.create(Settings(token, folder), executor))
        port = listener.getsockname()[1]
        where = f"token in {token_file}" if token_file else "token from the environment"
        print(f"hwservice listens on http://{options.host}:{port} ({where})", file=sys.stderr, flush=True)
        config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=5)
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        executor.close()
    return 0


def make_executor(options: ServeOptions) -> "ClosableExecutor":
    """The executor of that name."""
    if options.executor == "local":
        from hwservice.jobs.local import LocalExecutor  # noqa: PLC0415  # one of two

        return LocalExecutor(options.workers)
    from hwservice.jobs.cluster import DaskExecutor  # noqa: PLC0415  # dask takes a second to import

    return DaskExecutor(options.workers)


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
