from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlservice.api.app import create_app
from mlservice.api.service import Service
from mlservice.api.settings import Settings
from mlservice.jobs.worker import WORKER_COMMAND
from servicekit.jobs.local import LocalExecutor
from tests.mlservice.predictors.made import tables
from tests.servicekit.api import running
from tests.servicekit.api.running import TOKEN, served

__all__ = ["TOKEN", "Running"]


Running = running.Running[Service]


@pytest.fixture(scope="session", name="running")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    executor = LocalExecutor(1, WORKER_COMMAND)
    service = Service.create(Settings(TOKEN, tmp_path_factory.mktemp("learning")), executor)
    with served(create_app(service), service) as found:
        yield found
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
    return running.upload("tables", (data_set / "networks.parquet").read_bytes(), name="networks.parquet")


@pytest.fixture(scope="session")
def layers(running: Running, data_set: Path) -> str:
    return running.upload("tables", (data_set / "layers.parquet").read_bytes(), name="layers.parquet")


@pytest.fixture(scope="session")
def fitted(running: Running, networks: str) -> dict[str, Any]:
    """A job that fitted a predictor called `mine`."""
    options = {"networks": networks, "name": "mine", "kind": "hybrid", "compare": ["expert"], "curve": False}
    running.client.put("/v1/jobs/first/attempts/1", json={"kind": "fit_predictor", "options": options})
    return running.wait("first")
