"""The list of accelerators, and one of them."""

from collections import Counter
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from backend.jobs.models import Job
from backend.workspace.access import may, visible_ids
from backend.workspace.merged import first_of
from backend.workspace.models import Accelerator, Role
from contracts.accelerator import PRESETS
from contracts.costs import costs_of
from contracts.job import JobKind, JobState
from frontend.accelerators.found import Found, found_in
from frontend.accelerators.parameters import PARAMETERS
from frontend.accelerators.verilog import ordered, verilog_job
from frontend.page import PageRequest, open_project, signed_in

_OWN: Final = 200
_RECENT: Final = 500
"""Jobs of the project that the list looks at."""
_SHOWN: Final = 20
_FINISHED: Final = (JobKind.SIMULATE.value, JobState.COMPLETED.value)


@signed_in
def index(request: PageRequest, project: str) -> HttpResponse:
    """Presets, then the project's own."""
    found = open_project(request, project)
    own = Accelerator.objects.filter(project=found).order_by("name")[:_OWN]
    recent = (
        Job.objects.filter(project=found).order_by("-id")[:_RECENT].values_list("accelerator_name", "kind", "state")
    )
    done = Counter(name for name, kind, state in recent if (kind, state) == _FINISHED)
    all_of_them = [Found(name, name, preset) for name, preset in PRESETS.items()]
    all_of_them += [Found(row.pk, row.name, row.description, row) for row in own]
    context = {
        "project": found,
        "rows": [{"found": one, "costs": costs_of(one.description), "done": done[one.name]} for one in all_of_them],
        "own": len(own),
        "editor": may(request.caller.user, project, Role.EDITOR),
        "recent": _RECENT,
    }
    return render(request, "accelerators/index.html", context)


@signed_in
def accelerator_page(request: PageRequest, project: str, accelerator: str) -> HttpResponse:
    """One accelerator: parameters, costs, peaks, what was measured on it, its Verilog."""
    opened = open_project(request, project)
    found = found_in(opened, accelerator)
    costs = costs_of(found.description)
    context = {
        "project": opened,
        "found": found,
        "costs": costs,
        "memories": [(name, size, size / found.description.on_chip_bytes) for name, size in costs.memory_bytes.items()],
        "parameters": [(one, getattr(found.description, one.name)) for one in PARAMETERS],
        "job": verilog_job(opened, found.description),
        "results": _results(request, found),
        "editor": may(request.caller.user, project, Role.EDITOR),
        "api": f"/api/v1/accelerators/{found.key}",
    }
    return render(request, "accelerators/accelerator.html", context)


def _results(request: PageRequest, found: Found) -> list[dict[str, Any]]:
    """Newest finished simulations on it that the caller may see, with whether its parameters were the same then."""
    projects = visible_ids(request.caller.user) if found.row is None else [found.row.project_id]
    kind, state = _FINISHED
    rows = Job.objects.filter(accelerator_name=found.name, kind=kind, state=state).order_by("-id")
    rows = first_of(rows, projects, _SHOWN).defer("result").select_related("project")[:_SHOWN]
    return [{"job": job, "same": ordered(job) == found.description} for job in rows]
