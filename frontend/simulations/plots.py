"""The figures that a report's plots draw, in columns."""

from collections.abc import Mapping
from typing import Any, Final

from contracts.analysis import CAUSES, Analysis, Point
from contracts.measurement import TRAFFIC_KINDS, Measurement

ACTIONS: Final[Mapping[str, str]] = {
    "mac": "multiply-accumulate",
    "idle_cell": "idle cells",
    "bank_read": "activation reads",
    "bank_write": "activation writes",
    "weight_read": "weight reads",
    "list_read": "list reads",
    "record_read": "record reads",
    "requantise": "requantisation",
    "dram": "DRAM",
    "static": "static power x time",
}
"""Actions of the energy model as plots name them."""
MEMORIES: Final[Mapping[str, tuple[str, str, str]]] = {
    "banks": ("activation banks", "bank_depth", "rows"),
    "vectors": ("vector memory", "vector_depth", "weight vectors"),
    "lists": ("list memory", "list_depth", "entries"),
    "records": ("record memory", "record_depth", "records"),
}
"""Name, depth in the accelerator's fields, and unit of each memory."""


def plot_data(measured: Measurement, found: Analysis) -> dict[str, Any]:
    """One document for all plots of a report."""
    return {
        "cycles": found.cycles,
        "clock_mhz": measured.clock_mhz,
        "layers": _layers(found),
        "roofline": _roofline(found),
        "energy": _energy(measured),
        "memories": _memories(measured),
        "traffic": _traffic(measured),
    }


def energy_rows(measured: Measurement) -> list[dict[str, Any]]:
    """Energy by action, the greatest first."""
    total = measured.energy.total_mj.value
    parts = sorted(measured.energy.parts_mj.items(), key=lambda part: -part[1].value)
    return [
        {"action": name, "name": ACTIONS.get(name, name), "energy": part, "share": part.value / total if total else 0.0}
        for name, part in parts
    ]


def _layers(found: Analysis) -> dict[str, Any]:
    layers = found.layers
    return {
        "name": [layer.name for layer in layers],
        "label": [layer.label for layer in layers],
        "start": [layer.start_cycles for layer in layers],
        "cycles": [layer.cycles for layer in layers],
        "parts": {cause: [round(layer.parts_cycles[cause], 2) for layer in layers] for cause in CAUSES},
        "units": {unit: [round(layer.unit_shares[unit], 4) for layer in layers] for unit in ("array", "load", "store")},
        "memory": {memory: [layer.memory_shares.get(memory) for layer in layers] for memory in MEMORIES},
    }


def _roofline(found: Analysis) -> dict[str, Any]:
    roofs = found.roofline
    layers = {layer.name: layer for layer in found.layers}
    points = [
        {**_point(point), "label": layers[point.name].label, "cycles": layers[point.name].cycles}
        for point in roofs.layers
    ]
    return {
        "array_macs_per_cycle": roofs.array_macs_per_cycle,
        "dram_bytes_per_cycle": roofs.dram_bytes_per_cycle,
        "points": points,
        "whole": _point(roofs.whole) if roofs.whole else None,
    }


def _point(point: Point) -> dict[str, Any]:
    names = ("name", "macs_per_byte", "macs_per_cycle", "roof", "limit")
    return {name: getattr(point, name) for name in names}


def _energy(measured: Measurement) -> dict[str, Any]:
    rows = energy_rows(measured)
    return {
        "actions": [row["action"] for row in rows],
        "names": {row["action"]: row["name"] for row in rows},
        "total": measured.energy.total_mj.value,
        **{bound: [getattr(row["energy"], bound) for row in rows] for bound in ("value", "low", "high")},
    }


def _memories(measured: Measurement) -> dict[str, Any]:
    return {
        memory: {"name": name, "unit": unit, "depth": measured.hardware.get(depth, 0)}
        for memory, (name, depth, unit) in MEMORIES.items()
    }


def _traffic(measured: Measurement) -> dict[str, Any] | None:
    traffic = measured.traffic
    if traffic is None:
        return None
    kinds = {kind: getattr(traffic, kind) for kind in TRAFFIC_KINDS}
    beat = measured.hardware.get("dram_bytes", 0)
    return {"window_cycles": traffic.window_cycles, "beat_bytes": beat, **kinds}
