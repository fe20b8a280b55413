"""The form that fits a predictor to a finished campaign."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from backend.api.views_jobs import JobForm, wish_of
from backend.jobs.actions import submit_job
from backend.jobs.models import Campaign
from backend.jobs.submit import Label
from backend.workspace.models import Project, Role
from contracts.dataset import NETWORKS, SPLITS
from contracts.job import JobKind, JobState
from frontend.forms import FormError, checked, refusals
from frontend.page import PageRequest, open_project, signed_in
from frontend.predictors.words import KINDS, SPLIT_NAMES, TARGETS

_CHOICES: Final = 100
_CHOSEN: Final = ("kind", "target", "split")
_COMPARED: Final = ("expert", "linear", "network", "hybrid")
"""Kinds that are ticked at first."""


@signed_in
def new(request: PageRequest, project: str) -> HttpResponse:
    """The form, filled from the query; for editors."""
    found = open_project(request, project, Role.EDITOR)
    given = request.POST if request.method == "POST" else request.GET
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            job = _submit(request, found, given)
        except FormError as error:
            errors = error.errors
        else:
            messages.success(request, "Submitted: the predictor is there when its job is done.")
            return redirect("jobs:job", job)
    return render(request, "predictors/new.html", _context(found, given, errors, request.method == "POST"))


def _submit(request: PageRequest, project: Project, given: QueryDict) -> str:
    """Submit what the form says; the job's id."""
    name = given.get("name", "").strip()
    if not name:
        raise FormError({"name": "Say what it is to be called: lower-case letters, digits and dashes."})
    wanted: dict[str, Any] = {"name": name} | {part: given[part] for part in _CHOSEN if given.get(part)}
    wanted |= {"compare": given.getlist("compare"), "curve": "curve" in given}
    body = {"kind": JobKind.FIT_PREDICTOR.value, "name": name[:100], "campaign": given.get("campaign", "")}
    values = checked(JobForm, body) | {"predictor": wanted}
    with refusals():
        return submit_job(request.caller, project, wish_of(values), Label(name=values["name"])).pk


def _context(project: Project, given: QueryDict, errors: dict[str, str], submitted: bool) -> dict[str, Any]:
    done = {"jobs__state": JobState.COMPLETED.value, "jobs__artifacts__name": NETWORKS}
    return {
        "project": project,
        "errors": errors,
        "values": given,
        "campaigns": Campaign.objects.filter(project=project, **done).distinct().order_by("-id")[:_CHOICES],
        "kinds": KINDS,
        "kind": given.get("kind", "hybrid"),
        "targets": TARGETS,
        "splits": [
            *((name, SPLIT_NAMES[name]) for name in SPLITS),
            ("all", "nothing kept back: fitted to every row, not scored"),
        ],
        "compared": given.getlist("compare") if submitted else _COMPARED,
        "curve": "curve" in given or not submitted,
    }
