"""Figures about predictors, as plotly draws them: data in, figures out."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go

from mlservice.predictors.evaluate import Judged
from mlservice.predictors.kinds import KINDS

_TEMPLATE: Final = "plotly_white"
_LEAST: Final = 1e-3


def write_report(folder: Path, result: Mapping[str, Any], found: Sequence[Judged]) -> None:
    """`scores.json`, and `report.html` with the figures of an evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scores.json").write_text(json.dumps(result, indent=1))
    write_page(folder / "report.html", "Predictors", evaluation_figures(found))


def write_page(path: Path, title: str, figures: Mapping[str, go.Figure]) -> None:
    """A page that stands alone."""
    parts = [
        figure.to_html(full_html=False, include_plotlyjs=number == 0, div_id=name)
        for number, (name, figure) in enumerate(figures.items())
    ]
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    path.write_text(f"{head}<body><h1>{title}</h1>{''.join(parts)}</body></html>")


def evaluation_figures(found: Sequence[Judged]) -> dict[str, go.Figure]:
    """Of one evaluation: errors by kind, then for each split and target the best kind's predictions and residuals."""
    figures = {f"errors-{target}": _errors([j for j in found if j.target == target]) for target in _targets(found)}
    for split, target in dict.fromkeys((j.split, j.target) for j in found):
        best = min((j for j in found if (j.split, j.target) == (split, target)), key=lambda j: j.all.mape)
        figures[f"measured-{split}-{target}"] = measured_figure(best)
        figures[f"residuals-{split}-{target}"] = residual_figure(best)
    figures["coverage"] = _coverage(found)
    return figures


def _targets(found: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(j.target for j in found))


def _errors(found: Sequence[Judged]) -> go.Figure:
    splits = list(dict.fromkeys(j.split for j in found))
    bars = []
    for kind in KINDS:
        mapes = {j.split: j.all.mape for j in found if j.kind == kind}
        heights = [max(mapes[split], _LEAST) if split in mapes else None for split in splits]
        bars.append(go.Bar(name=kind, x=splits, y=heights))
    figure = go.Figure(bars)
    title = f"Mean error of {found[0].target} on networks that were not fitted to"
    figure.update_layout(
        template=_TEMPLATE, title=title, barmode="group", yaxis={"type": "log", "title": "MAPE, %"}, xaxis_title="split"
    )
    return figure


def measured_figure(judged: Judged) -> go.Figure:
    """Predicted against measured, with the intervals, by family."""
    points = judged.points
    figure = go.Figure()
    for family in sorted(set(points["family"])):
        which = [k for k, name in enumerate(points["family"]) if name == family]
        predicted = [points["predicted"][k] for k in which]
        figure.add_scatter(
            name=family,
            mode="markers",
            x=[points["measured"][k] for k in which],
            y=predicted,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [points["high"][k] - points["predicted"][k] for k in which],
                "arrayminus": [points["predicted"][k] - points["low"][k] for k in which],
                "thickness": 0.6,
            },
        )
    ends = [min(points["measured"]), max(points["measured"])]
    figure.add_scatter(x=ends, y=ends, mode="lines", name="equal", line={"dash": "dot", "color": "grey"})
    unit = judged.target.unit
    figure.update_layout(
        template=_TEMPLATE,
        title=f"{judged.kind}, {judged.target}, split {judged.split}: {judged.all.mape:.2f} % MAPE",
        xaxis={"type": "log", "title": f"measured on RTL, {unit}"},
        yaxis={"type": "log", "title": f"predicted, {unit}"},
    )
    return figure


def residual_figure(judged: Judged) -> go.Figure:
    """What predictions miss, by family."""
    points = judged.points
    figure = go.Figure()
    for family in sorted(set(points["family"])):
        misses = [
            100 * (predicted / measured - 1)
            for predicted, measured, name in zip(points["predicted"], points["measured"], points["family"], strict=True)
            if name == family
        ]
        figure.add_box(name=family, y=misses, boxpoints="outliers")
    figure.update_layout(
        template=_TEMPLATE,
        title=f"{judged.kind}, {judged.target}, split {judged.split}: predicted − measured",  # noqa: RUF001  # a minus
        yaxis_title="% of measured",
    )
    return figure


def _coverage(found: Sequence[Judged]) -> go.Figure:
    figure = go.Figure()
    for kind in dict.fromkeys(j.kind for j in found):
        own = [j for j in found if j.kind == kind and j.all.coverage is not None]
        figure.add_bar(
            name=kind, x=[f"{j.split}, {j.target}" for j in own], y=[100 * (j.all.coverage or 0.0) for j in own]
        )
    figure.add_hline(y=90, line_dash="dot")
    figure.update_layout(
        template=_TEMPLATE, title="Measured values within their 90 % interval", barmode="group", yaxis_title="%"
    )
    return figure


def curve_figure(curve: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Error against the number of simulations fitted to; a line for each kind or way to choose."""
    figure = go.Figure()
    for name in dict.fromkeys(str(point["name"]) for point in curve):
        own = [point for point in curve if point["name"] == name]
        figure.add_scatter(
            name=name, x=[p["simulations"] for p in own], y=[p["mape"] for p in own], mode="lines+markers"
        )
    figure.update_layout(
        template=_TEMPLATE,
        title="How many simulations are enough",
        xaxis={"type": "log", "title": "simulations fitted to"},
        yaxis={"type": "log", "title": "MAPE, %"},
    )
    return figure


def importance_figure(importances: Mapping[str, float]) -> go.Figure:
    """How much each feature changes what a model says."""
    shown = sorted(importances.items(), key=lambda pair: pair[1])[-25:]
    figure = go.Figure(go.Bar(x=[value for _, value in shown], y=[name for name, _ in shown], orientation="h"))
    figure.update_layout(
        template=_TEMPLATE, title="Importance of features (CatBoost: change of the prediction)", xaxis_title="%"
    )
    return figure


def shap_figure(shap: Mapping[str, Sequence[float]], values: Mapping[str, Sequence[float]]) -> go.Figure:
    """What each feature did to each prediction, coloured by the feature's own value."""
    figure = go.Figure()
    for name, effects in reversed(list(shap.items())):
        own = values[name]
        low, span = min(own), (max(own) - min(own)) or 1.0
        figure.add_scatter(
            x=list(effects),
            y=[name] * len(effects),
            mode="markers",
            name=name,
            showlegend=False,
            marker={"color": [(v - low) / span for v in own], "colorscale": "Viridis", "size": 4, "opacity": 0.6},
        )
    figure.update_layout(
        template=_TEMPLATE,
        title="SHAP values (CatBoost): bright where the feature is large",
        xaxis_title="logarithm of the prediction",
    )
    return figure
