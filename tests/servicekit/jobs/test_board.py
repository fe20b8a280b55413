from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contracts.job import EventKind, FailureClass, JobKind, JobState
from servicekit.jobs.board import AttemptConflictError, JobBoard, Order
from servicekit.jobs.store import BlobStore
from servicekit.jobs.task import Capacity, Limits, Listener, Outcome, Task
from tests.servicekit.jobs.witness import until


class PuppetExecutor:
    """Does nothing by itself: the test pulls the strings."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.listeners: dict[str, Listener] = {}
        self.cancelled: list[str] = []

    def submit(self, task: Task, listener: Listener) -> None:
        self.tasks[task.key], self.listeners[task.key] = task, listener

    def cancel(self, key: str) -> None:
        self.cancelled.append(key)

    def alive(self, key: str) -> bool:
        return key in self.tasks

    def capacity(self) -> Capacity:
        return Capacity(1, 0, 0)

    def complete(self, key: str, **files: str) -> None:
        for name, content in files.items():
            (self.tasks[key].folder / f"{name}.txt").write_text(content)
        artifacts = {name: f"{name}.txt" for name in files}
        self.listeners[key].ended(Outcome(JobState.COMPLETED, {"key": key}, artifacts))


@pytest.fixture
def puppet() -> PuppetExecutor:
    return PuppetExecutor()


@pytest.fixture
def board(puppet: PuppetExecutor, tmp_path: Path) -> JobBoard:
    limits = dict.fromkeys(JobKind, Limits())
    return JobBoard(puppet, BlobStore(tmp_path / "files"), tmp_path / "attempts", limits)


def order(**options: Any) -> Order:
    return Order(JobKind.COMPILE, options, options)


def rebuilt(events: list[Mapping[str, Any]]) -> str:
    """The state as a reader of events knows it."""
    return str([event["data"]["state"] for event in events if event["kind"] == "state"][-1])


def test_an_attempt_is_started_once(board: JobBoard, puppet: PuppetExecutor) -> None:
    first, created = board.put("job", 1, order(a=1))
    again, created_again = board.put("job", 1, order(a=1))
    assert (created, created_again) == (True, False)
    assert first is again
    assert list(puppet.tasks) == ["job.1"]


def test_the_same_attempt_with_other_content_is_a_conflict(board: JobBoard) -> None:
    board.put("job", 1, order(a=1))
    with pytest.raises(AttemptConflictError, match="with another content"):
        board.put("job", 1, order(a=2))


def test_an_older_attempt_is_a_conflict(board: JobBoard) -> None:
    board.put("job", 2, order())
    with pytest.raises(AttemptConflictError, match="attempt 1 is since overtaken"):
        board.put("job", 1, order())


def test_a_newer_attempt_fences_the_older_one(board: JobBoard, puppet: PuppetExecutor) -> None:
    board.put("job", 1, order())
    puppet.listeners["job.1"].started()
    board.put("job", 2, order())
    puppet.listeners["job.1"].progress({"kind": "progress", "phase": "late"})
    puppet.complete("job.1", note="stale")
    job = board.get("job")
    assert job is not None
    assert (job.attempt, job.state, job.progress, job.artifacts) == (2, JobState.QUEUED, {}, {})
    puppet.listeners["job.2"].started()
    puppet.complete("job.2", note="fresh")
    assert job.state is JobState.COMPLETED
    assert job.outcome is not None
    assert job.outcome.result == {"key": "job.2"}


def test_the_older_attempt_is_ended(board: JobBoard, puppet: PuppetExecutor) -> None:
    board.put("job", 1, order())
    board.put("job", 2, order())
    until(lambda: puppet.cancelled == ["job.1"])


def test_state_rebuilt_from_events_equals_state_fetched(board: JobBoard, puppet: PuppetExecutor) -> None:
    job, _ = board.put("job", 1, order())

    def both() -> tuple[str, str]:
        return rebuilt([event.to_mapping() for event in board.events("job", 0, 100)]), job.state.value

    assert both() == ("queued", "queued")
    puppet.listeners["job.1"].started()
    assert both() == ("running", "running")
    board.cancel("job")
    assert both() == ("cancelling", "cancelling")
    puppet.listeners["job.1"].ended(Outcome(JobState.CANCELLED))
    assert both() == ("cancelled", "cancelled")


def test_events_count_from_one_without_gaps_and_replay_from_a_cursor(board: JobBoard, puppet: PuppetExecutor) -> None:
    board.put("job", 1, order())
    puppet.listeners["job.1"].started()
    for step in range(5):
        puppet.listeners["job.1"].progress({"kind": "progress", "fraction": step / 5})
    puppet.listeners["job.1"].progress({"kind": "log", "line": "hello"})
    puppet.complete("job.1")
    events = board.events("job", 0, 100)
    assert [event.sequence for event in events] == list(range(1, 10))
    assert board.events("job", 4, 100) == events[4:]
    assert board.events("job", 4, 2) == events[4:6]
    assert [event.kind for event in events[2:8]] == [EventKind.PROGRESS] * 5 + [EventKind.LOG]


def test_a_failure_is_told_with_its_class(board: JobBoard, puppet: PuppetExecutor) -> None:
    job, _ = board.put("job", 1, order())
    puppet.listeners["job.1"].started()
    puppet.listeners["job.1"].ended(Outcome.failed(FailureClass.INFRASTRUCTURE, "Killed", "killed from outside"))
    assert job.state is JobState.FAILED
    last = board.events("job", 0, 100)[-1]
    assert last.data["failure"] == {"class": "infrastructure", "code": "Killed", "message": "killed from outside"}


def test_artifacts_are_kept_by_content_and_the_working_folder_goes(
    board: JobBoard, puppet: PuppetExecutor, tmp_path: Path
) -> None:
    job, _ = board.put("job", 1, order())
    puppet.complete("job.1", note="same", other="same")
    assert job.artifacts["note"].digest == job.artifacts["other"].digest
    assert job.artifacts["note"].media_type.startswith("text/plain")
    assert BlobStore(tmp_path / "files").path(job.artifacts["note"].digest).read_text() == "same"
    assert list((tmp_path / "attempts").iterdir()) == []


def test_cancelling_twice_or_after_the_end_changes_nothing(board: JobBoard, puppet: PuppetExecutor) -> None:
    board.put("job", 1, order())
    board.cancel("job")
    board.cancel("job")
    assert puppet.cancelled == ["job.1"]
    puppet.complete("job.1")
    job = board.cancel("job")
    assert job is not None
    assert job.state is JobState.COMPLETED
    assert board.cancel("nobody") is None


def test_doorbells_ring_for_every_event_until_they_are_removed(board: JobBoard, puppet: PuppetExecutor) -> None:
    board.put("job", 1, order())
    rings: list[int] = []
    stop = board.listen("job", lambda: rings.append(1))
    puppet.listeners["job.1"].started()
    assert len(rings) == 1
    stop()
    puppet.complete("job.1")
    assert len(rings) == 1


def test_digests_of_another_kind_or_form_find_nothing(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    source = tmp_path / "source"
    source.write_bytes(b"x")
    blob = store.add("data", source, "text/plain", "x")
    assert store.find("data", blob.digest) == blob
    assert store.find("network", blob.digest) is None
    assert store.find("data", "../../etc/passwd") is None
