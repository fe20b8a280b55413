from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.job import JobKind
from servicekit.jobs.cluster import DaskExecutor
from servicekit.jobs.local import LocalExecutor
from servicekit.jobs.task import Capacity, Executor, Limits, Task
from tests.servicekit.jobs.witness import FAKE_COMMAND, MakeTask, until


@pytest.fixture
def make_task(tmp_path: Path) -> MakeTask:
    def make(key: str, limits: Limits | None = None, **options: Any) -> Task:
        folder = tmp_path / key
        folder.mkdir(exist_ok=True)
        return Task(key, JobKind.COMPILE, options, folder, limits or Limits())

    return make


@pytest.fixture(scope="session")
def dask_executor() -> Iterator[Executor]:
    executor = DaskExecutor(workers=2, command=FAKE_COMMAND)
    yield executor
    executor.close()


@pytest.fixture(params=["local", "dask"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Both kinds, with two slots, idle at the start."""
    if request.param == "dask":
        shared: Executor = request.getfixturevalue("dask_executor")
        yield shared
        until(lambda: shared.capacity() == Capacity(2, 0, 0))
        return
    local = LocalExecutor(2, FAKE_COMMAND)
    yield local
    local.close()
