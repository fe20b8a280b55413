"""One sweep: its runs while they go on, the front so far, and what they say together at the end."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from backend.jobs.histories import Told, runs_of_sweep
from backend.jobs.models import Job
from backend.workspace.models import NetworkVersion
from contracts.job import JobKind, JobState
from contracts.learning import SWEPT
from frontend.jobs.live import found_job, log_of, standing
from frontend.page import PageRequest, signed_in
from frontend.pareto.fronts import columns, fronts_of, text_of
from frontend.pareto.runs import COSTS, Choice, Run, budget_text, swept_run
from frontend.words import number_text

_STATES: Final = {
    "open": "queued",
    "started": "running",
    "done": "completed",
    "kept": "completed",
    "failed": "failed",
    "waits": "failed",
}
"""What a run's mark is called on the page."""
_UNITS: Final = dict(zip(SWEPT, ("of the dense latency", "ms", "mJ"), strict=True))


@signed_in
def sweep(request: PageRequest, job: str) -> HttpResponse:
    """One sweep: how it stands, its runs, its log; the browser goes on from there."""
    found = _found(request, job)
    context = _context(request, found) | _runs(found) | {"lines": log_of(found)}
    return render(request, "pareto/sweep.html", context)


@signed_in
def panel(request: PageRequest, job: str) -> HttpResponse:
    """The part of the page that changes with its state."""
    return render(request, "pareto/panel.html", _context(request, _found(request, job)))


@signed_in
def runs(request: PageRequest, job: str) -> HttpResponse:
    """The part that changes with its runs."""
    return render(request, "pareto/runs.html", _runs(_found(request, job)))


def _found(request: PageRequest, job_id: str) -> Job:
    return found_job(request, job_id, (JobKind.PARETO.value,), "sweep")


def _context(request: PageRequest, job: Job) -> dict[str, Any]:
    result = job.result if job.state == JobState.COMPLETED.value else None
    return standing(request, job) | {
        "budgets": _budgets(job.options),
        "outcome": _outcome(result) if result else None,
        "page_path": reverse("pareto:sweep", args=[job.pk]),
    }


def _budgets(options: Mapping[str, Any]) -> str:
    """Such as `0.5, 0.25 of the dense latency`."""
    unit = next(name for name in SWEPT if options.get(name))
    return f"{', '.join(number_text(float(one)) for one in options[unit])} {_UNITS[unit]}"


def _outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    """Means and spreads by method and budget, and hypervolumes, most first."""
    volumes = sorted(result["hypervolumes"].items(), key=lambda item: -item[1]["accuracy_float"]["mean"])
    metric = result["metric"].partition("_")
    return {
        "cells": [{**cell, "budget": budget_text(cell["budget"])} for cell in result["cells"]],
        "volumes": [{"method": method, **each} for method, each in volumes],
        "reference": result["reference"],
        "cost": (metric[0], {"ms": "ms", "mj": "mJ"}[metric[2]]),
        "failed": len(result["failed"]),
    }


def _runs(job: Job) -> dict[str, Any]:
    """All runs that were told of, with the front of those that are done."""
    choice = Choice(cost="energy" if job.options.get("budgets_mj") else "latency", accuracy="float")
    told_of = runs_of_sweep(job)
    done = [run for each in told_of if (run := swept_run(job, each, choice)) is not None]
    fronts = fronts_of(done)
    best = {run.key for run in fronts.overall} if fronts else set()
    versions = _versions(job)
    rows = [
        {
            **each,
            "state": _state(job, each),
            "budget": budget_text(each["budget"]),
            "best": f"{job.pk}:{each['run']}" in best,
            "version": versions.get(each["run"]),
        }
        for each in told_of
    ]
    return {
        "job": job,
        "rows": rows,
        "done": sum(row["state"] == "completed" for row in rows),
        "failed": sum(row["state"] == "failed" for row in rows),
        "data": columns(done, fronts, choice),
        "runs": done,
        "cost": COSTS[choice.cost],
        "title": "Front" if job.done else "Front so far",
        "text": _text(done, rows, choice),
    }


def _versions(job: Job) -> dict[str, NetworkVersion]:
    """What networks became, by the names of their runs; those that somebody deleted are not there."""
    points = {point["run"]: point["version"] for point in (job.result or {}).get("points", ()) if point.get("version")}
    found = NetworkVersion.objects.defer("facts").in_bulk(points.values()) if points else {}
    return {run: found[version] for run, version in points.items() if version in found}


def _state(job: Job, each: Told) -> str:
    """Of a run; one that was going when its job ended goes on nowhere."""
    state = _STATES[each["mark"]]
    return "cancelled" if state in ("queued", "running") and job.done else state


def _text(done: Sequence[Run], rows: Sequence[Mapping[str, Any]], choice: Choice) -> str:
    said = text_of(done, fronts_of(done), choice) if done else ""
    return f"{len(done)} of {len(rows)} runs are done. {said}".strip()
