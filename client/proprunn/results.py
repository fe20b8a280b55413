"""Results as types: one simulation, and several side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.measurement import Measurement
from proprunn.errors import UserError

UNITS = {
    "cycles": "cycles",
    "latency_ms": "ms",
    "throughput_fps": "1/s",
    "energy_mj": "mJ",
    "power_mw": "mW",
    "utilisation": "",
    "macs": "MACs",
    "dram_bytes": "bytes",
    "expert_cycles": "cycles",
}


@dataclass(frozen=True)
class Simulation(Measurement):
    """A simulation's report: figures of one inference with their origins, layer by layer (`contracts.measurement`)."""

    @staticmethod
    def parse(document: Mapping[str, Any]) -> "Simulation":
        """From the report's JSON."""
        return Simulation(**vars(Measurement.from_mapping(document)))

    def figures(self) -> list[dict[str, Any]]:
        """The main figures as `name`, `value`, `unit`, `origin`."""
        return [
            {"name": name, "value": getattr(self, name), "unit": unit, "origin": self.origins.get(name, "")}
            for name, unit in UNITS.items()
        ]

    def frame(self) -> Any:
        """The layers as a pandas frame, one row each, `stall_<cause>_cycles` as columns; `attrs` keeps the origins.

        Raises:
            UserError: pandas is not installed.
        """
        rows = []
        for layer in self.layers:
            row = {name: getattr(layer, name) for name in ("name", "operator", "cycles", "bound_cycles")}
            row |= {f"stall_{cause}_cycles": count for cause, count in layer.stalls.items()}
            more = ("expert_cycles", "utilisation", "macs", "dram_bytes", "energy_mj", "nodes")
            rows.append(row | {name: getattr(layer, name) for name in more})
        frame = pandas().DataFrame(rows)
        frame.attrs["origins"] = dict(self.origins)
        return frame


@dataclass(frozen=True)
class Comparison:
    """Simulations side by side.

    Attributes:
        reference: the job that ratios are to.
        items: per job its figures: `value`, `unit`, `origin`, `ratio`.
        layers: by name; each figure is a list with an entry per item.
    """

    reference: str
    items: tuple[Mapping[str, Any], ...]
    layers: tuple[Mapping[str, Any], ...]

    @staticmethod
    def parse(document: Mapping[str, Any]) -> "Comparison":
        """From the API's document."""
        return Comparison(document["reference"], tuple(document["items"]), tuple(document["layers"]))

    def frame(self) -> Any:
        """A pandas frame with a row per job; `attrs` keeps units and origins by column.

        Raises:
            UserError: pandas is not installed.
        """
        known = ("job", "name", "network_name", "accelerator_name", "bit_exact", "simulator")
        rows = [
            {name: item[name] for name in known}
            | {name: figure["value"] for name, figure in item["figures"].items() if figure is not None}
            for item in self.items
        ]
        frame = pandas().DataFrame(rows)
        first = self.items[0]["figures"]
        frame.attrs["units"] = {name: figure["unit"] for name, figure in first.items() if figure is not None}
        frame.attrs["origins"] = {name: figure["origin"] for name, figure in first.items() if figure is not None}
        return frame


def pandas() -> Any:
    """The package, which only frames need."""
    try:
        import pandas as found  # noqa: PLC0415  # optional
    except ImportError as error:
        raise UserError("frames need pandas: pip install 'proprunn-client[frames]'") from error
    return found
