"""Figures of a summary, as plotly draws them: data in, figures out."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
from plotly.colors import qualitative

from mlservice.pareto.summary import ACCURACIES, Cell, Spread, Summary
from mlservice.predictors.plots import write_page as write_figures

_TEMPLATE: Final = "plotly_white"
_COLOURS: Final = qualitative.Dark24
"""More than there are methods."""
_UNITS: Final = {"latency_ms": "latency, ms", "energy_mj": "energy, mJ"}
_WORDS: Final = {"accuracy_float": "float", "accuracy_int8": "int8"}


def write_page(summary: Summary, path: Path, prefix: str = "") -> None:
    """A page that stands alone; its figures' names begin with the prefix."""
    setting = summary.results[0].run.setting
    title = f"{setting.network} on {setting.data} for {setting.accelerator}, {setting.epochs} epochs"
    write_figures(path, title, {f"{prefix}{name}": figure for name, figure in figures(summary).items()})


def figures(summary: Summary) -> dict[str, go.Figure]:
    """By name, in the page's order; what there are no results for is left out."""
    found = {"front": _front(summary)}
    if any(cell.budget is not None and cell.against_dense("accuracy_float") for cell in summary.cells()):
        found["against-dense"] = _against_dense(summary)
    if summary.hypervolumes():
        found["hypervolume"] = hypervolume_figure(summary.hypervolumes(), summary.floor)
    found["energy"] = _energy(summary)
    if any(cell.budget is not None for cell in summary.cells()):
        found["budget"] = _budgets(summary)
    return found


def _by_method(summary: Summary) -> Iterator[tuple[str, str, list[Cell]]]:
    """Label, colour, which is the same in all figures, and cells of each method."""
    found: dict[str, list[Cell]] = {}
    for cell in summary.cells():
        found.setdefault(cell.label, []).append(cell)
    for number, (label, cells) in enumerate(found.items()):
        yield label, _COLOURS[number % len(_COLOURS)], cells


def _error(spreads: list[Spread | None], factor: float = 1.0) -> dict[str, Any]:
    """Bars of one standard deviation over seeds; none where there is one seed."""
    heights = [None if s is None or s.deviation is None else factor * s.deviation for s in spreads]
    return {"type": "data", "array": heights, "thickness": 1}


def _halvings(whole: float) -> dict[str, Any]:
    """A logarithmic axis whose ticks are the whole cost, its half, its quarter, ..."""
    return {"type": "log", "tick0": math.log10(whole), "dtick": math.log10(2), "tickformat": ".3g"}


def _front(summary: Summary) -> go.Figure:
    """Mean of each method at each budget, with a line along the front of all runs."""
    figure = go.Figure()
    best = summary.front()
    figure.add_scatter(
        name="front of all runs",
        x=[summary.cost(result) for result in best],
        y=[100 * result.answer["accuracy_float"] for result in best],
        mode="lines",
        line={"shape": "hv", "color": "lightgrey"},
    )
    for label, colour, cells in _by_method(summary):
        values = [cell.of("accuracy_float") for cell in cells]
        figure.add_scatter(
            name=label,
            marker_color=colour,
            x=[cell.of(f"measured_{summary.metric}").mean for cell in cells],
            y=[100 * value.mean for value in values],
            error_y=_error([*values], 100),
            text=[f"{cell.budget or 'all channels'}, {len(cell.results)} seeds" for cell in cells],
            mode="lines+markers",
        )
    figure.update_layout(
        template=_TEMPLATE,
        title="Accuracy (float) against measured cost; bars: one standard deviation over seeds",
        xaxis={**_halvings(summary.dense_cost), "title": f"{_UNITS[summary.metric]}, of one image on the RTL"},
        yaxis_title="% of the test images",
    )
    return figure


def _against_dense(summary: Summary) -> go.Figure:
    figure = go.Figure()
    for label, colour, cells in _by_method(summary):
        pairs = [(cell, cell.against_dense("accuracy_float")) for cell in cells if cell.budget is not None]
        there = [(cell, spread) for cell, spread in pairs if spread is not None]
        if there:
            figure.add_bar(
                name=label,
                marker_color=colour,
                x=[str(cell.budget) for cell, _ in there],
                y=[100 * spread.mean for _, spread in there],
                error_y=_error([spread for _, spread in there], 100),
            )
    figure.update_layout(
        template=_TEMPLATE,
        barmode="group",
        title="Accuracy (float) less that of the dense network of the same seed",
        yaxis_title="points",
        xaxis_title="budget, share of the dense network's",
    )
    return figure


def hypervolume_figure(volumes: Mapping[str, Mapping[str, Spread]], floor: float) -> go.Figure:
    """A bar for each method, float and int8."""
    figure = go.Figure()
    for name in ACCURACIES:
        spreads = [each[name] for each in volumes.values()]
        figure.add_bar(name=_WORDS[name], x=[*volumes], y=[s.mean for s in spreads], error_y=_error([*spreads]))
    figure.update_layout(
        template=_TEMPLATE,
        barmode="group",
        title=f"Hypervolume above {floor:.0%} and below the dense network's cost",
        yaxis_title="share of the cost x points",
    )
    return figure


def _energy(summary: Summary) -> go.Figure:
    figure = go.Figure()
    for label, colour, cells in _by_method(summary):
        figure.add_scatter(
            name=label,
            marker_color=colour,
            x=[cell.of("measured_energy_mj").mean for cell in cells],
            y=[100 * cell.of("accuracy_int8").mean for cell in cells],
            error_y=_error([cell.of("accuracy_int8") for cell in cells], 100),
            mode="lines+markers",
        )
    figure.update_layout(
        template=_TEMPLATE,
        title="Accuracy (int8) against energy",
        xaxis={
            **_halvings(max(float(result.answer["measured_energy_mj"]) for result in summary.results)),
            "title": "energy, mJ, of one image by the RTL's counters",
        },
        yaxis_title="% of the test images",
    )
    return figure


def _budgets(summary: Summary) -> go.Figure:
    """Measured / budget of every run."""
    figure = go.Figure()
    for label, colour, cells in _by_method(summary):
        ratios = [(str(cell.budget), r.answer) for cell in cells if cell.budget for r in cell.results.values()]
        metrics = [next(iter(answer["budget"])) for _, answer in ratios]
        figure.add_scatter(
            name=label,
            marker_color=colour,
            x=[budget for budget, _ in ratios],
            y=[a[f"measured_{m}"] / a["budget"][m] for (_, a), m in zip(ratios, metrics, strict=True)],
            mode="markers",
        )
    for edge in (0.95, 1.02):
        figure.add_hline(y=edge, line_dash="dot")
    figure.update_layout(template=_TEMPLATE, title="Measured on the RTL / budget", yaxis_tickformat=".1%")
    return figure
