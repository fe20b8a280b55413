"""What happened to jobs, after a cursor: of one job, or of all of a project."""

from typing import Any, TypedDict

from backend.jobs.documents import event_document
from backend.jobs.models import Job, JobEvent


class Found(TypedDict):
    """Events in order.

    Attributes:
        next: the cursor after them.
        done: nothing will come any more.
    """

    items: list[dict[str, Any]]
    next: int
    done: bool


def events_of_job(job_id: str, after: int, limit: int) -> Found:
    """A job's events after a `sequence`, and whether they are the last. A job that is gone has come to its end."""
    job = Job.objects.only("id", "state", "last_event").filter(pk=job_id).first()
    rows = JobEvent.objects.filter(job_id=job_id, sequence__gt=after).order_by("sequence")[:limit]
    items = [event_document(row) for row in rows]
    last = items[-1]["sequence"] if items else after
    return {"items": items, "next": last, "done": job is None or (job.done and last >= job.last_event)}


def events_of_project(project_id: str, after: int, limit: int) -> Found:
    """The events of all jobs of a project after a `number`; there may always come more."""
    rows = JobEvent.objects.filter(project_id=project_id, number__gt=after).order_by("number")[:limit]
    items = [event_document(row) for row in rows]
    return {"items": items, "next": items[-1]["number"] if items else after, "done": False}
