"""What pages of one job share that are watched while it runs."""

from collections.abc import Collection
from typing import Any, Final

from backend.api.views_jobs import job_document
from backend.jobs.models import LIVE, Job, JobEvent
from backend.jobs.visible import job_for
from backend.workspace.access import NotVisibleError, may
from backend.workspace.models import Role
from contracts.job import EventKind
from frontend.page import PageRequest
from frontend.words import told

_LOG_LINES: Final = 200


def found_job(request: PageRequest, job_id: str, kinds: Collection[str], what: str) -> Job:
    """A job of one of these kinds; its project becomes the page's.

    Raises:
        NotVisibleError: there is none, or the caller may not see it.
    """
    job = job_for(request.caller, job_id)
    if job.kind not in kinds:
        raise NotVisibleError(what, job_id)
    request.project = job.project
    return job


def log_of(job: Job) -> list[JobEvent]:
    """The last lines of its log, the oldest first."""
    lines = JobEvent.objects.filter(job=job, kind=EventKind.LOG.value).order_by("-sequence")[:_LOG_LINES]
    return list(lines)[::-1]


def standing(request: PageRequest, job: Job) -> dict[str, Any]:
    """How it stands, as templates show it."""
    return {
        "job": job,
        "project": job.project,
        "shown": job_document(job, 1),
        "live": job.state in LIVE,
        "editor": may(request.caller.user, job.project_id, Role.EDITOR),
        "told": told(job.failure["message"]) if job.failure else None,
    }
