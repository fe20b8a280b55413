"""What the routes of any service share: its state, and what they do with it."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

from fastapi import Request

from contracts.errors import ToolError
from servicekit.api.problems import ProblemError
from servicekit.api.schemas import ArtifactView, FailureView, JobView
from servicekit.api.settings import Settings
from servicekit.jobs.board import AttemptConflictError, Job, JobBoard, Order
from servicekit.jobs.store import BlobStore
from servicekit.jobs.task import Executor

_PLACES = {"network": "networks", "table": "tables", "data-set": "data-sets", "report": "reports"}
"""Where files of a kind are uploaded to; of others, to an address of that name."""

Part = Callable[[], object]
"""Raises `ProPruNNError` where a part does not work."""


@dataclass(frozen=True)
class Service(ABC):
    """All state of one running service; what a job of it may be is each service's own (`order`)."""

    settings: Settings
    store: BlobStore
    executor: Executor
    board: JobBoard

    @classmethod
    def create(cls, settings: Settings, executor: Executor) -> Self:
        """A service with nothing in it but the files of earlier ones."""
        store = BlobStore(settings.folder / "files")
        board = JobBoard(executor, store, settings.folder / "attempts", settings.limits)
        return cls(settings, store, executor, board)

    @abstractmethod
    def order(self, body: Any) -> Order:
        """Resolve what a job refers to, so that every mistake is told before anything starts.

        Raises:
            ProblemError: 404 for a file that was never uploaded, 422 for a value that is not taken.
            InputError: something it refers to is not valid.
        """

    def parts(self) -> dict[str, Part]:
        """What the service cannot work without, by name."""
        return {"workers": self._check_workers, "folder": self._check_folder}

    def _check_workers(self) -> None:
        if self.executor.capacity().slots == 0:
            raise ToolError("no worker is there")

    def _check_folder(self) -> None:
        if not os.access(self.settings.folder, os.W_OK):
            raise ToolError(f"{self.settings.folder} cannot be written")

    def upload_path(self, kind: str, digest: str | None, option: str = "") -> str | None:
        """Where an uploaded file lies; None for None. The option that names it is called as its kind where it is not given.

        Raises:
            ProblemError: 404.
        """
        if digest is None:
            return None
        if self.store.find(kind, digest) is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND,
                f"no {kind} with digest {digest} was uploaded",
                field=f"body.options.{option or kind}",
                value=digest,
                fix=f"POST the file to /v1/{_PLACES.get(kind, kind)} first",
            )
        return str(self.store.path(digest).resolve())

    def start(self, job_id: str, attempt: int, body: Any) -> tuple[Job, bool]:
        """Start an attempt, once.

        Raises:
            ProblemError: 409 where a newer attempt is known, or this one with another content; see `order`.
        """
        try:
            return self.board.put(job_id, attempt, self.order(body))
        except AttemptConflictError as error:
            raise ProblemError(HTTPStatus.CONFLICT, str(error), field="path.attempt", value=attempt) from error

    def job(self, job_id: str) -> Job:
        """A known job.

        Raises:
            ProblemError: 404.
        """
        job = self.board.get(job_id)
        if job is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND,
                f"there is no job {job_id!r}; jobs are forgotten when the service restarts",
                field="path.job_id",
                value=job_id,
                fix="PUT the next attempt",
            )
        return job


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service: Service = request.app.state.service
    return service


def job_view(job: Job) -> JobView:
    """A job as the wire carries it."""
    outcome, order = job.outcome, job.order
    failure = outcome.failure if outcome else None
    return JobView(
        id=job.id,
        attempt=job.attempt,
        kind=order.kind,
        state=job.state,
        done=job.state.done,
        success=job.state.value == "completed",
        failed=job.state.value == "failed",
        failure=FailureView(**vars(failure)) if failure else None,
        result=dict(outcome.result) if outcome and outcome.result else None,
        artifacts={
            name: ArtifactView(
                digest=blob.digest,
                size_bytes=blob.size_bytes,
                media_type=blob.media_type,
                name=blob.name,
                url=f"/v1/artifacts/{blob.digest}",
            )
            for name, blob in job.artifacts.items()
        },
        phase=job.progress.get("phase"),
        fraction=job.progress.get("fraction"),
        seconds_left=job.progress.get("seconds_left"),
        created=job.created,
        started=job.started,
        ended=job.ended,
        last_event=job.events[-1].sequence if job.events else 0,
        options=dict(order.options),
        url=f"/v1/jobs/{job.id}",
        events_url=f"/v1/jobs/{job.id}/events",
    )
