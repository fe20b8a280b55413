"""A project's predictors, and one of them from all sides."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from backend.clients.service import ServiceDownError, ServiceRefusedError
from backend.jobs.models import Job
from backend.jobs.orders import accelerator_of, version_of
from backend.jobs.predictors import (
    EVALUATION,
    NAME,
    Question,
    ask,
    campaign_of,
    delete_predictor,
    evaluation_at,
    evaluation_digest,
    predictor_document,
    predictor_for,
    predictors_of,
    versions_in,
)
from backend.workspace.access import may
from backend.workspace.models import Accelerator, NetworkVersion, Role
from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS
from contracts.errors import InputError
from frontend.lists import listed
from frontend.page import PageRequest, open_project, signed_in
from frontend.predictors.board import board
from frontend.predictors.plots import plots
from frontend.projects.views import project_context

_VERSIONS: Final = 100
_ASKED: Final = 12
"""Versions that one look asks about where all of the project are wanted, the newest first."""


@signed_in
def index(request: PageRequest, project: str) -> HttpResponse:
    """All predictors of a project with their scores."""
    found = open_project(request, project)
    part, versions = listed(request, predictors_of(found)), versions_in(found.pk)
    rows = [predictor_document(job, versions) | {"at": job.ended} for job in part.rows]
    context = project_context(request, found) | {"rows": rows, "following": part.following}
    return render(request, "predictors/index.html", context | {"api": f"/api/v1/projects/{found.pk}/predictors"})


@signed_in
def predictor(request: PageRequest, predictor: str) -> HttpResponse:
    """One predictor: scores, what it says of the project's networks (`?network=…&accelerator=…`), plots."""
    job = predictor_for(request.caller, predictor)
    request.project = job.project
    shown = predictor_document(job, versions_in(job.project_id))
    files = dict(job.artifacts.values_list("name", "artifact__size_bytes"))
    context = {
        "project": job.project,
        "predictor": shown,
        "all": shown["scores"].get("all"),
        "at": job.ended,
        "campaign": campaign_of(job),
        "size_bytes": files[NAME],
        "editor": may(request.caller.user, job.project_id, Role.EDITOR),
        "evaluation": EVALUATION in files,
        "page_path": reverse("predictors:predictor", args=[job.pk]),
    }
    if EVALUATION in files:
        found = evaluation_at(evaluation_digest(job))
        context |= {"board": board(found, request.GET.get("split", "")), "plots": plots(found)}
    return render(request, "predictors/predictor.html", context | _tried(request, job))


def _tried(request: PageRequest, job: Job) -> dict[str, Any]:
    """What the form *try it* offers, and what came of it."""
    rows = NetworkVersion.objects.filter(network__project=job.project).select_related("network").order_by("-id")
    asked, accelerator = request.GET.get("network", ""), request.GET.get("accelerator", DEFAULT_ACCELERATOR)
    context: dict[str, Any] = {
        "versions": rows.defer("facts")[:_VERSIONS],
        "presets": PRESETS,
        "own": Accelerator.objects.filter(project=job.project).order_by("name")[:_VERSIONS],
        "asked": asked,
        "accelerator": accelerator,
        "most": _ASKED,
    }
    if not asked:
        return context
    try:
        return context | _answers(job, asked, accelerator)
    except (ServiceDownError, ServiceRefusedError, InputError) as error:
        return context | {"refused": str(error)}


def _answers(job: Job, asked: str, accelerator: str) -> dict[str, Any]:
    """Each network with what is predicted; those that cannot be asked about are named with the reason."""
    on = accelerator_of(job.project, accelerator)
    rows = NetworkVersion.objects.filter(network__project=job.project).select_related("network").order_by("-id")
    chosen = list(rows[:_ASKED]) if asked == "all" else [version_of(job.project, asked)]
    questions, left = [], []
    for version in chosen:
        question = Question(on, version)
        try:
            question.to_mapping()
        except InputError as error:
            left.append(str(error))
        else:
            questions.append(question)
    if not questions:
        return {"left": left}
    said = ask(job, questions)
    lines = [_line(question, item) for question, item in zip(questions, said["items"], strict=True)]
    return {"said": said, "lines": lines, "left": left}


def _line(question: Question, item: dict[str, Any]) -> dict[str, Any]:
    measured = item["measured"]
    off = item["value"] / measured["value"] - 1 if measured and measured["value"] else None
    return {**item, "version": question.version, "off": off}


@require_POST
@signed_in
def delete(request: PageRequest, predictor: str) -> HttpResponse:
    """Delete it; back to the project's."""
    project = predictor_for(request.caller, predictor).project_id
    delete_predictor(request.caller, predictor)
    messages.success(request, "Deleted.")
    return redirect("predictors:index", project)
