"""The forms that start a session: one that shapes a network within a budget, what is reachable first; one that trains it as it is."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from backend.clients.service import ServiceDownError
from backend.jobs.models import Job
from backend.jobs.orders import OrderError, Wish
from backend.jobs.training import reachable_of
from backend.workspace.models import Project, Role
from contracts.job import JobKind, JobState
from contracts.learning import PruneOptions, TrainOptions
from frontend.page import PageRequest, open_project, signed_in
from frontend.pruning.fields import CHOICES, SESSION_NUMBERS, SESSION_TEXTS, JobForm, Values, options_from
from frontend.pruning.results import DENSE, KINDS, outcome
from frontend.pruning.story import METRICS
from frontend.words import number_text

_USUAL: Final = {**asdict(PruneOptions(latency_ms=1.0)), "latency_ms": "", "energy_mj": ""}
"""Defaults; the budget is chosen by what is reachable."""
_NUMBERS: Final[Mapping[str, type]] = {**SESSION_NUMBERS, "seed": int}
_ROWS: Final = {
    "least": "one channel of each group, one weight vector of each filter group",
    "half": "half of the channels of each group",
    "dense": "all channels",
}


@signed_in
def new(request: PageRequest, project: str) -> HttpResponse:
    """The form of a session within a budget."""
    return _PRUNE.answer(request, project)


@signed_in
def train(request: PageRequest, project: str) -> HttpResponse:
    """The form of a session that trains a network as it is."""
    return _TRAIN.answer(request, project)


@signed_in
def reachable(request: PageRequest, project: str) -> HttpResponse:
    """Table and sliders: what the least network, half of the channels and all of them cost; with `?table=yes` no sliders."""
    found = open_project(request, project, Role.EDITOR)
    asked = {name: request.GET[name] for name in ("network", "data", "accelerator", "cost") if request.GET.get(name)}
    try:
        answer = reachable_of(found, asked)
    except OrderError as error:
        return render(
            request, "pruning/reach.html", {"refused": _unknown(f"{error}; {error.fix}" if error.fix else error)}
        )
    except ServiceDownError as error:
        return render(request, "pruning/reach.html", {"refused": _unknown(error)})
    rows = [{**row, "what": _ROWS[row["name"]]} for row in answer["items"]]
    context = {"rows": rows, "origin": answer["origin"]}
    if request.GET.get("table"):
        shares = [(title, rows[0][metric] / rows[-1][metric]) for metric, (title, _) in METRICS.items()]
        return render(request, "pruning/reach.html", context | {"shares": shares})
    bound = request.GET.getlist("bound") or ["latency_ms"]
    context["bounds"] = [_bound(metric, rows, bound, request.GET) for metric in METRICS]
    return render(request, "pruning/reach.html", context)


def _unknown(why: object) -> str:
    return f"What is reachable is not known: {why}."


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


def _pruned(given: QueryDict) -> Wish:
    bounds = {metric: float for metric in METRICS if metric in given.getlist("bound")}
    options = options_from(given, (*SESSION_TEXTS, "cost", "method"), {**_NUMBERS, **bounds})
    return Wish(JobKind.PRUNE, given.get("accelerator"), options=options, dense=given.get("dense") or None)


def _trained(given: QueryDict) -> Wish:
    return Wish(JobKind.TRAIN, None, options=options_from(given, SESSION_TEXTS, _NUMBERS))


def _bounded(given: QueryDict) -> Values:
    return {**given.dict(), "bound": given.getlist("bound") or ["latency_ms"]}


def _bounded_again(options: Values) -> Values:
    return {**options, "bound": [metric for metric in METRICS if metric in options] or ["latency_ms"]}


def _dense_sessions(project: Project) -> Values:
    """Those whose accuracy a pruned network's can stand beside, newest first."""
    rows = Job.objects.filter(project=project, kind__in=KINDS, state=JobState.COMPLETED.value).defer("order")
    return {"dense": [one for job in rows.order_by("-id")[:CHOICES] if (one := outcome(job)).method == DENSE]}


_PRUNE: Final = JobForm(
    "pruning/new.html", "pruning:session", _USUAL, _pruned, _bounded, _bounded_again, offers=_dense_sessions
)
_TRAIN: Final = JobForm("pruning/train.html", "pruning:session", asdict(TrainOptions()), _trained)
