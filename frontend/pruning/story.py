"""A session's plots: what each draws, says in words, and has in the table behind it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.jobs.histories import SessionHistory, Told
from frontend.pruning.shapes import aligned_shapes
from frontend.words import number_text

METRICS: Final[Mapping[str, tuple[str, str]]] = {"latency_ms": ("Latency", "ms"), "energy_mj": ("Energy", "mJ")}
"""What a budget may bound: title and unit."""
_ROWS: Final = 60
"""Of a table behind a plot, at most; evenly chosen, the last one always among them."""


def story_of(history: SessionHistory, options: Mapping[str, Any], result: Mapping[str, Any] | None) -> dict[str, Any]:
    """By plot `data`, `text` and `rows`; None where the session has told nothing of it.

    Args:
        history: what was told so far.
        options: of the job; a `train` job has no budget.
        result: of the job, where it is complete.
    """
    validated = [epoch for epoch in history.epochs if epoch["validation_accuracy"] is not None]
    costs = {
        name: _cost(history.shapes, name, options.get(name), (result or {}).get(f"measured_{name}")) for name in METRICS
    }
    priced = [shape for shape in history.shapes if shape["multiplier"]]
    return {
        "loss": _loss(history.metrics) if history.metrics else None,
        "accuracy": _accuracy(validated) if validated else None,
        "costs": costs if history.shapes else None,
        "multiplier": _multiplier(priced) if priced else None,
        "shape": shape_story(history.shapes) if history.shapes else None,
    }


def _few(rows: Sequence[Any]) -> list[Any]:
    step = -(-len(rows) // _ROWS) or 1
    return list(rows[::-1][::step])[::-1]


def _loss(metrics: Sequence[Told]) -> dict[str, Any]:
    first, last = metrics[0], metrics[-1]
    text = f"Cross entropy of a batch: {number_text(round(first['loss'], 3))} nats at the beginning, "
    text += f"{number_text(round(last['loss'], 3))} at step {last['step']} of {last['steps']}."
    data = {name: [one[name] for one in metrics] for name in ("share", "loss")}
    return {"data": data, "text": text, "rows": _few(metrics)}


def _accuracy(epochs: Sequence[Told]) -> dict[str, Any]:
    best = max(epochs, key=lambda one: one["validation_accuracy"])
    last, count = epochs[-1]["validation_accuracy"], len(epochs)
    text = (
        f"Images set apart from the training part. After {count} epoch{'s' if count > 1 else ''} {100 * last:.1f} %; "
    )
    text += f"the most was {100 * best['validation_accuracy']:.1f} % after epoch {best['epoch'] + 1}."
    data = {
        "epoch": [one["epoch"] + 1 for one in epochs],
        "accuracy": [one["validation_accuracy"] for one in epochs],
    }
    return {"data": data, "text": text, "rows": list(zip(*data.values(), strict=True))}


def _cost(shapes: Sequence[Told], name: str, target: float | None, measured: float | None) -> dict[str, Any] | None:
    """Predicted latency or energy at each decision, with the falling budget where it bounds this one alone."""
    if not shapes:
        return None
    title, unit = METRICS[name]
    rows = [
        {
            "share": shape["share"],
            "predicted": shape["predicted"][name],
            "budget": shape["budget"] if shape["unit"] == unit else None,
        }
        for shape in shapes
    ]
    data: dict[str, Any] = {column: [row[column] for row in rows] for column in ("share", "predicted", "budget")}
    data |= {"target": target, "measured": measured, "unit": unit, "name": title.lower()}
    return {"data": data, "text": _cost_text(rows, unit, target, measured), "rows": _few(rows), "unit": unit}


def _cost_text(rows: Sequence[Mapping[str, Any]], unit: str, target: float | None, measured: float | None) -> str:
    first, last = rows[0]["predicted"], rows[-1]["predicted"]
    text = f"Of one image: {number_text(first)} {unit} at the first decision, {number_text(last)} {unit} now."
    if target is not None:
        text += f" Wanted: at most {number_text(target)} {unit}."
    if measured is not None:
        text += f" The RTL measured {number_text(measured)} {unit}."
    return text


def _multiplier(shapes: Sequence[Told]) -> dict[str, Any]:
    rows = [{"share": shape["share"], "multiplier": shape["multiplier"]} for shape in shapes]
    values = [row["multiplier"] for row in rows]
    text = f"Importance that a unit of cost must bring: from {number_text(min(values))} to {number_text(max(values))}; "
    text += f"{number_text(values[-1])} at the last decision. Where it rises, the budget asks for more than the network gives easily."
    data = {"share": [row["share"] for row in rows], "multiplier": values}
    return {"data": data, "text": text, "rows": _few(rows)}


def shape_story(shapes: Sequence[Told]) -> dict[str, Any]:
    """The shape at every decision, and the last one as bars."""
    layers, rows = aligned_shapes(shapes)
    dense, last = [bar.dense for bar in rows[-1]], rows[-1]
    data: dict[str, Any] = {
        "layers": layers,
        "dense": dense,
        "share": [shape["share"] for shape in shapes],
        "label": [_label(shape) for shape in shapes],
        "kept": [[[bar.filters, round(bar.density, 3)] for bar in row] for row in rows],
    }
    least = min(last, key=lambda bar: bar.filters * bar.density / bar.dense)
    text = f"After {len(shapes)} decisions {sum(bar.filters for bar in last)} of {sum(dense)} filters are left. "
    text += f"Least is left of {least.layer}: {least.text} of its weight vectors."
    return {
        "data": data,
        "text": text,
        "bars": last,
        "most": max(dense),
        "label": data["label"][-1],
        "rows": _few(list(zip(data["share"], rows, strict=True))),
    }


def _label(shape: Told) -> str:
    costs = ", ".join(f"{number_text(shape['predicted'][name])} {unit}" for name, (_, unit) in METRICS.items())
    return f"at {100 * shape['share']:.0f}\u202f% of the run: {costs} predicted"
