"""Cycles by cause, and layer by layer where few simulations are compared."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.jobs.analyses import analysis_at
from contracts.analysis import CAUSES, Analysis, short_names
from contracts.errors import InputError
from frontend.comparisons.figures import Compared
from frontend.words import number_text

MOST_RUNS: Final = 20
"""Simulations whose cycles are shown by cause."""
MOST_LAYERS: Final = 4
"""Simulations that are shown layer by layer."""


def details(compared: Compared, layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Plots, tables and words; of the reference first.

    Args:
        layers: aligned, as `backend.jobs.comparisons.aligned` gives them.
    """
    places = compared.first[:MOST_RUNS]
    found = {at: analysis for at in places if (analysis := _analysis(compared, at)) is not None}
    shown = [at for at in places if at in found]
    few = shown[:MOST_LAYERS]
    rows = _rows(few, layers)
    return {
        "names": [compared.names[at] for at in few],
        "rows": rows,
        "totals": [
            {"name": compared.names[at], "parts": _parts(found[at]), "cycles": found[at].cycles} for at in shown
        ],
        "data": {"runs": _runs(compared, shown, found), "layers": _stacks(few, found, rows)},
        "runs_text": _runs_text(compared, shown, found),
        "layers_text": _layers_text(compared, few, rows),
    }


def _analysis(compared: Compared, at: int) -> Analysis | None:
    """None where a report is too old to say what it ran on."""
    try:
        return analysis_at(compared.digests[compared.jobs[at].pk])
    except InputError:
        return None


def _parts(found: Analysis) -> list[float]:
    return [found.parts_cycles[cause] for cause in CAUSES]


def _rows(few: Sequence[int], layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each layer that one of them has, with its cycles in each and the ratio to the first's."""
    kept = [layer for layer in layers if any(layer["cycles"][at] is not None for at in few)]
    labels = short_names([layer["name"] for layer in kept])
    rows = []
    for layer, label in zip(kept, labels, strict=True):
        cycles = [layer["cycles"][at] for at in few]
        cells = [(value, value / cycles[0] if value is not None and cycles[0] else None) for value in cycles]
        rows.append({"name": layer["name"], "label": label, "operator": layer["operator"], "cells": cells})
    return rows


def _runs(compared: Compared, shown: Sequence[int], found: Mapping[int, Analysis]) -> dict[str, Any]:
    return {
        "name": [compared.names[at] for at in shown],
        "cycles": [found[at].cycles for at in shown],
        "clock_mhz": [compared.reports[at].clock_mhz for at in shown],
        "parts": {cause: [round(found[at].parts_cycles[cause], 1) for at in shown] for cause in CAUSES},
    }


def _stacks(few: Sequence[int], found: Mapping[int, Analysis], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Cycles by cause, then by simulation, then by layer; None where it lacks the layer."""
    tables = [{layer.name: layer.parts_cycles for layer in found[at].layers} for at in few]
    return {
        "label": [row["label"] for row in rows],
        "name": [row["name"] for row in rows],
        "parts": {
            cause: [
                [round(table[row["name"]][cause], 1) if row["name"] in table else None for row in rows]
                for table in tables
            ]
            for cause in CAUSES
        },
    }


def _runs_text(compared: Compared, shown: Sequence[int], found: Mapping[int, Analysis]) -> str:
    if not shown:
        return "The reports are too old to say what their cycles were spent on; simulate again."
    useful = {at: found[at].parts_cycles["useful"] / found[at].cycles if found[at].cycles else 0.0 for at in shown}
    best = max(shown, key=lambda at: useful[at])
    text = f"{compared.names[best]} spends the most on useful work: {100 * useful[best]:.1f} % of its cycles."
    if len(shown) > 1:
        worst = min(shown, key=lambda at: useful[at])
        text += f" {compared.names[worst]} spends the least: {100 * useful[worst]:.1f} %."
    if len(shown) < len(compared.jobs):
        text += f" Shown are {len(shown)} of {len(compared.jobs)}, the baseline first."
    return text


def _layers_text(compared: Compared, few: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> str:
    if not few:
        return ""
    said = f"{len(rows)} layers, aligned by name."
    if len(few) > 1:
        said += f" {', '.join(f'{letter} is {compared.names[at]}' for letter, at in zip('ABCD', few, strict=False))}."
    changes = [
        (value - row["cells"][0][0], row["label"], compared.names[at])
        for row in rows
        for at, (value, _) in zip(few, row["cells"], strict=True)
        if value is not None and row["cells"][0][0] is not None
    ]
    most = max(changes, key=lambda change: abs(change[0]), default=(0, "", ""))
    if most[0]:
        more = "more" if most[0] > 0 else "fewer"
        said += f" The greatest difference from the baseline is in {most[1]} of {most[2]}: {number_text(round(abs(most[0])))} cycles {more}."
    if len(few) < len(compared.jobs):
        said += f" Shown are the baseline and the first {len(few) - 1} others of {len(compared.jobs)}; remove some to see more of the rest."
    return said
