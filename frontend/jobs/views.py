"""Lists of jobs, and one job."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from backend.api.pages import Part
from backend.api.problems import invalid
from backend.api.views_jobs import JobQuery, job_document, listed
from backend.jobs.models import LIVE, Job, JobEvent
from backend.jobs.visible import job_for, jobs_of
from backend.workspace.access import may, project_for
from backend.workspace.models import Role
from contracts.job import EventKind, JobKind, JobState
from frontend.lists import SHOWN
from frontend.page import PageRequest, signed_in
from frontend.words import told

_LOG_LINES: Final = 500
_STATES_AT_ONCE: Final = 100
_SHOWN_OPTIONS: Final = ("scales", "calibration_method", "count", "energy_table", "trace", "simulator")
_FILTERS: Final = ("project", "state", "kind", "network", "accelerator", "run", "user")


@signed_in
def index(request: PageRequest) -> HttpResponse:
    """All jobs that the caller may see, filtered."""
    return render(request, "jobs/index.html", list_context(request))


def list_context(request: PageRequest) -> dict[str, Any]:
    """What the list's template shows; also after an action on some of its rows."""
    chosen = {name: value for name in _FILTERS if (value := request.GET.get(name, "").strip())}
    found = _jobs(request, chosen)
    return {
        "jobs": found,
        "chosen": chosen,
        "kinds": [kind.value for kind in JobKind],
        "states": [state.value for state in JobState],
        "live": [job.pk for job in found.rows if not job.done],
        "query": request.GET.urlencode(),
    }


def _jobs(request: PageRequest, chosen: dict[str, str]) -> Part[Job]:
    checked = JobQuery(data=chosen)
    if not checked.is_valid():
        name, errors = next(iter(checked.errors.items()))
        raise invalid(f"query.{name}", str(errors[0]), chosen.get(name))
    if "project" in chosen:
        request.project = project_for(request.caller.user, chosen["project"])
    query = {**checked.validated_data, "limit": SHOWN, "cursor": request.GET.get("cursor") or None}
    return listed(request.caller.user, query, lambda rows: rows.select_related("project", "user"))


@signed_in
def states(request: PageRequest) -> HttpResponse:
    """The states of some jobs, for a list that is open."""
    ids = request.GET.get("ids", "").split(",")[:_STATES_AT_ONCE]
    rows = list(jobs_of(request.caller.user).filter(pk__in=ids))
    live = [job.pk for job in rows if not job.done]
    return render(request, "jobs/states.html", {"rows": rows, "live": live})


@signed_in
def job_page(request: PageRequest, job: str) -> HttpResponse:
    """One job, with its log so far; the browser goes on from there."""
    found = job_for(request.caller, job)
    request.project = found.project
    lines = JobEvent.objects.filter(job=found, kind=EventKind.LOG.value).order_by("-sequence")[:_LOG_LINES]
    steps = JobEvent.objects.filter(job=found, kind=EventKind.STATE.value).order_by("sequence")
    context = _context(request, found) | {"lines": list(lines)[::-1], "steps": list(steps), "at_most": _LOG_LINES}
    return render(request, "jobs/job.html", context)


@signed_in
def panel(request: PageRequest, job: str) -> HttpResponse:
    """The part of a job's page that changes with its state."""
    return render(request, "jobs/panel.html", _context(request, job_for(request.caller, job)))


def _context(request: PageRequest, job: Job) -> dict[str, Any]:
    shown = job_document(job, 1)
    return {
        "job": job,
        "page_path": reverse("jobs:job", args=[job.pk]),
        "plain_options": sorted((name.replace("_", " "), value) for name, value in _said(job).items()),
        "shown": shown,
        "live": job.state in LIVE,
        "editor": may(request.caller.user, job.project_id, Role.EDITOR),
        "origins": _origins(job.result or {}),
        "seconds": (job.ended - job.started).total_seconds() if job.ended and job.started else None,
        "told": told(job.failure["message"]) if job.failure else None,
        "fix": _fix(job),
    }


def _origins(result: Mapping[str, Any]) -> Mapping[str, str]:
    """Where a simulation's or an evaluation's figures come from."""
    found: Mapping[str, str] = (result.get("report") or result.get("accuracy") or {}).get("origins") or {}
    return found


def _said(job: Job) -> dict[str, Any]:
    """The options that a user chose, without digests and accelerator fields, which the page shows elsewhere."""
    return {name: value for name, value in job.options.items() if name in _SHOWN_OPTIONS}


def _fix(job: Job) -> str:
    """What a user can do about a failure."""
    if job.failure_class is None:
        return ""
    return _FIXES[job.failure_class.value]


_FIXES: Final = {
    "input": "change the network, the data or the options as the message says, and submit it again",
    "capacity": "choose a larger accelerator, fewer inputs, or a smaller network",
    "infrastructure": "the machine was at fault: retry, and tell the operator if it stays",
    "bug": "the fault is ours: tell the operator the job's id",
}
