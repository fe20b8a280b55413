"""Simulations side by side: the same figures of each, with ratios to one of them, and layers that go by the same name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.jobs.models import Job, JobArtifact
from backend.jobs.reports import NAME, NoReportError, measurement_at
from contracts.measurement import LayerMeasurement, Measurement

MOST: Final = 100
"""Jobs in one comparison."""
COUNTED: Final = "counted from the network"
UNITS: Final = {
    "cycles": "cycles",
    "latency_ms": "ms",
    "throughput_fps": "inferences/s",
    "energy_mj": "mJ",
    "power_mw": "mW",
    "utilisation": "1",
    "macs": "MACs",
    "dram_bytes": "bytes",
    "expert_cycles": "cycles",
}
"""Figures that are compared, with their units."""
LAYER_FIGURES: Final = ("cycles", "energy_mj", "utilisation", "macs", "dram_bytes")


def report_digests(jobs: Sequence[Job]) -> dict[str, str]:
    """The digest of each job's report, by the job's name, in one query; jobs without one are left out."""
    return dict(JobArtifact.objects.filter(job__in=jobs, name=NAME).values_list("job_id", "artifact_id"))


def reports_of(jobs: Sequence[Job]) -> list[Measurement]:
    """Each job's report, in one query.

    Raises:
        NoReportError: of the first job that has none.
    """
    digests: Mapping[str, str] = report_digests(jobs)
    missing = next((job for job in jobs if job.pk not in digests), None)
    if missing is not None:
        raise NoReportError(missing)
    return [measurement_at(digests[job.pk]) for job in jobs]


def comparison(jobs: Sequence[Job], reference: Job) -> dict[str, Any]:
    """The jobs' figures; `ratio` is to the reference's, absent where that is 0.

    Raises:
        NoReportError: a job has no report.
    """
    return side_by_side(jobs, reports_of(jobs), reference)


def side_by_side(jobs: Sequence[Job], reports: Sequence[Measurement], reference: Job) -> dict[str, Any]:
    """The same from reports that were read already, one of each job."""
    base = reports[[job.pk for job in jobs].index(reference.pk)]
    return {
        "reference": reference.pk,
        "items": [_item(job, report, base) for job, report in zip(jobs, reports, strict=True)],
        "layers": aligned(reports),
    }


def _item(job: Job, report: Measurement, base: Measurement) -> dict[str, Any]:
    return {
        "job": job.pk,
        "name": job.name,
        "network": job.network_id,
        "network_name": job.network_name,
        "accelerator_name": job.accelerator_name,
        "bit_exact": report.bit_exact,
        "simulator": report.simulator,
        "figures": {name: _figure(name, report, base) for name in UNITS},
    }


def _figure(name: str, report: Measurement, base: Measurement) -> dict[str, Any]:
    value, against = getattr(report, name), getattr(base, name)
    return {
        "value": value,
        "unit": UNITS[name],
        "origin": report.origins.get(name, COUNTED),
        "ratio": value / against if against else None,
    }


def aligned(reports: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Layers by name, in the order in which the reports bring them; a report without the layer has None there.

    Example: of layers `a, b` and `a, c` come `a` of both, `b` of the first and `c` of the second.
    """
    tables = [{layer.name: layer for layer in report.layers} for report in reports]
    names = dict.fromkeys(name for table in tables for name in table)
    return [_row(name, [table.get(name) for table in tables]) for name in names]


def _row(name: str, layers: Sequence[LayerMeasurement | None]) -> dict[str, Any]:
    operator = next(layer.operator for layer in layers if layer is not None)
    figures = {figure: [getattr(layer, figure) if layer else None for layer in layers] for figure in LAYER_FIGURES}
    return {"name": name, "operator": operator, **figures}
