"""Features of networks on accelerators: pure functions of the facts that `contracts.structure` foretells, for whole batches at once.

Shares and ratios rather than sizes: trees do not extrapolate, and a share means the same on an accelerator or in a family that was never
seen. Tile features (`filters mod rows`, `filters / groups / rows`) say where a network stands on the staircase of filter groups.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts import expert
from contracts.accelerator import Accelerator
from contracts.energy import EnergyTable
from contracts.isa import ENTRY_BYTES, RECORD_BYTES
from contracts.structure.facts import FactTable

Reals = NDArray[np.float32]
Columns = dict[str, NDArray[Any]]

_HARDWARE: Final = ("rows", "lanes", "dram_bytes", "dram_latency", "vector_depth", "list_depth", "queue_depth")
_AVERAGED: Final = (
    "array_share", "stream_share", "map_share", "stored_share", "first_share", "boundary_share", "log_expert",
    "log_filters", "log_channels", "fill", "over", "drain_ratio", "kernel_area", "stride", "depthwise", "skip",
    "scatter", "bands", "tile_fill", "log_tiles", "log_list", "slack", "density",
)  # fmt: skip
"""Of passes, averaged over a network by the expert's share of its time."""


@dataclass(frozen=True, eq=False)
class Features:
    """Of a batch of networks with equally many passes.

    Attributes:
        passes: [batch, passes, features of a pass].
        networks: [batch, features of a network].
        cycles: [batch, passes] the expert's.
        energy_mj: [batch, passes] the expert's.
    """

    passes: Reals
    networks: Reals
    cycles: NDArray[np.float64]
    energy_mj: NDArray[np.float64]


def features_of(facts: FactTable, accelerator: Accelerator, table: EnergyTable) -> Features:
    """Work out all features of a batch; the energy table prices the expert's estimate."""
    columns = _pass_columns(facts, accelerator)
    networks = _network_columns(facts, columns, accelerator)
    return Features(
        np.stack([np.broadcast_to(columns[name], facts.cycles.shape) for name in PASS_FEATURES], -1).astype(np.float32),
        np.stack([np.broadcast_to(networks[name], facts.cycles.shape[:1]) for name in NETWORK_FEATURES], -1).astype(
            np.float32
        ),
        facts.cycles,
        expert_energy_mj(facts, accelerator, table),
    )


def _pass_columns(facts: FactTable, a: Accelerator) -> Columns:
    c: Columns = facts.columns
    cycles, beat = np.maximum(facts.cycles, 1.0), a.dram_bytes
    before = np.concatenate([np.zeros((len(cycles), 1)), cycles[:, :-1]], axis=1)
    groups = np.maximum(c["filter_groups"], 1)
    position = np.arange(cycles.shape[1])
    return {
        "log_expert": np.log2(cycles),
        "array_share": c["array_cycles"] / cycles,
        "stream_share": c["stream_bytes"] / beat / cycles,
        "map_share": c["map_bytes"] / beat / cycles,
        "stored_share": c["stored_bytes"] / beat / cycles,
        "first_share": c["first_bytes"] / beat / cycles,
        "boundary_share": expert.BOUNDARY_CYCLES * c["bands"] / cycles,
        "log_filters": np.log2(c["filters"]),
        "log_channels": np.log2(c["channels"]),
        "filters": c["filters"],
        "groups": c["filter_groups"],
        "over": c["filters"] % a.rows / a.rows,
        "fill": c["filters"] / groups / a.rows,
        "live": c["live"] / np.maximum(c["filters"], 1),
        "log_list": np.log2(c["longest"]),
        "drain_ratio": a.rows * c["drain_cycles"] / np.maximum(c["longest"], 1),
        "drain_cycles": c["drain_cycles"],
        "density": c["vectors"] / np.maximum(groups * c["longest"], 1),
        "lists": c["entries"] / np.maximum(c["vectors"], 1),
        "kernel_area": c["kernel_height"] * c["kernel_width"],
        "stride": c["stride_y"] * c["stride_x"],
        "depthwise": c["depthwise"],
        "skip": c["skip"],
        "scatter": c["scatter"],
        "bands": c["bands"],
        "height": c["height"],
        "width": c["width"],
        "wasted_pitch": c["width"] / np.maximum(c["pitch"], 1),
        "pitch_lanes": c["pitch"] / a.lanes,
        "log_tiles": np.log2(np.maximum(c["tiles"], 1)),
        "tile_fill": c["height"] * c["width"] / np.maximum(c["tiles"] * a.lanes, 1),
        "log_per_tile": np.log2(cycles / np.maximum(c["tiles"] * groups, 1)),
        "slack": np.log2((before + 1) / (c["stream_bytes"] / beat + 1)),
        "held": c["stream_bytes"] / (a.vector_depth * a.rows),
        "chunks": c["longest"] / min(a.vector_depth, a.list_depth),
        "first": position == 0,
        "last": position == cycles.shape[1] - 1,
        **{name: np.asarray(float(getattr(a, name))) for name in _HARDWARE},
    }


def _network_columns(facts: FactTable, passes: Columns, a: Accelerator) -> Columns:
    shape = facts.cycles.shape
    c: Columns = facts.columns
    total = np.maximum(facts.cycles.sum(axis=1), 1.0)
    share = facts.cycles / total[:, None]
    macs = macs_of(facts)
    moved = sum(c[name].sum(axis=1) for name in ("stream_bytes", "map_bytes", "stored_bytes"))
    means = {f"mean_{name}": (np.broadcast_to(passes[name], shape) * share).sum(axis=1) for name in _AVERAGED}
    return {
        "log_expert": np.log2(total),
        "log_macs": np.log2(np.maximum(macs.sum(axis=1), 1)),
        "log_parameters": np.log2(np.maximum(parameters_of(facts).sum(axis=1), 1)),
        "log_bytes": np.log2(np.maximum(moved, 1)),
        "utilisation": macs.sum(axis=1) / (total * a.cells),
        "passes": np.full(len(total), shape[1]),
        "boundaries": expert.BOUNDARY_CYCLES * shape[1] / total,
        "start": (expert.START_CYCLES + 2 * a.dram_latency) / total,
        "input_share": facts.input_bytes / a.dram_bytes / total,
        "output_share": facts.output_bytes / a.dram_bytes / total,
        "bytes_share": moved / a.dram_bytes / total,
        "largest_share": share.max(axis=1),
        "banded_share": (share * (c["bands"] > 1)).sum(axis=1),
        "drained_share": (share * (np.broadcast_to(passes["drain_ratio"], shape) > 1)).sum(axis=1),
        "loaded_share": (share * (np.broadcast_to(passes["stream_share"], shape) > 0.8)).sum(axis=1),
        **means,
        **{name: np.asarray(float(getattr(a, name))) for name in _HARDWARE},
    }


def macs_of(facts: FactTable) -> NDArray[Any]:
    """[batch, passes] useful multiply-accumulates; those of pools count their windows."""
    c: Columns = facts.columns
    area, window = c["height"] * c["width"], c["kernel_height"] * c["kernel_width"]
    per_filter = np.where(c["depthwise"], np.maximum(1, c["channels"] // np.maximum(c["filters"], 1)), c["channels"])
    whole = np.where(c["depthwise"], c["filters"], c["live"]) * per_filter * window * area
    walked = np.where(c["depthwise"], 1.0, c["vectors"] / np.maximum(c["filter_groups"] * per_filter * window, 1))
    # What walks a whole map, a fully connected layer or a sum, makes one pixel.
    whole = np.where((window == area) & (window > 1), whole / np.maximum(area, 1), whole)
    return np.asarray(whole * np.minimum(walked, 1.0))


def parameters_of(facts: FactTable) -> NDArray[Any]:
    """[batch, passes] weights that are left, and a record for each filter."""
    c: Columns = facts.columns
    return np.asarray(c["vectors"] * (c["filters"] / np.maximum(c["filter_groups"], 1)) + c["filters"])


def expert_energy_mj(facts: FactTable, a: Accelerator, table: EnergyTable) -> NDArray[np.float64]:
    """[batch, passes] the expert's energy: actions counted from the facts, priced by the table, and static power x expert time.

    The same counts as the hardware side's estimate of a compiled program, see `hwservice.run.estimate.counted`.
    """
    c: Columns = facts.columns
    issued = c["vectors"] * c["tiles"]
    pooled = ~c["skip"] & c["depthwise"] & (c["height"] * c["width"] == c["kernel_height"] * c["kernel_width"])
    drains = c["filters"] * np.where(pooled, 1, c["tiles"])
    useful = macs_of(facts)
    writes = drains * np.maximum(1.0, c["drain_cycles"] - c["skip"])
    bits = 8 * a.lanes
    counts = {
        "mac": useful,
        "idle_cell": np.maximum(issued * a.cells - useful, 0),
        "bank_read": bits * issued,
        "bank_write": bits * writes,
        "weight_read": 8 * a.rows * issued,
        "list_read": 8 * ENTRY_BYTES * issued,
        "record_read": 8 * RECORD_BYTES * drains,
        "requantise": a.lanes * drains,
    }
    picojoules = sum(table.actions[name].interval.value * count for name, count in counts.items())
    moved = c["stream_bytes"] + c["map_bytes"] + c["stored_bytes"]
    picojoules = picojoules + table.dram_entry(a).interval.value * 8 * moved
    time_ms = facts.cycles / (a.clock_mhz * 1e3)
    return np.asarray(picojoules * 1e-9 + table.static_entry(a).interval.value * time_ms * 1e-3)


PASS_FEATURES: Final = (
    "log_expert", "array_share", "stream_share", "map_share", "stored_share", "first_share", "boundary_share",
    "log_filters", "log_channels", "filters", "groups", "over", "fill", "live", "log_list", "drain_ratio",
    "drain_cycles", "density", "lists", "kernel_area", "stride", "depthwise", "skip", "scatter", "bands", "height",
    "width", "wasted_pitch", "pitch_lanes", "log_tiles", "tile_fill", "log_per_tile", "slack", "held", "chunks", "first",
    "last", *_HARDWARE,
)  # fmt: skip
NETWORK_FEATURES: Final = (
    "log_expert", "log_macs", "log_parameters", "log_bytes", "utilisation", "passes", "boundaries", "start",
    "input_share", "output_share", "bytes_share", "largest_share", "banded_share", "drained_share", "loaded_share",
    *(f"mean_{name}" for name in _AVERAGED), *_HARDWARE,
)  # fmt: skip
