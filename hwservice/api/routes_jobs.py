"""Jobs of the hardware service: how each kind is started."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from contracts.job import JobKind
from hwservice.api.schemas import AttemptBody, CompileAttempt, CompileOptions, SimulateAttempt, SimulateOptions
from servicekit.api.jobs import START_PROBLEMS, Attempt, JobId, Key, put_job, start_job
from servicekit.api.problems import documented
from servicekit.api.schemas import JobView

router = APIRouter(prefix="/v1")


@router.put(
    "/jobs/{job_id}/attempts/{attempt}",
    tags=["jobs"],
    status_code=HTTPStatus.CREATED,
    responses={200: {"model": JobView, "description": "It was started before"}, **documented(*START_PROBLEMS)},
)
async def put_attempt(
    request: Request, response: Response, job_id: JobId, attempt: Attempt, body: AttemptBody
) -> JobView:
    """Start an attempt, once: asking again changes nothing. A newer attempt ends the older one."""
    return await put_job(request, response, (job_id, attempt), body)


@router.post("/compile", tags=["jobs"], status_code=HTTPStatus.ACCEPTED, responses=documented(*START_PROBLEMS))
async def start_compile(request: Request, response: Response, options: CompileOptions, key: Key = None) -> JobView:
    """Start a `compile` job under a new name."""
    return await start_job(request, response, CompileAttempt(kind=JobKind.COMPILE, options=options), key)


@router.post("/simulate", tags=["jobs"], status_code=HTTPStatus.ACCEPTED, responses=documented(*START_PROBLEMS))
async def start_simulate(request: Request, response: Response, options: SimulateOptions, key: Key = None) -> JobView:
    """Start a `simulate` job under a new name."""
    return await start_job(request, response, SimulateAttempt(kind=JobKind.SIMULATE, options=options), key)
