"""The leaderboard: every kind on every split, and on one split by family."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from frontend.predictors.words import split_name
from frontend.words import number_text

Line = Mapping[str, Any]
"""One kind on one split: `split`, `kind`, `rows`, `all`, `by_family`."""
_SHOWN: Final = ("rows", "mape", "within_5", "kendall", "coverage", "worst", "outside")


def board(found: Mapping[str, Any], split: str) -> dict[str, Any] | None:
    """Tables and words; None where nothing was compared.

    Args:
        found: an evaluation, as the API hands it out.
        split: whose families are shown; the predictor's own, or the first, where there is none of that name.
    """
    compared: Sequence[Line] = found["compared"]
    if not compared:
        return None
    splits = list(dict.fromkeys(line["split"] for line in compared))
    shown = next((name for name in (split, found["split"]) if name in splits), splits[0])
    of_split = sorted((line for line in compared if line["split"] == shown), key=lambda line: line["all"]["mape"])
    families = sorted({family for line in of_split for family in line["by_family"]})
    return {
        "groups": [_group(name, compared, found["kind"]) for name in splits],
        "splits": [(name, split_name(name)) for name in splits],
        "shown": shown,
        "shown_name": split_name(shown),
        "families": families,
        "by_family": [_of_families(line, families, of_split) for line in of_split],
        "left": [{**line, "split": split_name(line["split"])} for line in found["left"]],
        "text": " ".join(_sentence(name, compared) for name in splits),
    }


def _group(split: str, compared: Sequence[Line], own: str) -> dict[str, Any]:
    lines = sorted((line for line in compared if line["split"] == split), key=lambda line: line["all"]["mape"])
    rows = [
        {"kind": line["kind"], "fitted": line["rows"], "best": line is lines[0], "own": line["kind"] == own}
        | {name: line["all"][name] for name in _SHOWN}
        for line in lines
    ]
    return {"split": split, "name": split_name(split), "rows": rows}


def _of_families(line: Line, families: Sequence[str], lines: Sequence[Line]) -> dict[str, Any]:
    """Errors by family, the least of each family marked."""
    cells = []
    for family in families:
        scores = line["by_family"].get(family)
        least = min(other["by_family"][family]["mape"] for other in lines if family in other["by_family"])
        cells.append({"scores": scores, "best": scores is not None and scores["mape"] == least})
    return {"kind": line["kind"], "all": line["all"], "cells": cells}


def _sentence(split: str, compared: Sequence[Line]) -> str:
    """Who is best on a split, always with the expert's own number beside it."""
    lines = {line["kind"]: line["all"]["mape"] for line in compared if line["split"] == split}
    best = min(lines, key=lambda kind: lines[kind])
    text = f"{split_name(split).capitalize()}: {best} {number_text(round(lines[best], 3))} %"
    if "expert" in lines and best != "expert":
        text += f", expert {number_text(round(lines['expert'], 3))} %"
    return text + "."
