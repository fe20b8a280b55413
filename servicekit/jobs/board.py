"""All jobs this service knows: what state each is in, what happened, and who may still change it.

Kept in memory: the backend's database is the durable truth, and asks again after a restart.
"""

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from contracts.job import TOLD, EventKind, FailureClass, JobEvent, JobKind, JobState
from servicekit.jobs.store import Blob, BlobStore
from servicekit.jobs.task import Executor, Limits, Outcome, Task

KEPT_JOBS: Final = 2000
KEPT_EVENTS: Final = 5000
"""Of one job; log lines beyond that are dropped, nothing else ever is."""

MEDIA_TYPES: Final = {
    ".zip": "application/zip",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}

_KINDS: Final[Mapping[object, EventKind]] = {kind.value: kind for kind in (EventKind.LOG, *TOLD)}
"""What messages of an attempt's process become; all others are progress."""

Doorbell = Callable[[], object]


class AttemptConflictError(Exception):
    """The attempt is older than the current one, or the same one with another content."""


@dataclass(frozen=True)
class Order:
    """What an attempt is asked for: the kind, the options as the client gave them, and as the worker takes them."""

    kind: JobKind
    options: Mapping[str, Any]
    worker_options: Mapping[str, Any]


@dataclass
class Job:
    """One job with its newest attempt."""

    id: str
    attempt: int
    order: Order
    state: JobState = JobState.QUEUED
    created: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None
    outcome: Outcome | None = None
    progress: Mapping[str, Any] = field(default_factory=dict)
    artifacts: dict[str, Blob] = field(default_factory=dict)
    events: list[JobEvent] = field(default_factory=list)
    doorbells: list[Doorbell] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Names the attempt for the executor."""
        return f"{self.id}.{self.attempt}"


class JobBoard:
    """Jobs by name; every change goes through it, and only the newest attempt may change anything."""

    def __init__(self, executor: Executor, store: BlobStore, folder: Path, limits: Mapping[JobKind, Limits]) -> None:
        self._executor, self._store, self._folder, self._limits = executor, store, folder, limits
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()

    def put(self, job_id: str, attempt: int, order: Order) -> tuple[Job, bool]:
        """Start an attempt, once: the same one again returns the job as it is, and False.

        Raises:
            AttemptConflictError: a newer attempt is known, or this one with another content.
        """
        with self._lock:
            known = self._jobs.get(job_id)
            if known is not None and known.attempt == attempt and known.order == order:
                return known, False
            if known is not None:
                self._supersede(known, attempt)
            job = Job(job_id, attempt, order, events=known.events if known else [])
            job.doorbells = known.doorbells if known else []
            self._jobs[job_id] = job
            self._forget_old()
            self._tell(job, EventKind.STATE, {"state": job.state.value})
            self._executor.submit(self._task(job), _Ear(self, job.id, attempt))
            return job, True

    def _supersede(self, known: Job, attempt: int) -> None:
        if attempt <= known.attempt:
            what = "with another content" if attempt == known.attempt else "since overtaken"
            raise AttemptConflictError(f"job {known.id!r} is at attempt {known.attempt}; attempt {attempt} is {what}")
        if not known.state.done:
            threading.Thread(target=self._executor.cancel, args=(known.key,), daemon=True).start()

    def _task(self, job: Job) -> Task:
        folder = self._folder / job.key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return Task(job.key, job.order.kind, job.order.worker_options, folder, self._limits[job.order.kind])

    def get(self, job_id: str) -> Job | None:
        """The job, or None."""
        with self._lock:
            return self._jobs.get(job_id)

    def jobs(self, after: str | None, limit: int) -> list[Job]:
        """Jobs in the order in which they came, after the one named."""
        with self._lock:
            jobs = list(self._jobs.values())
        start = next((at + 1 for at, job in enumerate(jobs) if job.id == after), 0)
        return jobs[start : start + limit]

    def cancel(self, job_id: str) -> Job | None:
        """Ask for the end of the newest attempt: `cancelling` at once, `cancelled` when all its processes are gone."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.state.done or job.state is JobState.CANCELLING:
                return job
            self._enter(job, JobState.CANCELLING)
        self._executor.cancel(job.key)
        return job

    def events(self, job_id: str, after: int, limit: int) -> list[JobEvent]:
        """Events after that sequence number."""
        with self._lock:
            job = self._jobs.get(job_id)
            found = [event for event in job.events if event.sequence > after] if job else []
            return found[:limit]

    def listen(self, job_id: str, doorbell: Doorbell) -> Callable[[], None]:
        """Call `doorbell` (from any thread) whenever there are new events; returns what ends that."""
        with self._lock:
            bells = self._jobs[job_id].doorbells
            bells.append(doorbell)

        def stop() -> None:
            with self._lock:
                bells.remove(doorbell)

        return stop

    def hear_started(self, job_id: str, attempt: int) -> None:
        """The executor: the attempt's process runs."""
        with self._lock:
            job = self._current(job_id, attempt)
            if job is not None and job.state is JobState.QUEUED:
                job.started = time.time()
                self._enter(job, JobState.RUNNING)

    def hear_progress(self, job_id: str, attempt: int, message: Mapping[str, Any]) -> None:
        """The executor: a message of the attempt's process."""
        with self._lock:
            job = self._current(job_id, attempt)
            if job is None or job.state is not JobState.RUNNING:
                return
            data = {name: value for name, value in message.items() if name != "kind"}
            kind = _KINDS.get(message.get("kind"), EventKind.PROGRESS)
            if kind is EventKind.PROGRESS:
                job.progress = data
            if kind is not EventKind.LOG or len(job.events) < KEPT_EVENTS:
                self._tell(job, kind, data)

    def hear_ended(self, job_id: str, attempt: int, outcome: Outcome) -> None:
        """The executor: the attempt is over. Its files go to the store, unless a newer attempt has taken its place."""
        folder = self._folder / f"{job_id}.{attempt}"
        with self._lock:
            job = self._current(job_id, attempt)
            if job is not None and not job.state.done:
                self._finish(job, outcome, folder)
        shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, job: Job, outcome: Outcome, folder: Path) -> None:
        try:
            for name, file in (outcome.artifacts or {}).items():
                media = MEDIA_TYPES.get(Path(file).suffix, "application/octet-stream")
                job.artifacts[name] = self._store.add("artifact", folder / file, media, file)
        except OSError as error:
            text = f"cannot keep the results: {error.strerror}"
            outcome = Outcome.failed(FailureClass.INFRASTRUCTURE, "OSError", text)
        job.outcome, job.ended = outcome, time.time()
        self._enter(job, outcome.state)

    def _current(self, job_id: str, attempt: int) -> Job | None:
        """The fence: None for any attempt but the newest."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.attempt == attempt else None

    def _enter(self, job: Job, state: JobState) -> None:
        job.state = state
        data: dict[str, Any] = {"state": state.value}
        if job.outcome is not None and job.outcome.failure is not None:
            data["failure"] = job.outcome.failure.to_mapping()
        self._tell(job, EventKind.STATE, data)

    def _tell(self, job: Job, kind: EventKind, data: Mapping[str, Any]) -> None:
        last = job.events[-1].sequence if job.events else 0
        job.events.append(JobEvent(job.id, job.attempt, last + 1, time.time(), kind, data))
        for doorbell in list(job.doorbells):
            doorbell()

    def _forget_old(self) -> None:
        done = [job.id for job in self._jobs.values() if job.state.done and not job.doorbells]
        for job_id in done[: max(len(self._jobs) - KEPT_JOBS, 0)]:
            del self._jobs[job_id]


@dataclass(frozen=True)
class _Ear:
    """Hears of one attempt for the board."""

    board: JobBoard
    job_id: str
    attempt: int

    def started(self) -> None:
        self.board.hear_started(self.job_id, self.attempt)

    def progress(self, message: Mapping[str, Any]) -> None:
        self.board.hear_progress(self.job_id, self.attempt, message)

    def ended(self, outcome: Outcome) -> None:
        self.board.hear_ended(self.job_id, self.attempt, outcome)
