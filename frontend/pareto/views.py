"""All sessions of a project as points, some of them side by side, and the table as a file."""

import csv
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from backend.api.problems import invalid
from backend.jobs.histories import Told, history_of
from backend.jobs.models import Job
from backend.workspace.access import may
from backend.workspace.models import Project, Role
from contracts.job import JobKind
from frontend.page import PageRequest, open_project, signed_in
from frontend.pareto.fronts import columns, fronts_of, text_of
from frontend.pareto.runs import COSTS, FACETS, SETTING, Choice, Run, options_of, runs_of
from frontend.pruning.shapes import side_by_side

_COMPARED: Final = 8
"""Sessions that are set side by side."""
_SWEEPS: Final = 10
"""That are listed, the newest ones."""
_FIGURES: Final = (
    "accuracy_int8", "accuracy_float", "measured_latency_ms", "measured_energy_mj", "predicted_latency_ms",
    "predicted_energy_mj", "params", "macs", "train_energy_wh", "train_co2_g", "wall_s",
)  # fmt: skip
"""Columns of the file beside the filters' and the budget."""


@signed_in
def index(request: PageRequest, project: str) -> HttpResponse:
    """Every session that completed; `?network=…&method=…` choose some, without any those of the newest one's setting."""
    found = open_project(request, project)
    choice = Choice.of(request.GET)
    everything = runs_of(found, choice)
    if not request.GET and everything:
        choice = Choice.of({name: everything[0].facets[name] for name in SETTING})
    shown = [run for run in everything if choice.takes(run)]
    context = _context(found, choice, everything, shown) | {
        "editor": may(request.caller.user, project, Role.EDITOR),
        "sweeps": Job.objects.filter(project=found, kind=JobKind.PARETO.value)
        .select_related("user")
        .defer("order", "result")
        .order_by("-id")[:_SWEEPS],
    }
    return render(request, "pareto/index.html", context)


def _context(project: Project, choice: Choice, everything: list[Run], shown: list[Run]) -> dict[str, Any]:
    fronts = fronts_of(shown)
    query = urlencode({name: getattr(choice, name) for name in (*FACETS, "cost", "accuracy")})
    page = reverse("pareto:index", args=[project.pk])
    return {
        "project": project,
        "choice": choice,
        "selects": [(name, values, getattr(choice, name)) for name, values in options_of(everything).items()],
        "any": bool(everything),
        "runs": sorted(shown, key=lambda run: run.cost),
        "fronts": fronts,
        "overall": {run.key for run in fronts.overall} if fronts else set(),
        "cost": COSTS[choice.cost],
        "text": text_of(shown, fronts, choice),
        "data": columns(shown, fronts, choice),
        "most": _COMPARED,
        "page_path": f"{page}?{query}",
        "csv_path": f"{reverse('pareto:table', args=[project.pk])}?{query}",
        "compare_path": reverse("pareto:compare", args=[project.pk]),
    }


@signed_in
def table(request: PageRequest, project: str) -> HttpResponse:
    """The same sessions as a CSV file, every figure with its unit in its name."""
    found = open_project(request, project)
    choice = Choice.of(request.GET)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="sessions.csv"'
    rows = csv.writer(answer)
    rows.writerow(["job", *FACETS, "epochs", "budget", *_FIGURES])
    for run in filter(choice.takes, runs_of(found, choice)):
        head = [run.job.pk, *run.facets.values(), run.job.options["epochs"], run.budget]
        rows.writerow([*head, *(run.result.get(name) for name in _FIGURES)])
    return answer


@signed_in
def compare(request: PageRequest, project: str) -> HttpResponse:
    """Some sessions side by side: figures, and what each has left of every layer; `?jobs=ID,ID` or marked ones."""
    found = open_project(request, project)
    names = list(dict.fromkeys([*filter(None, request.GET.get("jobs", "").split(",")), *request.GET.getlist("job")]))
    if not 1 <= len(names) <= _COMPARED:
        raise invalid("query.jobs", f"{len(names)} sessions are named", len(names), f"1 to {_COMPARED} of them")
    there = {run.key: run for run in runs_of(found, Choice())}
    if missing := [name for name in names if name not in there]:
        raise invalid("query.jobs", f"{', '.join(missing)} is no completed session of this project", missing)
    done = [there[name] for name in names]
    page = f"{reverse('pareto:compare', args=[found.pk])}?jobs={','.join(names)}"
    context = {
        "project": found,
        "sessions": list(zip("ABCDEFGH", done, strict=False)),
        "layers": side_by_side([(_shapes(run), run.result.get("kept", {})) for run in done]),
        "page_path": page,
    }
    return render(request, "pareto/compare.html", context)


def _shapes(run: Run) -> Sequence[Told]:
    """Decisions of a session; those of a sweep's runs are not told."""
    return history_of(run.job).shapes if run.key == run.job.pk else ()
