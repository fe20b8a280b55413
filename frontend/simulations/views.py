"""A simulation's report: figures, plots, and why."""

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from backend.api.views_jobs import job_document
from backend.jobs.analyses import analysis_of
from backend.jobs.models import Job
from backend.jobs.reports import report_of
from backend.jobs.visible import job_for
from contracts.analysis import BUSY, CAUSES, Analysis, LayerAnalysis
from contracts.measurement import Interval, LayerMeasurement, Measurement
from frontend.page import PageRequest, signed_in
from frontend.simulations.plots import MEMORIES, energy_rows, plot_data
from frontend.simulations.summaries import summaries
from frontend.words import number_text, signed_text

_CHANGES_SHOWN: Final = 5
CAUSE_NAMES: Final = {
    "useful": "useful",
    "idle_rows": "rows without filter",
    "idle_lanes": "lanes without pixel",
    "zero_weights": "weights of 0",
    "drain": "waits: drain",
    "load": "waits: load",
    "store": "waits: store",
    "fence": "layer boundary",
    "fetch": "no instruction",
}


@signed_in
def report(request: PageRequest, job: str) -> HttpResponse:
    """The report of a finished simulation; why there is none where it is not finished."""
    found = job_for(request.caller, job)
    request.project = found.project
    measured, analysis = report_of(found), analysis_of(found)
    return render(request, "simulations/report.html", _context(found, measured, analysis))


def _context(job: Job, measured: Measurement, analysis: Analysis) -> dict[str, Any]:
    shown = job_document(job, 1)
    return {
        "job": job,
        "m": measured,
        "analysis": analysis,
        "report_artifact": shown["artifacts"].get("report"),
        "artifacts": shown["artifacts"],
        "page_path": reverse("simulations:report", args=[job.pk]),
        "rows": [_row(*pair, measured) for pair in zip(measured.layers, analysis.layers, strict=True)],
        "energy_rows": energy_rows(measured),
        "best": best_changes(analysis),
        "texts": summaries(measured, analysis),
        "plots": plot_data(measured, analysis),
        "causes": [(cause, CAUSE_NAMES[cause], cause in BUSY) for cause in CAUSES],
        "memories": [name for name, _, _ in MEMORIES.values()],
        "report_api": f"/api/v1/jobs/{job.pk}/report",
        "analysis_api": f"/api/v1/jobs/{job.pk}/analysis",
        **_headlines(measured),
        "only_estimated": measured.simulator != "rtl",
    }


def _headlines(measured: Measurement) -> dict[str, Any]:
    """Origins that name interval or error, and origins of plots."""
    origins, error = measured.origins, _error(measured.expert_cycles, measured.cycles)
    counted = origins.get("cycles", "")
    return {
        "utilisation_percent": 100 * measured.utilisation,
        "energy_origin": f"{_interval(measured.energy.total_mj)} mJ; modelled, table {measured.energy.table}",
        "power_origin": f"{_interval(measured.energy.power_mw)} mW; modelled: energy / latency",
        "expert_origin": f"{origins.get('expert_cycles', 'expert estimate')}, {signed_text(error)} of what was measured",
        "origin_cycles": f"{counted}; idle cells as shares of the array's cycles, by counters and the program's groups and tiles",
        "origin_timeline": f"{counted}; DRAM: {origins.get('traffic', 'not in this report')}",
        "origin_roofline": f"{counted}; bytes of the busier direction that moved while a layer ran, loads ahead for later layers included",
    }


def _interval(value: Interval) -> str:
    return f"{number_text(value.low)} to {number_text(value.high)}"


def _row(layer: LayerMeasurement, found: LayerAnalysis, measured: Measurement) -> dict[str, Any]:
    """A layer as the page's tables show it."""
    return {
        "layer": layer,
        "found": found,
        "share": layer.cycles / measured.cycles if measured.cycles else 0.0,
        "end_cycles": found.start_cycles + layer.cycles,
        "expert_error": None if layer.expert_cycles is None else _error(layer.expert_cycles, layer.cycles),
        "change": found.changes[0] if found.changes else None,
        "parts": [found.parts_cycles[cause] for cause in CAUSES],
        "memory": [found.memory_shares.get(memory) for memory in MEMORIES],
    }


def best_changes(analysis: Analysis) -> list[dict[str, Any]]:
    """The layers in which most can be saved, with the one change that would help each most."""
    layers = sorted(
        (layer for layer in analysis.layers if layer.changes), key=lambda layer: -layer.changes[0].saves_cycles
    )
    return [
        {
            "layer": layer,
            "change": layer.changes[0],
            "others": layer.changes[1:],
            "of_layer": layer.changes[0].saves_cycles / layer.cycles,
            "of_all": layer.changes[0].saves_cycles / analysis.cycles,
        }
        for layer in layers[:_CHANGES_SHOWN]
    ]


def _error(estimated: float, measured: float) -> float | None:
    """Of an estimate, as a share of what was measured."""
    return estimated / measured - 1 if measured else None
