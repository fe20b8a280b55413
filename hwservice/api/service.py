"""What the routes share, and what they do with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request

from contracts.accelerator import Accelerator, accelerator_named
from hwservice.api.problems import ProblemError
from hwservice.api.schemas import (
    ArtifactView,
    AttemptBody,
    CompileOptions,
    FailureView,
    JobView,
    SimulateOptions,
)
from hwservice.api.settings import Settings
from hwservice.energy import load_table, table_names
from hwservice.jobs.board import AttemptConflictError, Job, JobBoard, Order
from hwservice.jobs.store import BlobStore
from hwservice.jobs.task import Executor


@dataclass(frozen=True)
class Service:
    """All state of one running service."""

    settings: Settings
    store: BlobStore
    executor: Executor
    board: JobBoard

    @staticmethod
    def create(settings: Settings, executor: Executor) -> "Service":
        """A service with nothing in it but the files of earlier ones."""
        store = BlobStore(settings.folder / "files")
        board = JobBoard(executor, store, settings.folder / "attempts", settings.limits)
        return Service(settings, store, executor, board)

    def order(self, body: AttemptBody) -> Order:
        """Resolve what a job refers to, so that every mistake is told before anything starts.

        Raises:
            ProblemError: 422 for an energy table that does not exist, 404 for a file that was never uploaded.
            InputError: an accelerator or energy table that is not valid.
        """
        options = body.options
        values: dict[str, Any] = {"accelerator": _fields(resolve(options.accelerator))}
        if isinstance(options, CompileOptions):
            values |= self._compile_values(options)
        if isinstance(options, SimulateOptions):
            values |= self._simulate_values(options, resolve(options.accelerator))
        return Order(body.kind, options.model_dump(mode="json"), values)

    def _compile_values(self, options: CompileOptions) -> dict[str, Any]:
        network = self.store.find("network", options.network)
        path = self.upload_path("network", options.network)
        return {
            "network_path": path,
            "network_name": network.name if network else "network",
            "calibration_path": self.upload_path("data", options.calibration),
            "scales": options.scales,
            "dims": options.dims or (dict(network.facts.get("dims", {})) if network else {}),
        }

    def _simulate_values(self, options: SimulateOptions, accelerator: Accelerator) -> dict[str, Any]:
        if options.energy_table is not None:
            if options.energy_table not in table_names():
                known = ", ".join(table_names())
                raise ProblemError(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    f"there is no energy table {options.energy_table!r}",
                    field="body.options.energy_table",
                    value=options.energy_table,
                    fix=f"one of {known}",
                )
            load_table(options.energy_table).dram_entry(accelerator)
        return {
            "inputs_path": self.upload_path("data", options.inputs),
            "count": options.count,
            "energy_table": options.energy_table,
            "trace": options.trace,
            "simulator": options.simulator,
        }

    def upload_path(self, kind: str, digest: str | None) -> str | None:
        """Where an uploaded file lies; None for None.

        Raises:
            ProblemError: 404.
        """
        if digest is None:
            return None
        if self.store.find(kind, digest) is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND,
                f"no {kind} with digest {digest} was uploaded",
                field=f"body.options.{kind}",
                value=digest,
                fix=f"POST the file to /v1/{'networks' if kind == 'network' else 'data'} first",
            )
        return str(self.store.path(digest).resolve())

    def start(self, job_id: str, attempt: int, body: AttemptBody) -> tuple[Job, bool]:
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


def resolve(accelerator: str | Mapping[str, Any]) -> Accelerator:
    """An accelerator by name or by its fields.

    Raises:
        AcceleratorError: unknown or not valid.
    """
    if isinstance(accelerator, str):
        return accelerator_named(accelerator)
    return Accelerator.from_mapping(accelerator)


def _fields(accelerator: Accelerator) -> dict[str, Any]:
    return {name: getattr(accelerator, name) for name in accelerator.__dataclass_fields__}


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
