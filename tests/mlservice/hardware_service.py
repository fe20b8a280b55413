"""A real hardware service for the learning side's tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwservice.api.app import create_app
from hwservice.api.service import Service
from hwservice.api.settings import Settings
from hwservice.jobs.worker import WORKER_COMMAND
from servicekit.jobs.local import LocalExecutor
from tests.servicekit.api.running import TOKEN, served


@contextmanager
def serving_hardware(folder: Path) -> Iterator[str]:
    """Its address; it takes `TOKEN`."""
    executor = LocalExecutor(1, WORKER_COMMAND)
    service = Service.create(Settings(TOKEN, folder), executor)
    try:
        with served(create_app(service), service) as running:
            yield running.url
    finally:
        executor.close()
