"""A measurement, analysed: one value that page, API and client share."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from contracts.accelerator import PRESETS, Accelerator
from contracts.analysis.breakdown import breakdown
from contracts.analysis.changes import Case, Change, changes
from contracts.analysis.names import short_names
from contracts.analysis.roofline import Roofline, roofline
from contracts.errors import InputError
from contracts.measurement import TAIL, LayerMeasurement, Measurement

_BOUNDS: Final[Mapping[str, str]] = {
    "compute": "its lists: the array takes a weight vector in {share:.1%} of the cycles",
    "drain": "its drains: {share:.1%} of the cycles wait until sums of the tile before have left",
    "load": "loads from DRAM: compute waits for them in {share:.1%} of the cycles",
    "store": "stores to DRAM: compute waits for them in {share:.1%} of the cycles",
    "fence": "its boundary: the pipelines run empty in {share:.1%} of the cycles",
    "fetch": "instructions: compute has none in {share:.1%} of the cycles",
}


_WAITS: Final = {
    "fence": "at layer boundaries",
    "fetch": "for instructions",
    "load": "for loads",
    "store": "for stores",
    "drain": "for drains",
}


@dataclass(frozen=True)
class LayerAnalysis:
    """One layer.

    Attributes:
        label: short name, unique in the network.
        start_cycles: since START.
        parts_cycles: by cause (`breakdown`).
        unit_shares: share of the cycles in which `array`, `load` and `store` unit worked.
        bound_by: `compute`, `drain`, `load`, `store`, `fence` or `fetch`: what takes most of its cycles.
        why: the same as a sentence with figures.
        changes: what would help, the most helpful first; empty where the report lacks the compiler's facts.
        memory_shares: share of each memory in use (`banks`, `vectors`, `lists`, `records`), at most, as the program plans it.
    """

    name: str
    label: str
    operator: str
    start_cycles: float
    cycles: float
    parts_cycles: Mapping[str, float]
    unit_shares: Mapping[str, float]
    bound_by: str
    why: str
    changes: tuple[Change, ...]
    memory_shares: Mapping[str, float]


@dataclass(frozen=True)
class Analysis:
    """All layers, the roofline and the network as a whole.

    Attributes:
        parts_cycles: cycles of the whole inference by cause.
        why: what bounds the network, and where most can be saved, as sentences.
    """

    network: str
    accelerator: str
    cycles: float
    parts_cycles: Mapping[str, float]
    why: tuple[str, ...]
    roofline: Roofline
    layers: tuple[LayerAnalysis, ...]

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        return asdict(self)


def analyse(measured: Measurement) -> Analysis:
    """Everything that follows from a report.

    Raises:
        InputError: a report from before accelerators were part of it, of one that is no preset.
    """
    accelerator = _accelerator(measured)
    labels = short_names([layer.name for layer in measured.layers])
    last = max((at for at, layer in enumerate(measured.layers) if layer.name != TAIL), default=0)
    found, start = [], 0.0
    for at, (layer, label) in enumerate(zip(measured.layers, labels, strict=True)):
        found.append(_layer(layer, label, start, accelerator, (at == 0, at == last)))
        start += layer.cycles
    parts = _sum([layer.parts_cycles for layer in found])
    lines = _summary(parts, found)
    roofs = roofline(measured.layers, accelerator)
    return Analysis(measured.network, measured.accelerator, start, parts, lines, roofs, tuple(found))


def _accelerator(measured: Measurement) -> Accelerator:
    if measured.hardware:
        return Accelerator.from_mapping(measured.hardware)
    if measured.accelerator in PRESETS:
        return PRESETS[measured.accelerator]
    detail = f"the report does not describe accelerator {measured.accelerator!r}, which is no preset; simulate again"
    raise InputError(detail)


def _layer(
    layer: LayerMeasurement, label: str, start: float, accelerator: Accelerator, place: tuple[bool, bool]
) -> LayerAnalysis:
    parts = breakdown(layer, accelerator)
    bound, why = _bound(layer, parts)
    found: tuple[Change, ...] = ()
    if layer.facts is not None and layer.facts.groups:
        found = changes(Case(layer, layer.facts, accelerator, parts, *place))
    return LayerAnalysis(
        name=layer.name,
        label=label,
        operator=layer.operator,
        start_cycles=start,
        cycles=layer.cycles,
        parts_cycles=parts,
        unit_shares=_units(layer),
        bound_by=bound,
        why=why,
        changes=found,
        memory_shares=_memories(layer, accelerator),
    )


def _bound(layer: LayerMeasurement, parts: Mapping[str, float]) -> tuple[str, str]:
    """What takes most of the cycles, and the sentence."""
    if layer.name == TAIL:
        return "store", "the output on its way to DRAM, after the last layer"
    issued = layer.counters.get("issued", 0.0)
    waits = {"compute": issued, **{cause: parts[cause] for cause in _BOUNDS if cause != "compute"}}
    bound = max(waits, key=lambda cause: waits[cause])
    share = waits[bound] / layer.cycles if layer.cycles else 0.0
    text = "bound by " + _BOUNDS[bound].format(share=share)
    idle = {
        "rows without a filter": parts["idle_rows"],
        "lanes without a pixel": parts["idle_lanes"],
        "weights of 0": parts["zero_weights"],
    }
    if bound == "compute":
        said = [f"{value / issued:.0%} {name}" for name, value in idle.items() if issued and value >= 0.01 * issued]
        text += f"; {parts['useful'] / issued:.0%} of its cells work" + (f" ({', '.join(said)})" if said else "")
    return bound, text


def _units(layer: LayerMeasurement) -> dict[str, float]:
    names = {"array": "issued", "load": "load_busy", "store": "store_busy"}
    if not layer.cycles:
        return dict.fromkeys(names, 0.0)
    return {unit: layer.counters.get(counter, 0.0) / layer.cycles for unit, counter in names.items()}


def _memories(layer: LayerMeasurement, a: Accelerator) -> dict[str, float]:
    facts = layer.facts
    if facts is None:
        return {}
    return {
        "banks": facts.bank_rows / a.bank_depth,
        "vectors": facts.vectors_held / a.vector_depth,
        "lists": facts.entries_held / a.list_depth,
        "records": facts.records_held / a.record_depth,
    }


def _sum(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {cause: sum(part[cause] for part in parts) for cause in parts[0]} if parts else {}


def _summary(parts: Mapping[str, float], layers: Sequence[LayerAnalysis]) -> tuple[str, ...]:
    total = sum(layer.cycles for layer in layers)
    if not total:
        return ()
    stalls = {cause: parts[cause] for cause in _BOUNDS if cause != "compute"}
    waited, worst = sum(stalls.values()), max(stalls, key=lambda cause: stalls[cause])
    lines = [
        f"The array takes a weight vector in {1 - waited / total:.1%} of the cycles; "
        f"{parts['useful'] / total:.1%} of its capacity is useful work."
    ]
    if waited:
        lines.append(f"Most waiting is {_WAITS.get(worst, worst)}: {stalls[worst]:,.0f} of {waited:,.0f} cycles.")
    best = max((layer for layer in layers if layer.changes), key=lambda x: x.changes[0].saves_cycles, default=None)
    if best is not None:
        change = best.changes[0]
        most = "up to " if change.at_most else ""
        saved = f"{most}{change.saves_cycles:,.0f} cycles ({change.saves_cycles / total:.1%} of all)"
        lines.append(f"Most would be saved in {best.label}: {change.text}; {saved}.")
    return tuple(lines)
