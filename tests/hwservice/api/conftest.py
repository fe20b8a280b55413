import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn

from hwservice.api.app import create_app
from hwservice.api.service import Service
from hwservice.api.settings import Settings
from hwservice.jobs.worker import WORKER_COMMAND
from servicekit.jobs.local import LocalExecutor
from servicekit.jobs.task import Limits
from tests.hwservice.small_network import images_bytes, small_network_bytes

TOKEN = "a-token-for-tests-only"
NETWORK_BYTES = 1 << 20
DATA_BYTES = 1 << 20


@dataclass(frozen=True)
class Running:
    """A service behind a real socket, and a client that may use it."""

    url: str
    client: httpx.Client
    service: Service

    def upload(self, place: str, content: bytes, **query: str) -> str:
        """The digest of an uploaded file."""
        answer = self.client.post(f"/v1/{place}", content=content, params=query)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["digest"])

    def wait(self, job_id: str, seconds: float = 120) -> dict[str, Any]:
        """The job when it is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.client.get(f"/v1/jobs/{job_id}").json()
            if job["done"]:
                return job
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} did not end")

    def works(self) -> bool:
        """It still answers."""
        return self.client.get("/v1/health").status_code == 200


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    gate = Limits(seconds=30, memory_bytes=3 << 30)
    settings = Settings(TOKEN, folder, network_bytes=NETWORK_BYTES, data_bytes=DATA_BYTES, gate=gate)
    executor = LocalExecutor(2, WORKER_COMMAND)
    service = Service.create(settings, executor)
    config = uvicorn.Config(create_app(service), port=0, log_level="warning", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield Running(url, client, service)
    server.should_exit = True
    thread.join(10)
    executor.close()


@pytest.fixture(scope="session")
def network(running: Running) -> str:
    """The digest of an uploaded small network."""
    return running.upload("networks", small_network_bytes(), name="small.onnx")


@pytest.fixture(scope="session")
def images(running: Running) -> str:
    """The digest of uploaded images for it."""
    return running.upload("data", images_bytes())
