"""Layers made by hand, small enough to compute by hand."""

from collections.abc import Mapping
from typing import Any

from contracts.accelerator import Accelerator
from contracts.measurement import LayerMeasurement
from contracts.network import GroupFacts, LayerFacts

TINY = Accelerator(
    name="tiny", rows=8, lanes=4, bank_depth=64, vector_depth=64, list_depth=64, record_depth=16, dram_bytes=4
)
"""32 cells; 4 bytes of DRAM per cycle."""


def layer(
    cycles: float,
    *,
    counters: Mapping[str, float],
    groups: list[tuple[int, int, int]],
    stalls: Mapping[str, float] | None = None,
    macs: int = 0,
    operator: str = "conv",
    **facts: Any,
) -> LayerMeasurement:
    """One layer; groups are (count, filters, vectors). A map of 2 x 2 pixels in one tile unless said otherwise."""
    shape = {"tiles": 1, "channels": 1, "height": 2, "width": 2, **facts}
    return LayerMeasurement(
        name="made",
        operator=operator,
        cycles=cycles,
        stalls=stalls or {},
        utilisation=0.0,
        macs=macs,
        dram_bytes=0.0,
        energy_mj=0.0,
        bound_cycles=0,
        counters=counters,
        facts=LayerFacts(tuple(GroupFacts(*group) for group in groups), **shape),
    )
