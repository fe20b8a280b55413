"""What an executor runs, and the port that all executors have."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from contracts.job import Failure, FailureClass, JobKind, JobState


@dataclass(frozen=True)
class Limits:
    """What one attempt may use; counted from its start, never from its submission.

    Attributes:
        silent_seconds: how long its process may give no sign of life, such as where it is frozen or hangs.
    """

    seconds: float = 3600.0
    memory_bytes: int = 8 << 30
    silent_seconds: float = 300.0


@dataclass(frozen=True)
class Task:
    """One attempt of one job.

    Attributes:
        key: names it for good; submitting a key twice is an error.
        options: plain values that the kind's handler understands; paths are of this machine.
        folder: where the attempt may write; it exists.
    """

    key: str
    kind: JobKind
    options: Mapping[str, Any]
    folder: Path
    limits: Limits = Limits()

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it to the worker."""
        return {**asdict(self), "kind": self.kind.value, "folder": str(self.folder)}

    @staticmethod
    def from_mapping(values: Mapping[str, Any]) -> "Task":
        """The inverse of `to_mapping`."""
        limits = Limits(**values["limits"])
        return Task(values["key"], JobKind(values["kind"]), values["options"], Path(values["folder"]), limits)


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: `completed` with a result, `failed` with a failure, or `cancelled`.

    Attributes:
        result: what the handler returned.
        artifacts: name to file name below the task's folder.
    """

    state: JobState
    result: Mapping[str, Any] | None = None
    artifacts: Mapping[str, str] | None = None
    failure: Failure | None = None

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        failure = self.failure.to_mapping() if self.failure else None
        return {"state": self.state.value, "result": self.result, "artifacts": self.artifacts, "failure": failure}

    @staticmethod
    def from_mapping(values: Mapping[str, Any]) -> "Outcome":
        """The inverse of `to_mapping`."""
        failure = values.get("failure")
        return Outcome(
            JobState(values["state"]),
            values.get("result"),
            values.get("artifacts"),
            Failure(FailureClass(failure["class"]), failure["code"], failure["message"]) if failure else None,
        )

    @staticmethod
    def failed(failure_class: FailureClass, code: str, message: str) -> "Outcome":
        """A failure in one line."""
        return Outcome(JobState.FAILED, failure=Failure(failure_class, code, message))


class Listener(Protocol):
    """Hears of one attempt, from any thread."""

    def started(self) -> None:
        """It has a slot and its process runs (again, where a worker died under it)."""

    def progress(self, message: Mapping[str, Any]) -> None:
        """`{"kind": "progress" | "log" | one of `contracts.job.TOLD`, ...}` from the process."""

    def ended(self, outcome: Outcome) -> None:
        """It is over, and all its processes are gone. Called once."""


@dataclass(frozen=True)
class Worker:
    """Something that runs tasks.

    Attributes:
        silent_s: since it was last heard of.
    """

    name: str
    host: str
    slots: int
    running: int
    silent_s: float


@dataclass(frozen=True)
class Capacity:
    """Slots of an executor, how many tasks use or await one, and whose they are."""

    slots: int
    running: int
    waiting: int
    workers: tuple[Worker, ...] = field(default=(), compare=False)


class Executor(Protocol):
    """Runs tasks; forgets everything when it is closed or dies."""

    def submit(self, task: Task, listener: Listener) -> None:
        """Run a task as soon as there is a slot; returns at once.

        Raises:
            ValueError: the key is known already.
        """

    def cancel(self, key: str) -> None:
        """End a task and all its processes; unknown and ended keys are ignored. The listener hears when it is done."""

    def alive(self, key: str) -> bool:
        """The task waits or runs."""

    def capacity(self) -> Capacity:
        """How much room there is."""


Emit = Callable[[Mapping[str, Any]], None]

Answer = tuple[dict[str, Any], dict[str, str]]
"""What a handler returns: the result, and the artifacts (name to file name below the task's folder)."""

Handler = Callable[[Mapping[str, Any], Path, Emit], Answer]
"""Carries out one kind of task: options, folder, where to send messages."""
