"""The queue: what runs where, what waits for what."""

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from backend.clients.current import hardware_service
from backend.clients.hwservice import ServiceDownError
from backend.jobs.claim import claimable, queue, typical_seconds
from backend.jobs.models import Job
from contracts.job import JobState
from frontend.jobs.views import visible_jobs
from frontend.page import PageRequest, signed_in

_SHOWN: Final = 100
_ACTIVE: Final = (JobState.RUNNING.value, JobState.CANCELLING.value)


@signed_in
def queue_page(request: PageRequest) -> HttpResponse:
    """Slots, running jobs, and the queue in its order; of others' jobs only that they are there."""
    template = "jobs/queue_state.html" if request.htmx else "jobs/queue.html"
    return render(request, template, _context(request))


def _context(request: PageRequest) -> dict[str, Any]:
    slots, down = _slots()
    mine = visible_jobs(request).select_related("project", "user")
    running = list(mine.filter(state__in=_ACTIVE).order_by("started"))
    ids = list(queue().values_list("id", "kind"))[:_SHOWN]
    rows = {job.pk: job for job in mine.filter(pk__in=[pk for pk, _ in ids])}
    ready = set(claimable().filter(pk__in=list(rows)).values_list("pk", flat=True))
    typical = {kind: typical_seconds(kind) for kind in {kind for _, kind in ids}}
    waiting = []
    before_s = 0.0
    for place, (pk, kind) in enumerate(ids, 1):
        job = rows.get(pk)
        reason = _reason(job, ready=pk in ready, down=bool(down)) if job else ""
        waiting.append({"place": place, "job": job, "kind": kind, "reason": reason, "wait_s": before_s / max(slots, 1)})
        before_s += typical[kind]
    busy = Job.objects.filter(state__in=_ACTIVE).count()
    return {"slots": slots, "down": down, "busy": busy, "running": running, "waiting": waiting, "shown_most": _SHOWN}


def _slots() -> tuple[int, str]:
    """How many jobs run at a time, and why that is not known."""
    try:
        return hardware_service().slots(), ""
    except ServiceDownError as error:
        return 0, str(error)


def _reason(job: Job, *, ready: bool, down: bool) -> str:
    if job.reason:
        return job.reason
    if down:
        return "the hardware service is away"
    return "a free slot" if ready else "its user or project has as many jobs running as it may"
