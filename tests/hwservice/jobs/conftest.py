import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contracts.job import JobKind
from hwservice.jobs.local import LocalExecutor
from hwservice.jobs.task import Capacity, Executor, Limits, Outcome, Task

FAKE_COMMAND = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))


@dataclass
class Witness:
    """A listener that remembers everything."""

    starts: int = 0
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    outcome: Outcome | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def started(self) -> None:
        self.starts += 1

    def progress(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)

    def ended(self, outcome: Outcome) -> None:
        assert self.outcome is None, "heard of the end twice"
        self.outcome = outcome
        self.over.set()

    def wait(self, seconds: float = 60) -> Outcome:
        assert self.over.wait(seconds), "it did not end"
        assert self.outcome is not None
        return self.outcome

    def child(self) -> int:
        """The process that a sleeping task started."""
        until(lambda: any("line" in message for message in self.messages))
        return int(next(message["line"] for message in self.messages if "line" in message).split()[1])


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def process_lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


MakeTask = Callable[..., Task]


@pytest.fixture
def make_task(tmp_path: Path) -> MakeTask:
    def make(key: str, limits: Limits | None = None, **options: Any) -> Task:
        folder = tmp_path / key
        folder.mkdir(exist_ok=True)
        return Task(key, JobKind.COMPILE, options, folder, limits or Limits())

    return make


@pytest.fixture(scope="session")
def dask_executor() -> Iterator[Executor]:
    from hwservice.jobs.cluster import DaskExecutor

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
