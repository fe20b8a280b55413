"""Latency against energy: which simulations no other beats in both."""

from collections.abc import Sequence
from typing import Any

from frontend.comparisons.figures import Compared
from frontend.words import number_text


def on_front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Whether no other point is at most as large in both and smaller in one.

    Example: of (1, 3), (2, 2), (2, 3) the first two.
    """
    return [not any(other != own and other[0] <= own[0] and other[1] <= own[1] for other in points) for own in points]


def energy_plot(compared: Compared) -> dict[str, Any]:
    """What the plot draws, the rows of its table, and both in words."""
    points = [(report.latency_ms, report.energy_mj) for report in compared.reports]
    front = on_front(points)
    rows = [
        {
            "name": name,
            "accelerator": job.accelerator_name,
            "latency_ms": report.latency_ms,
            "energy": report.energy.total_mj,
            "front": least,
            "reference": job == compared.reference,
        }
        for name, job, report, least in zip(compared.names, compared.jobs, compared.reports, front, strict=True)
    ]
    return {"rows": rows, "data": _data(rows), "text": _text(rows)}


def _data(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    columns = {
        name: [row[name] for row in rows] for name in ("name", "accelerator", "latency_ms", "front", "reference")
    }
    return {**columns, **{bound: [getattr(row["energy"], bound) for row in rows] for bound in ("value", "low", "high")}}


def _text(rows: Sequence[dict[str, Any]]) -> str:
    fastest, least = min(rows, key=lambda row: row["latency_ms"]), min(rows, key=lambda row: row["energy"].value)
    text = f"{fastest['name']} is fastest with {number_text(fastest['latency_ms'])} ms"
    if fastest is least:
        text += f" and takes the least energy, {number_text(least['energy'].value)} mJ."
    else:
        text += f"; {least['name']} takes the least energy, {number_text(least['energy'].value)} mJ."
    if len(rows) == 1:
        return text
    count = sum(row["front"] for row in rows)
    return text + f" {count} of {len(rows)} {'is' if count == 1 else 'are'} beaten by no other in both."
