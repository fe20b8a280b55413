"""What the plots of a campaign's rows say in words, and the tables behind them."""

from collections.abc import Mapping
from itertools import pairwise
from statistics import median
from typing import Any, Final

from contracts.campaign import ERROR, HISTOGRAMS
from frontend.words import number_text, signed_text

TITLES: Final = {
    "latency_ms": "Latency",
    "energy_mj": "Energy",
    "utilisation": "Utilisation of the array",
    ERROR: "Error of the expert's cycles",
}


def plots_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and tables of the histograms and of the scatter; nothing where no row is done."""
    done = found["rows"] - found["failures"]
    return {
        "done": done,
        "histograms": [_histogram(name, found) for name in HISTOGRAMS] if done else [],
        "scatter": _scatter(found) if done else None,
        "plot_data": {name: found[name] for name in ("rows", "families", "histograms", "scatter")},
    }


def _histogram(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    values = found["histograms"][name]
    shares = name == ERROR
    word = signed_text if shares else number_text
    unit = f" {values['unit']}" if values["unit"] and not shares else ""
    columns = [values["counts"][family] for family in found["families"]]
    return {
        "id": f"plot-{name}",
        "title": TITLES[name],
        "origin": values["origin"],
        "text": f"From {word(values['least'])} to {word(values['greatest'])}{unit}; half of the rows are below {word(values['median'])}{unit}.",
        "families": found["families"],
        "unit": values["unit"],
        "bins": [
            {"low": word(low), "high": word(high), "counts": counts}
            for (low, high), counts in zip(pairwise(values["edges"]), zip(*columns, strict=True), strict=True)
        ],
    }


def _scatter(found: Mapping[str, Any]) -> dict[str, Any]:
    rows = []
    for family, own in found["scatter"].items():
        for accelerator in sorted(set(own["accelerator"])):
            at = [k for k, name in enumerate(own["accelerator"]) if name == accelerator]
            macs, latency_ms = ([own[name][k] for k in at] for name in ("macs", "latency_ms"))
            medians = {"macs": median(macs), "latency_ms": median(latency_ms)}
            rows.append({"family": family, "accelerator": accelerator, "points": len(at), **medians})
    shown = sum(row["points"] for row in rows)
    fastest, slowest = (pick(rows, key=lambda row: row["latency_ms"]) for pick in (min, max))
    text = (
        f"{number_text(shown)} rows of {number_text(found['rows'] - found['failures'])}. Medians of latency reach from "
    )
    text += f"{number_text(fastest['latency_ms'])} ms ({fastest['family']} on {fastest['accelerator']}) to "
    return {
        "rows": rows,
        "text": f"{text}{number_text(slowest['latency_ms'])} ms ({slowest['family']} on {slowest['accelerator']}).",
    }
