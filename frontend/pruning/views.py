"""The list of a project's training sessions, and one of them: watched while it runs, and what came of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from backend.jobs.histories import history_of
from backend.jobs.models import Job
from backend.workspace.models import Accelerator
from contracts.accelerator import PRESETS
from frontend.jobs.live import found_job, log_of, standing
from frontend.lists import listed
from frontend.page import PageRequest, open_project, signed_in
from frontend.projects.views import project_context
from frontend.pruning.results import KINDS, outcome, sessions_like
from frontend.pruning.story import story_of


@signed_in
def index(request: PageRequest, project: str) -> HttpResponse:
    """All sessions of a project, newest first."""
    found = open_project(request, project)
    part = listed(request, Job.objects.filter(project=found, kind__in=KINDS).select_related("user").defer("order"))
    rows = [{"job": job, "outcome": outcome(job)} for job in part.rows]
    context = project_context(request, found) | {"rows": rows, "following": part.following}
    return render(request, "pruning/index.html", context)


@signed_in
def session(request: PageRequest, job: str) -> HttpResponse:
    """One session: how it stands, what it told, its log; the browser goes on from there."""
    found = _found(request, job)
    context = _context(request, found) | _story(found) | {"lines": log_of(found)}
    return render(request, "pruning/session.html", context)


@signed_in
def panel(request: PageRequest, job: str) -> HttpResponse:
    """The part of the page that changes with its state."""
    return render(request, "pruning/panel.html", _context(request, _found(request, job)))


@signed_in
def story(request: PageRequest, job: str) -> HttpResponse:
    """The part that changes with what it tells."""
    return render(request, "pruning/story.html", _story(_found(request, job)))


def _found(request: PageRequest, job_id: str) -> Job:
    return found_job(request, job_id, KINDS, "training session")


def _context(request: PageRequest, job: Job) -> dict[str, Any]:
    found = outcome(job)
    return standing(request, job) | {
        "outcome": found,
        "others": sessions_like(job) if found.result else [],
        "verilog": _verilog(job),
        "page_path": reverse("pruning:session", args=[job.pk]),
    }


def _verilog(job: Job) -> str:
    """Where the Verilog of the session's accelerator is offered; empty where it is for none that the project still has."""
    key: str | None = job.accelerator_name
    if key not in PRESETS:
        own = Accelerator.objects.filter(project=job.project_id, name=key) if key else Accelerator.objects.none()
        key = own.values_list("pk", flat=True).first()
    return reverse("accelerators:verilog", args=[job.project_id, key]) if key else ""


def _story(job: Job) -> dict[str, Any]:
    found = story_of(history_of(job), job.options, outcome(job).result)
    data = {
        name: {metric: one["data"] for metric, one in plot.items()} if name == "costs" else plot["data"]
        for name, plot in found.items()
        if plot is not None
    }
    return {"job": job, "story": found, "story_data": data}
