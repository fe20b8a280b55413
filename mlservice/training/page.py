"""The report page of a pruning run, as plotly draws it: what was learnt, what it was predicted to cost, and what stayed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go

from mlservice.predictors.plots import write_page as write_figures
from mlservice.training.history import History

_TEMPLATE: Final = "plotly_white"
_RUN: Final = "share of the run"


def write_page(history: History, answer: Mapping[str, Any], path: Path) -> None:
    """A page that stands alone.

    Args:
        history: of the run.
        answer: its report.
        path: of the page.
    """
    write_figures(path, f"{answer['method']} on {answer['data']} for {answer['accelerator']}", figures(history, answer))


def figures(history: History, answer: Mapping[str, Any]) -> dict[str, go.Figure]:
    """By name, in the page's order; those that a run has nothing for are left out."""
    found = {"loss": _learning(history), "measured": _measured(answer)}
    if any(epoch.validation_accuracy is not None for epoch in history.epochs):
        found["accuracy"] = _accuracy(history)
    if history.shapes:
        found |= {"cost": _cost(history), "kept": _kept(history)}
    if any(shape.multiplier for shape in history.shapes):
        found["multiplier"] = _multiplier(history)
    return found


def _learning(history: History) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(name="loss", x=[x for x, _ in history.losses], y=[y for _, y in history.losses])
    figure.update_layout(template=_TEMPLATE, title="Loss of a batch", xaxis_title=_RUN, yaxis_title="nats")
    return figure


def _accuracy(history: History) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[epoch.epoch + 1 for epoch in history.epochs],
        y=[100 * (epoch.validation_accuracy or 0.0) for epoch in history.epochs],
        mode="lines+markers",
    )
    figure.update_layout(
        template=_TEMPLATE, title="Validation images that are classified rightly", xaxis_title="epoch", yaxis_title="%"
    )
    return figure


def _cost(history: History) -> go.Figure:
    shares = [shape.share for shape in history.shapes]
    figure = go.Figure()
    figure.add_scatter(name="budget", x=shares, y=[shape.budget for shape in history.shapes], line={"dash": "dot"})
    figure.add_scatter(name="predicted", x=shares, y=[shape.cost for shape in history.shapes], mode="lines+markers")
    units = {"latency_ms": "ms", "energy_mj": "mJ"}
    unit = units[next(iter(history.budgets), "latency_ms")] if len(history.budgets) < 2 else "of the budgets, the worst"
    figure.update_layout(
        template=_TEMPLATE, title="Predicted cost against the budget", xaxis_title=_RUN, yaxis_title=unit
    )
    return figure


def _kept(history: History) -> go.Figure:
    """A row for each convolution, a column for each decision; colour is the share of the widest that is left."""
    names = list(history.shapes[0].kept)
    rows = [[shape.kept.get(_in(shape.kept, name), (0, 0.0)) for shape in history.shapes] for name in names]
    figure = go.Figure(
        go.Heatmap(
            x=[shape.share for shape in history.shapes],
            y=names,
            z=[[filters * density / max(1, row[0][0]) for filters, density in row] for row in rows],
            text=[
                [f"{filters} filters, {density:.0%} of their weight vectors" for filters, density in row]
                for row in rows
            ],
            hoverinfo="x+y+text",
            zmin=0,
            zmax=1,
            colorbar={"title": "left"},
        )
    )
    figure.update_layout(template=_TEMPLATE, title="What is left of each convolution", xaxis_title=_RUN)
    return figure


def _in(kept: Mapping[str, tuple[int, float]], name: str) -> str:
    """A module's name in a network that was cut has no dots."""
    return name if name in kept else name.replace(".", "_")


def _multiplier(history: History) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[s.share for s in history.shapes], y=[s.multiplier for s in history.shapes], mode="lines+markers"
    )
    figure.update_layout(
        template=_TEMPLATE,
        title="Multiplier: importance that a unit of cost must bring",
        xaxis_title=_RUN,
        yaxis_type="log",
    )
    return figure


def _measured(answer: Mapping[str, Any]) -> go.Figure:
    """All channels, budget, prediction and the RTL's figure, as shares of the largest."""
    figure = go.Figure()
    for metric, unit in (("latency_ms", "ms"), ("energy_mj", "mJ")):
        values = {
            "all channels, predicted": answer[f"dense_predicted_{metric}"],
            "budget": answer["budget"].get(metric),
            "predicted": answer[f"predicted_{metric}"],
            "measured on RTL": answer[f"measured_{metric}"],
        }
        there = {name: value for name, value in values.items() if value is not None}
        text = [f"{value:.4g} {unit}" for value in there.values()]
        figure.add_bar(name=metric, x=list(there), y=[v / max(there.values()) for v in there.values()], text=text)
    figure.update_layout(
        template=_TEMPLATE,
        barmode="group",
        title="Predicted and measured, as shares of the largest",
        yaxis_tickformat=".0%",
    )
    return figure
