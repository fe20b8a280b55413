"""The table of a comparison: a row per simulation, with ratios to one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from backend.jobs.comparisons import COUNTED
from backend.jobs.models import Job
from contracts.measurement import Measurement
from frontend.words import number_text


@dataclass(frozen=True)
class Figure:
    """A column.

    Attributes:
        better: -1 where less is better, 1 where more is, 0 where neither.
    """

    name: str
    title: str
    unit: str
    better: int = -1


FIGURES: Final[Mapping[str, Figure]] = {
    figure.name: figure
    for figure in (
        Figure("latency_ms", "Latency", "ms"),
        Figure("throughput_fps", "Throughput", "1/s", 1),
        Figure("energy_mj", "Energy", "mJ"),
        Figure("power_mw", "Power", "mW"),
        Figure("utilisation", "Utilisation", "%", 1),
        Figure("cycles", "Cycles", "cycles"),
        Figure("macs", "MACs", "MACs", 0),
        Figure("dram_bytes", "DRAM", "bytes"),
    )
}
"""Columns of the table, by their names in a report."""


@dataclass(frozen=True)
class Compared:
    """Simulations with their reports.

    Attributes:
        digests: of the reports, by the jobs' names.
        reference: the one that ratios are to.
    """

    jobs: Sequence[Job]
    reports: Sequence[Measurement]
    digests: Mapping[str, str]
    reference: Job

    @cached_property
    def names(self) -> list[str]:
        """What each is called on the page; all different."""
        found: list[str] = []
        for job, report in zip(self.jobs, self.reports, strict=True):
            name = f"{job.network_name or report.network} on {job.accelerator_name}"
            found.append(name if name not in found else f"{name} ({job.name or 'again'}, {job.pk[-6:]})")
        return found

    @cached_property
    def first(self) -> list[int]:
        """Places in the order of plots: the reference, then the others as they come."""
        at = self.jobs.index(self.reference)
        return [at, *(place for place in range(len(self.jobs)) if place != at)]


def row_of(compared: Compared, at: int, item: Mapping[str, Any]) -> dict[str, Any]:
    """One simulation as the table shows it."""
    job = compared.jobs[at]
    return {
        "job": job,
        "name": compared.names[at],
        "report": compared.reports[at],
        "is_reference": job.pk == compared.reference.pk,
        "cells": [_cell(figure, item["figures"][figure.name]) for figure in FIGURES.values()],
    }


def _cell(figure: Figure, found: Mapping[str, Any]) -> dict[str, Any]:
    value, ratio = found["value"], found["ratio"]
    shown = 100 * value if figure.unit == "%" else value
    sense = 0 if ratio is None or abs(ratio - 1) < 0.005 else figure.better * (1 if ratio > 1 else -1)
    return {
        "value": value,
        "text": number_text(round(shown, 1) if figure.unit == "%" else shown),
        "unit": figure.unit if figure.unit in ("ms", "mJ", "mW", "%", "1/s") else "",
        "origin": found["origin"],
        "ratio": None if ratio is None else f"{ratio:.3g}",
        "sense": {1: "better", -1: "worse"}.get(sense, ""),
    }


def origins(compared: Compared) -> list[tuple[str, list[str]]]:
    """Where each column's figures come from: all that its rows say."""
    return [
        (figure.title, list(dict.fromkeys(_origin(report, name) for report in compared.reports)))
        for name, figure in FIGURES.items()
    ]


def _origin(report: Measurement, name: str) -> str:
    text = report.origins.get(name, COUNTED)
    # The interval is each row's own and stands in the table behind the plot.
    return text.split(":")[0] if name == "energy_mj" else text
