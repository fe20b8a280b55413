"""Simulations side by side: choosing them, and what they cost."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from backend.api.problems import invalid
from backend.api.views_reports import visible_jobs
from backend.jobs.comparisons import MOST, report_digests, side_by_side
from backend.jobs.models import Job, Run
from backend.jobs.reports import measurement_at
from backend.jobs.visible import run_for
from backend.workspace.models import Project
from contracts.analysis import CAUSES
from contracts.job import JobKind, JobState
from frontend.comparisons.details import details
from frontend.comparisons.figures import FIGURES, Compared, origins, row_of
from frontend.comparisons.front import energy_plot
from frontend.lists import listed
from frontend.page import PageRequest, open_project, signed_in
from frontend.simulations.views import CAUSE_NAMES

_RUNS = 10


@signed_in
def index(request: PageRequest, project: str) -> HttpResponse:
    """A comparison by `?jobs=ID,ID` or `?run=ID`, with ratios to `&reference=ID`; without jobs, a list to choose from."""
    found = open_project(request, project)
    if query := _asked(request.GET):
        return redirect(f"{reverse('comparisons:index', args=[project])}?{urlencode(query, safe=',')}")
    jobs = _jobs(request)
    digests = report_digests(jobs)
    done = [job for job in jobs if job.pk in digests]
    if "choose" in request.GET or not done:
        return render(request, "comparisons/choose.html", _choice(request, found, jobs))
    compared = Compared(done, [measurement_at(digests[job.pk]) for job in done], digests, _reference(request, done))
    left = [job for job in jobs if job.pk not in digests]
    return render(request, "comparisons/compare.html", _context(found, compared) | {"left": left})


def _asked(given: QueryDict) -> dict[str, str]:
    """The query of the comparison that a form asks for: other jobs, another baseline, or one job fewer."""
    names = [name for name in given.get("jobs", "").split(",") if name]
    reference = given.get("baseline") or given.get("reference", "")
    without = given.get("without", "")
    if marked := given.getlist("job"):
        return {"jobs": ",".join(dict.fromkeys(marked))}
    if without:
        names = [name for name in names if name != without]
    elif "baseline" not in given:
        return {}
    kept = {"jobs": ",".join(names)} if names else {"choose": ""}
    return kept | ({"reference": reference} if reference in names else {})


def _jobs(request: PageRequest) -> list[Job]:
    """What the query asks for; empty where it asks for nothing."""
    if names := request.GET.get("jobs"):
        return visible_jobs(request.caller, names)
    if run := request.GET.get("run"):
        rows = Job.objects.filter(run=run_for(request.caller, run), kind=JobKind.SIMULATE.value)
        return list(rows.defer("result", "order").order_by("id")[:MOST])
    return []


def _reference(request: PageRequest, jobs: list[Job]) -> Job:
    wanted = request.GET.get("reference", jobs[0].pk)
    found = next((job for job in jobs if job.pk == wanted), None)
    if found is None:
        raise invalid("query.reference", f"{wanted!r} is not among the jobs", wanted, "one of those compared")
    return found


def _choice(request: PageRequest, project: Project, jobs: list[Job]) -> dict[str, Any]:
    """Finished simulations of the project; those that were chosen are marked and stand first."""
    rows = Job.objects.filter(project=project, kind=JobKind.SIMULATE.value, state=JobState.COMPLETED.value)
    return {
        "project": project,
        "chosen": jobs,
        "finished": listed(request, rows.exclude(pk__in=[job.pk for job in jobs]).defer("result", "order")),
        "runs": Run.objects.filter(project=project).order_by("-id")[:_RUNS],
        "most": MOST,
    }


def _context(project: Project, compared: Compared) -> dict[str, Any]:
    page = reverse("comparisons:index", args=[project.pk])
    found = side_by_side(compared.jobs, compared.reports, compared.reference)
    names = ",".join(job.pk for job in compared.jobs)
    query = urlencode({"jobs": names, "reference": compared.reference.pk}, safe=",")
    return {
        "project": project,
        "title": f"{len(compared.jobs)} simulation{'s' if len(compared.jobs) > 1 else ''}",
        "figures": FIGURES.values(),
        "rows": [row_of(compared, at, item) for at, item in enumerate(found["items"])],
        "names": names,
        "reference": compared.reference,
        "reference_name": compared.names[compared.jobs.index(compared.reference)],
        "origins": origins(compared),
        "front": energy_plot(compared),
        "layers": details(compared, found["layers"]),
        "causes": [CAUSE_NAMES[cause] for cause in CAUSES],
        "api": f"/api/v1/compare?{query}",
        "page_path": f"{page}?{query}",
        "choose_path": f"{page}?choose=&{urlencode({'jobs': names}, safe=',')}",
    }
