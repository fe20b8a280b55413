"""A network's shape as bars: by layer, filters that are left of the dense network's, and how many weight vectors these have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

FAINTEST: Final = 0.25
"""Opacity of a bar whose filters have hardly a weight vector left; that of a whole one is 1."""


@dataclass(frozen=True)
class Bar:
    """One layer.

    Attributes:
        filters: that are left.
        density: share of their weight vectors that is left, 0 to 1.
        dense: filters of the dense network.
    """

    layer: str
    filters: int
    density: float
    dense: int

    @property
    def opacity(self) -> float:
        """More of the colour for more of the weight vectors."""
        return round(FAINTEST + (1 - FAINTEST) * self.density, 3)

    @property
    def text(self) -> str:
        """In words: `28 of 32 · 77 %`."""
        if not self.filters:
            return f"0 of {self.dense}"
        return f"{self.filters} of {self.dense} · {100 * self.density:.0f}\u202f%"


def layer_key(name: str) -> str:
    """A module's name in a network that was cut has no dots: both are one layer."""
    return name.replace(".", "_")


def bars_of(kept: Mapping[str, Sequence[Any]]) -> list[Bar]:
    """Of `kept` as a decision tells it: by layer, filters, density, filters of the dense network."""
    return [Bar(name, int(filters), float(density), int(dense)) for name, (filters, density, dense) in kept.items()]


def aligned_shapes(shapes: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Bar]]]:
    """Layers of all decisions, and for each decision a bar for each layer; layers that are gone have no filter left."""
    names: dict[str, str] = {}
    dense: dict[str, int] = {}
    rows = [{layer_key(bar.layer): bar for bar in bars_of(shape["kept"])} for shape in shapes]
    for row in rows:
        for key, bar in row.items():
            names.setdefault(key, bar.layer)
            dense.setdefault(key, bar.dense)
    return list(names.values()), [
        [replace(row.get(key, Bar(name, 0, 0.0, dense[key])), layer=name) for key, name in names.items()]
        for row in rows
    ]


def side_by_side(sessions: Sequence[tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]]) -> dict[str, Any]:
    """Layers of several sessions with a bar for each session; one that lacks a layer has no filter of it.

    Args:
        sessions: of each its decisions, the last of which counts, and its result's `kept`, which counts where there was no decision.
    """
    final = [_final(shapes, kept) for shapes, kept in sessions]
    keys = list(dict.fromkeys(key for bars in final for key in bars))
    rows, most = [], 1
    for key in keys:
        own = [bars[key] for bars in final if key in bars]
        dense = max(max(bar.dense, bar.filters) for bar in own)
        missing = Bar(own[0].layer, 0, 0.0, dense)
        rows.append({"name": own[0].layer, "bars": [replace(bars.get(key, missing), dense=dense) for bars in final]})
        most = max(most, dense)
    return {"rows": rows, "most": most}


def _final(shapes: Sequence[Mapping[str, Any]], kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Bar]:
    whole = [Bar(name, layer["filters"], layer["density"], layer["filters"]) for name, layer in kept.items()]
    return {layer_key(bar.layer): bar for bar in (bars_of(shapes[-1]["kept"]) if shapes else whole)}
