"""A network's layers with what each should cost."""

from collections.abc import Mapping, Sequence
from typing import Any


def costed(layers: Sequence[Mapping[str, Any]], estimate: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """One row per layer; then those that the compiler added, such as copies that split a map for a stride.

    Each row has `layer`, `cost` (cycles, energy_mj and more; absent where nothing is known), `share` of all cycles, 0 to 1, and
    `added`.
    """
    costs = {cost["name"]: cost for cost in (estimate or {}).get("layers", [])}
    total = (estimate or {}).get("cycles") or 1
    rows = [{"layer": layer, "cost": costs.pop(layer["name"], None), "added": False} for layer in layers]
    rows += [{"layer": cost, "cost": cost, "added": True} for cost in costs.values()]
    for row in rows:
        row["share"] = row["cost"]["cycles"] / total if row["cost"] else None
    return rows
