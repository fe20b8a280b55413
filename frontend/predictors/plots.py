"""Plots of a predictor's evaluation: what each draws, says in words, and has in the table behind it."""

from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any, Final

from frontend.predictors.words import split_name
from frontend.words import number_text

_WORST: Final = 40
_FEATURES: Final = 15
LEVEL: Final = 0.9
"""What intervals are made to cover."""

Columns = Mapping[str, Sequence[Any]]


def plots(found: Mapping[str, Any]) -> dict[str, Any]:
    """By name, each with `data`, `text` and `rows`; None where there is nothing to draw.

    Args:
        found: an evaluation, as the API hands it out.
    """
    points, explanation = found["points"], found["explanation"]
    return {
        "unit": found["unit"],
        "target": found["target"],
        "errors": _errors(found) if found["compared"] else None,
        "coverage": _coverage(found) if found["compared"] else None,
        "points": _points(points, found["unit"]) if points else None,
        "residuals": _residuals(points) if points else None,
        "curve": _curve(found["curve"]) if found["curve"] else None,
        "importance": _importance(explanation) if explanation else None,
        "shap": _shap(explanation) if explanation else None,
    }


def _errors(found: Mapping[str, Any]) -> dict[str, Any]:
    rows = [{"split": split_name(line["split"]), "kind": line["kind"], **line["all"]} for line in found["compared"]]
    best = min(rows, key=lambda row: row["mape"])
    text = f"Mean error of {found['target']} on networks that were not fitted to. The least is {best['kind']}'s, "
    text += f"{number_text(round(best['mape'], 3))} % on the split {best['split']}."
    return {"data": _bars(rows, "mape", 1.0), "text": text, "rows": rows}


def _coverage(found: Mapping[str, Any]) -> dict[str, Any]:
    rows = [{"split": split_name(line["split"]), "kind": line["kind"], **line["all"]} for line in found["compared"]]
    rows = [row for row in rows if row["coverage"] is not None]
    least = min(rows, key=lambda row: row["coverage"])
    text = f"Share of figures inside their {100 * LEVEL:.0f} % interval; the dotted line is what intervals are made to cover. "
    text += f"Least: {100 * least['coverage']:.1f} %, {least['kind']} on the split {least['split']}."
    return {"data": _bars(rows, "coverage", 100.0), "text": text, "rows": rows}


def _bars(rows: Sequence[Mapping[str, Any]], name: str, scale: float) -> dict[str, Any]:
    splits = list(dict.fromkeys(row["split"] for row in rows))
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    values = {(row["split"], row["kind"]): scale * row[name] for row in rows}
    return {"splits": splits, "kinds": {kind: [values.get((split, kind)) for split in splits] for kind in kinds}}


def _points(points: Columns, unit: str) -> dict[str, Any]:
    rows = sorted(_rows(points), key=lambda row: -abs(row["off"]))
    inside = sum(row["inside"] for row in rows)
    text = f"{len(rows)} networks that were not fitted to; on the line, both are equal. {inside} lie inside their interval. "
    text += f"The largest miss is {100 * abs(rows[0]['off']):.1f} %: {number_text(rows[0]['predicted'])} {unit} for "
    text += f"{number_text(rows[0]['measured'])} {unit}, {rows[0]['family']}."
    return {"data": points, "text": text, "rows": rows[:_WORST]}


def _rows(points: Columns) -> list[dict[str, Any]]:
    names = tuple(points)
    found = [dict(zip(names, values, strict=True)) for values in zip(*points.values(), strict=True)]
    return [
        {**row, "off": row["predicted"] / row["measured"] - 1, "inside": row["low"] <= row["measured"] <= row["high"]}
        for row in found
    ]


def _residuals(points: Columns) -> dict[str, Any]:
    families: dict[str, list[float]] = {}
    for row in _rows(points):
        families.setdefault(row["family"], []).append(100 * row["off"])
    rows = [_spread(family, families[family]) for family in sorted(families)]
    widest = max(rows, key=lambda row: row["high"] - row["low"])
    text = "What predictions miss, percent of the figure, family by family. The widest half of a family is "
    text += f"{widest['family']}'s: {widest['low']:.2f} to {widest['high']:.2f} %."
    return {"data": {family: families[family] for family in sorted(families)}, "text": text, "rows": rows}


def _spread(family: str, misses: Sequence[float]) -> dict[str, Any]:
    low, middle, high = quantiles(misses, n=4) if len(misses) > 1 else (misses[0],) * 3
    return {"family": family, "count": len(misses), "low": low, "middle": middle, "high": high,
            "least": min(misses), "most": max(misses)}  # fmt: skip


def _curve(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    said = []
    for name in dict.fromkeys(point["name"] for point in points):
        own = [point for point in points if point["name"] == name]
        first, last = own[0], own[-1]
        said.append(
            f"{name}: {number_text(round(first['mape'], 3))} % with {first['simulations']} simulations, "
            f"{number_text(round(last['mape'], 3))} % with {last['simulations']}"
        )
    return {"data": list(points), "text": "; ".join(said) + ".", "rows": list(points)}


def _importance(explanation: Mapping[str, Any]) -> dict[str, Any]:
    ordered = sorted(explanation["importances"].items(), key=lambda pair: -pair[1])
    shown = [{"name": name, "share": share} for name, share in ordered[:_FEATURES]]
    of = "a pass of the array" if explanation["per_pass"] else "a network"
    text = f"How much the prediction changes with each feature of {of} (CatBoost). First is {shown[0]['name']} with "
    text += f"{shown[0]['share']:.1f} %; the {len(shown)} shown are {sum(row['share'] for row in shown):.0f} % of all."
    return {"data": shown, "text": text, "rows": shown}


def _shap(explanation: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        {"name": name, "mean": sum(map(abs, effects)) / len(effects), "low": min(effects), "high": max(effects)}
        for name, effects in explanation["shap"].items()
    ]
    text = "What each feature did to each prediction, as a logarithm; bright dots have a large value of the feature. "
    text += f"The most effective is {rows[0]['name']}: {rows[0]['low']:.3f} to {rows[0]['high']:.3f}."
    data = {name: explanation[name] for name in ("shap", "values")}
    return {"data": data, "text": text, "rows": rows}
