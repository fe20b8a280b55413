"""Jobs of any service: started once per attempt, watched by polling or by websocket, cancelled."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Header, Path, Query, Request, Response, WebSocket, WebSocketDisconnect

from contracts.job import JobKind
from servicekit.api.auth import token_fits
from servicekit.api.files import LOOK_UP_PROBLEMS
from servicekit.api.problems import documented
from servicekit.api.schemas import EventList, EventView, JobList, JobView
from servicekit.api.service import Service, job_view, service_of

router = APIRouter(prefix="/v1")
live = APIRouter(prefix="/v1")
"""Websockets; they check the token themselves."""

JobId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Chosen by whoever starts the job.")]
Attempt = Annotated[int, Path(ge=1, le=1_000_000, description="Counts from 1; only the newest may change anything.")]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="Two requests with one key start one job."),
]
_EVENTS_AT_ONCE: Final = 500
START_PROBLEMS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


class AnyAttempt(Protocol):
    """The body that starts an attempt of some kind."""

    @property
    def kind(self) -> JobKind:
        """What it is."""

    @property
    def options(self) -> Any:
        """What the kind takes."""


async def put_job(request: Request, response: Response, which: tuple[str, int], body: AnyAttempt) -> JobView:
    """Start an attempt, named by job and number, once."""
    job, created = await asyncio.to_thread(service_of(request).start, *which, body)
    if not created:
        response.status_code = HTTPStatus.OK
    return job_view(job)


async def start_job(request: Request, response: Response, body: AnyAttempt, key: str | None) -> JobView:
    """Start a job under a new name; the same one again where the key was used before."""
    job_id = secrets.token_hex(16)
    if key is not None:
        job_id = hashlib.sha256(f"{body.kind.value}\n{key}".encode()).hexdigest()[:32]
    job, _ = await asyncio.to_thread(service_of(request).start, job_id, 1, body)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job_view(job)


@router.get("/jobs", tags=["jobs"], responses=documented(HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY))
async def list_jobs(
    request: Request,
    after: Annotated[str | None, Query(max_length=64, description="The last one you know.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JobList:
    """Jobs since the service started, in the order in which they came."""
    jobs = service_of(request).board.jobs(after, limit)
    return JobList(items=[job_view(job) for job in jobs], next=jobs[-1].id if len(jobs) == limit else None)


@router.get("/jobs/{job_id}", tags=["jobs"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_job(request: Request, job_id: JobId) -> JobView:
    """A job with its newest attempt."""
    return job_view(service_of(request).job(job_id))


@router.post(
    "/jobs/{job_id}/cancel",
    tags=["jobs"],
    status_code=HTTPStatus.ACCEPTED,
    responses=documented(*LOOK_UP_PROBLEMS),
)
async def cancel_job(request: Request, job_id: JobId) -> JobView:
    """End a job: `cancelling` at once, `cancelled` when all its processes are gone. One that is over stays as it is."""
    service = service_of(request)
    job = service.job(job_id)
    await asyncio.to_thread(service.board.cancel, job_id)
    return job_view(job)


@router.get("/jobs/{job_id}/events", tags=["jobs"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_events(
    request: Request,
    job_id: JobId,
    after: Annotated[int, Query(ge=0, le=1 << 53, description="The last sequence number you know.")] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = _EVENTS_AT_ONCE,
    wait_s: Annotated[float, Query(ge=0, le=30, description="Wait so long for the first one.")] = 0,
) -> EventList:
    """What happened after a cursor: states, progress, lines of the tools."""
    service = service_of(request)
    service.job(job_id)
    if wait_s:
        async with aclosing(_follow(service, job_id, after)) as events:
            with suppress(TimeoutError):
                await asyncio.wait_for(anext(events, None), wait_s)
    return _events(service, job_id, after, limit)


def _events(service: Service, job_id: str, after: int, limit: int) -> EventList:
    job = service.job(job_id)
    found = service.board.events(job_id, after, limit)
    last = found[-1].sequence if found else after
    done = job.state.done and last >= (job.events[-1].sequence if job.events else 0)
    return EventList(items=[EventView(**event.to_mapping()) for event in found], next=last, done=done)


async def _follow(service: Service, job_id: str, after: int) -> AsyncGenerator[EventList]:
    """Events from a cursor on, as they happen, to the job's end."""
    loop, rung = asyncio.get_running_loop(), asyncio.Event()
    stop = service.board.listen(job_id, lambda: loop.call_soon_threadsafe(rung.set))
    try:
        while True:
            rung.clear()
            events = _events(service, job_id, after, _EVENTS_AT_ONCE)
            after = events.next
            if events.items or events.done:
                yield events
            if events.done:
                return
            if not events.items:
                await rung.wait()
    finally:
        stop()


@live.websocket("/jobs/{job_id}/events/live")
async def live_events(socket: WebSocket, job_id: str, after: int = 0) -> None:
    """Events as JSON texts, one each, from the cursor on; closed with 1000 when the job is over.

    The token comes as `Authorization: Bearer …`. Refused with 4401 (token) or 4404 (no such job).
    """
    service: Service = socket.app.state.service
    presented = socket.headers.get("authorization", "").removeprefix("Bearer ")
    await socket.accept()
    if not token_fits(presented, service.settings.token):
        await socket.close(4401, "the token is missing or wrong")
        return
    if service.board.get(job_id) is None:
        await socket.close(4404, f"there is no job {job_id[:64]!r}")
        return
    reader = asyncio.create_task(_until_gone(socket))
    sender = asyncio.create_task(_send(socket, service, job_id, after))
    _, pending = await asyncio.wait({reader, sender}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()


async def _send(socket: WebSocket, service: Service, job_id: str, after: int) -> None:
    try:
        async with aclosing(_follow(service, job_id, after)) as stream:
            async for events in stream:
                for event in events.items:
                    await socket.send_text(event.model_dump_json())
        await socket.close(1000)
    except (WebSocketDisconnect, RuntimeError):
        return


async def _until_gone(socket: WebSocket) -> None:
    """What the client says is ignored; that it left is not."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return
