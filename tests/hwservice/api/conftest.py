from collections.abc import Iterator

import pytest

from hwservice.api.app import create_app
from hwservice.api.service import Service
from hwservice.api.settings import Settings
from hwservice.jobs.worker import WORKER_COMMAND
from servicekit.jobs.local import LocalExecutor
from servicekit.jobs.task import Limits
from tests.hwservice.small_network import images_bytes, small_network_bytes
from tests.servicekit.api import running
from tests.servicekit.api.running import TOKEN, served

__all__ = ["TOKEN", "Running"]
NETWORK_BYTES = 1 << 20
DATA_BYTES = 1 << 20


Running = running.Running[Service]


@pytest.fixture(scope="session", name="running")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    gate = Limits(seconds=30, memory_bytes=3 << 30)
    settings = Settings(TOKEN, folder, network_bytes=NETWORK_BYTES, data_bytes=DATA_BYTES, gate=gate)
    executor = LocalExecutor(2, WORKER_COMMAND)
    service = Service.create(settings, executor)
    with served(create_app(service), service) as found:
        yield found
    executor.close()


@pytest.fixture(scope="session")
def network(running: Running) -> str:
    """The digest of an uploaded small network."""
    return running.upload("networks", small_network_bytes(), name="small.onnx")


@pytest.fixture(scope="session")
def images(running: Running) -> str:
    """The digest of uploaded images for it."""
    return running.upload("data", images_bytes())
