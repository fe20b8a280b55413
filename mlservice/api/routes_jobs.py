"""Jobs of the learning service: how each kind is started."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from contracts.job import JobKind
from mlservice.api.schemas import AttemptBody, FitPredictorAttempt, FitPredictorOptions
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


@router.post("/fit-predictor", tags=["jobs"], status_code=HTTPStatus.ACCEPTED, responses=documented(*START_PROBLEMS))
async def start_fit_predictor(
    request: Request, response: Response, options: FitPredictorOptions, key: Key = None
) -> JobView:
    """Start a `fit_predictor` job under a new name."""
    body = FitPredictorAttempt(kind=JobKind.FIT_PREDICTOR, options=options)
    return await start_job(request, response, body, key)
