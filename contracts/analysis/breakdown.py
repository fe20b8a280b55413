"""Where a layer's cycles went: useful work, idle cells by reason, waiting by cause."""

from collections.abc import Mapping
from typing import Final

from contracts.accelerator import Accelerator
from contracts.measurement import LayerMeasurement

BUSY: Final[Mapping[str, str]] = {
    "useful": "cells with a weight other than 0, on pixels of the map",
    "idle_rows": "rows without a filter: filter groups that are not full",
    "idle_lanes": "lanes without a pixel of the map: tiles that are not full",
    "zero_weights": "weights of 0 in vectors that other filters of the group need",
}
"""Parts of the cycles in which the array took a weight vector, as shares of its cells."""
STALLS: Final[Mapping[str, str]] = {
    "drain": "the drain of the tile before was not finished",
    "load": "waiting for the load unit (DRAM)",
    "store": "waiting for the store unit (DRAM)",
    "fence": "layer boundary: own drains run empty",
    "fetch": "no instruction yet",
}
CAUSES: Final = (*BUSY, *STALLS)


def breakdown(layer: LayerMeasurement, accelerator: Accelerator) -> dict[str, float]:
    """Cycles by `CAUSES`; they add up to the layer's cycles where these were counted on the RTL.

    Cells that are idle while others work count as the share of a cycle that they are of the array. Without the compiler's facts all
    of them are `zero_weights`.

    Example: 10 vectors for 3 filters on 8 rows, all lanes used: `useful` 3.75 cycles, `idle_rows` 6.25.
    """
    issued = layer.counters.get("issued", 0.0)
    useful = min(issued, layer.counters.get("useful_cells", 0.0) / accelerator.cells)
    left = issued - useful
    rows = min(left, issued * _idle_rows(layer, accelerator))
    lanes = min(left - rows, (issued - rows) * _idle_lanes(layer, accelerator))
    found = {"useful": useful, "idle_rows": rows, "idle_lanes": lanes, "zero_weights": left - rows - lanes}
    return {**found, **{cause: layer.stalls.get(cause, 0.0) for cause in STALLS}}


def _idle_rows(layer: LayerMeasurement, accelerator: Accelerator) -> float:
    """Share of row-cycles in which the row holds no filter."""
    groups = layer.facts.groups if layer.facts else ()
    walked = sum(group.count * group.vectors for group in groups)
    held = sum(group.count * group.vectors * group.filters for group in groups)
    return 1 - held / (walked * accelerator.rows) if walked else 0.0


def _idle_lanes(layer: LayerMeasurement, accelerator: Accelerator) -> float:
    """Share of lanes over all tiles that hold no pixel of the map."""
    if layer.facts is None or not layer.facts.tiles:
        return 0.0
    return max(0.0, 1 - layer.facts.height * layer.facts.width / (layer.facts.tiles * accelerator.lanes))
