import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import uvicorn

from mlservice.api.app import create_app
from mlservice.api.service import Service
from mlservice.api.settings import Settings
from mlservice.jobs.worker import WORKER_COMMAND
from servicekit.jobs.local import LocalExecutor
from tests.mlservice.predictors.made import tables

TOKEN = "a-token-for-tests-only"


@dataclass(frozen=True)
class Running:
    """A learning service behind a real socket, and a client that may use it."""

    url: str
    client: httpx.Client

    def upload(self, content: bytes, name: str) -> str:
        """The digest of an uploaded table."""
        answer = self.client.post("/v1/tables", content=content, params={"name": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["digest"])

    def wait(self, job_id: str, seconds: float = 300) -> dict[str, Any]:
        """The job when it is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.client.get(f"/v1/jobs/{job_id}").json()
            if job["done"]:
                return job
            time.sleep(0.1)
        raise AssertionError(f"job {job_id} did not end")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    executor = LocalExecutor(1, WORKER_COMMAND)
    service = Service.create(Settings(TOKEN, tmp_path_factory.mktemp("learning")), executor)
    config = uvicorn.Config(create_app(service), port=0, log_level="warning", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield Running(url, client)
    server.should_exit = True
    thread.join(10)
    executor.close()


@pytest.fixture(scope="session")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set's two tables."""
    folder = tmp_path_factory.mktemp("data-set")
    frames: tuple[pd.DataFrame, pd.DataFrame] = tables(90)
    for name, frame in zip(("networks", "layers"), frames, strict=True):
        frame.to_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="session")
def networks(running: Running, data_set: Path) -> str:
    return running.upload((data_set / "networks.parquet").read_bytes(), "networks.parquet")


@pytest.fixture(scope="session")
def layers(running: Running, data_set: Path) -> str:
    return running.upload((data_set / "layers.parquet").read_bytes(), "layers.parquet")


@pytest.fixture(scope="session")
def fitted(running: Running, networks: str) -> dict[str, Any]:
    """A job that fitted a predictor called `mine`."""
    options = {"networks": networks, "name": "mine", "kind": "hybrid"}
    running.client.put("/v1/jobs/first/attempts/1", json={"kind": "fit_predictor", "options": options})
    return running.wait("first")
