"""The form that starts a session: what is reachable first, then network, data, accelerator, method and budget as a job."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from backend.clients.current import learning_service
from backend.clients.service import ServiceDownError
from backend.jobs.actions import submit_job
from backend.jobs.models import Job
from backend.jobs.orders import OrderError, Wish
from backend.jobs.submit import Label
from backend.jobs.training import check_budget, reachable_of
from backend.jobs.visible import job_for
from backend.workspace.models import Accelerator, DataFile, Project, Role
from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS
from contracts.job import JobKind, JobState
from contracts.learning import PruneOptions
from frontend.forms import FormError, refusals
from frontend.page import PageRequest, open_project, signed_in
from frontend.pruning.results import DENSE, KINDS, Outcome, outcome
from frontend.pruning.story import METRICS
from frontend.words import number_text

_CHOICES: Final = 100
_USUAL: Final = PruneOptions(latency_ms=1.0)
"""Defaults; the budget is chosen by what is reachable."""
_TEXTS: Final = ("network", "data", "cost", "method")
_NUMBERS: Final[Mapping[str, type]] = {
    "epochs": int,
    "seed": int,
    "training_images": int,
    "batch_images": int,
    "peak_learning_rate": float,
    "validation_share": float,
    "latency_ms": float,
    "energy_mj": float,
}
_MORE: Final = ("training_images", "batch_images", "peak_learning_rate", "validation_share")
_ROWS: Final = {
    "least": "one channel of each group, one weight vector of each filter group",
    "half": "half of the channels of each group",
    "dense": "all channels",
}


@signed_in
def new(request: PageRequest, project: str) -> HttpResponse:
    """The form, filled from the query, or with `?like=ID` as another session was; for editors."""
    found = open_project(request, project, Role.EDITOR)
    values = _like(request, found, request.GET["like"]) if request.GET.get("like") else request.GET.dict()
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {**request.POST.dict(), "bound": request.POST.getlist("bound")}
        try:
            with refusals():
                return redirect("pruning:session", _submit(request, found, request.POST))
        except FormError as error:
            errors = error.errors
    return render(request, "pruning/new.html", _context(found, values, errors))


@signed_in
def reachable(request: PageRequest, project: str) -> HttpResponse:
    """Table and sliders: what the least network, half of the channels and all of them cost."""
    found = open_project(request, project, Role.EDITOR)
    asked = {name: request.GET[name] for name in ("network", "data", "accelerator", "cost") if request.GET.get(name)}
    try:
        answer = reachable_of(found, asked)
    except (OrderError, ServiceDownError) as error:
        return render(request, "pruning/reach.html", {"refused": f"What is reachable is not known: {error}."})
    rows = [{**row, "what": _ROWS[row["name"]]} for row in answer["items"]]
    bound = request.GET.getlist("bound") or ["latency_ms"]
    bounds = [_bound(metric, rows, bound, request.GET) for metric in METRICS]
    return render(request, "pruning/reach.html", {"rows": rows, "bounds": bounds, "origin": answer["origin"]})


def _bound(metric: str, rows: list[dict[str, Any]], bound: list[str], given: QueryDict) -> dict[str, Any]:
    """One slider: it keeps what was typed where that is reachable, and begins at half of the dense network's cost."""
    least, dense = rows[0][metric], rows[-1][metric]
    title, unit = METRICS[metric]
    try:
        value = float(given.get(metric, ""))
    except ValueError:
        value = 0.0
    if not least <= value <= dense:
        value = max(least, float(f"{dense / 2:.3g}"))
    return {
        "name": metric,
        "title": title,
        "unit": unit,
        "chosen": metric in bound,
        "least": least,
        "dense": dense,
        "value": value,
        "text": f"{value:.4g}",
        "says": f"{number_text(round(100 * value / dense, 1))} % of the dense network's",
    }


def _submit(request: PageRequest, project: Project, given: QueryDict) -> str:
    """Queue what the form says; the job's id.

    Raises:
        FormError: a number is none.
        OrderError, QuotaError: what was chosen is not there, not reachable, or too much.
    """
    options: dict[str, Any] = {name: given[name] for name in _TEXTS if given.get(name)}
    errors = {}
    for name, kind in _NUMBERS.items():
        text = given.get(name, "").strip()
        if not text or (name in METRICS and name not in given.getlist("bound")):
            continue
        try:
            options[name] = kind(text)
        except ValueError:
            errors[name] = f"{text!r} is no {'whole number' if kind is int else 'number'}."
    if errors:
        raise FormError(errors)
    wish = Wish(JobKind.PRUNE, given.get("accelerator"), options=options, dense=given.get("dense") or None)
    if options.get("method") != DENSE:
        check_budget(project, wish)
    job = submit_job(request.caller, project, wish, Label(name=given.get("name", "").strip()[:100]))
    messages.success(request, "Submitted: it is drawn here while it trains.")
    return job.pk


def _like(request: PageRequest, project: Project, job_id: str) -> dict[str, Any]:
    """What another session of the project was told, as the form's fields."""
    job = job_for(request.caller, job_id)
    values = {name: value for name, value in job.options.items() if value is not None}
    own = DataFile.objects.filter(project=project, artifact_id=values["data"]).first()
    values["data"] = own.pk if own is not None else values["data"]
    values["accelerator"] = job.accelerator_name
    if job.accelerator_name not in PRESETS:
        row = Accelerator.objects.filter(project=project, name=job.accelerator_name).first()
        values["accelerator"] = row.pk if row is not None else DEFAULT_ACCELERATOR
    bound = [metric for metric in METRICS if metric in values]
    return {**values, "bound": bound, "dense": job.order.get("dense"), "name": job.name}


def _context(project: Project, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    try:
        choices = learning_service().choices()
    except ServiceDownError as error:
        return {"project": project, "away": str(error)}
    usual = {
        **asdict(_USUAL),
        "accelerator": DEFAULT_ACCELERATOR,
        "training_images": "",
        "latency_ms": "",
        "energy_mj": "",
    }
    return {
        "project": project,
        "errors": errors,
        "values": {**usual, "bound": ["latency_ms"], **values},
        **choices,
        "more": any(str(values.get(name, usual[name])) != str(usual[name]) for name in _MORE),
        "own_data": DataFile.objects.filter(project=project).order_by("-id")[:_CHOICES],
        "presets": PRESETS,
        "own": Accelerator.objects.filter(project=project).order_by("name")[:_CHOICES],
        "dense": _dense_sessions(project),
    }


def _dense_sessions(project: Project) -> list[Outcome]:
    """Those whose accuracy a pruned network's can stand beside, newest first."""
    rows = Job.objects.filter(project=project, kind__in=KINDS, state=JobState.COMPLETED.value).defer("order")
    return [one for job in rows.order_by("-id")[:_CHOICES] if (one := outcome(job)).method == DENSE]
