"""What each plot of a report shows, in words: for those who do not see it, and as its caption."""

from contracts.analysis import Analysis
from contracts.measurement import TRAFFIC_KINDS, Measurement
from frontend.simulations.plots import MEMORIES, energy_rows
from frontend.words import bytes_text, number_text


def summaries(measured: Measurement, found: Analysis) -> dict[str, str]:
    """One text for each plot, by its name."""
    return {
        "cycles": _cycles(found),
        "roofline": _roofline(found),
        "timeline": _timeline(measured, found),
        "energy": _energy(measured),
        "memory": _memory(found),
    }


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _cycles(found: Analysis) -> str:
    if not found.layers:
        return "The network has no layer."
    longest = max(found.layers, key=lambda layer: layer.cycles)
    parts = found.parts_cycles
    idle = parts["idle_rows"] + parts["idle_lanes"] + parts["zero_weights"]
    waits = sum(parts[cause] for cause in ("drain", "load", "store", "fence", "fetch"))
    return (
        f"Of {number_text(round(found.cycles))} cycles, {_share(parts['useful'], found.cycles)} are useful work of all cells, "
        f"{_share(idle, found.cycles)} cells that idle while others work, {_share(waits, found.cycles)} waiting. "
        f"The longest layer is {longest.label} with {_share(longest.cycles, found.cycles)}."
    )


def _roofline(found: Analysis) -> str:
    roofs = found.roofline
    dram = sum(point.limit == "dram" for point in roofs.layers)
    text = (
        f"{len(roofs.layers)} layers under {roofs.array_macs_per_cycle} MACs per cycle (array) and "
        f"{roofs.dram_bytes_per_cycle} bytes per cycle (DRAM); the roofs meet at {roofs.ridge_macs_per_byte:g} MACs per byte. "
        f"{dram} {'layer lies' if dram == 1 else 'layers lie'} under DRAM's roof."
    )
    if roofs.whole is None:
        return text
    whole = roofs.whole
    return text + (
        f" The network reaches {number_text(whole.macs_per_cycle)} MACs per cycle at {number_text(whole.macs_per_byte)} MACs "
        f"per byte: {_share(whole.macs_per_cycle, whole.roof)} of its roof."
    )


def _timeline(measured: Measurement, found: Analysis) -> str:
    units = {
        unit: sum(layer.unit_shares[unit] * layer.cycles for layer in found.layers)
        for unit in ("array", "load", "store")
    }
    text = ", ".join(f"{unit} {_share(busy, found.cycles)}" for unit, busy in units.items())
    said = f"Busy over the inference: {text}. The bars below are means of each layer"
    if measured.traffic is None:
        return f"{said}; this report holds no figures of DRAM over time."
    beat = measured.hardware.get("dram_bytes", 0)
    moved = {kind: beat * sum(getattr(measured.traffic, kind)) for kind in TRAFFIC_KINDS}
    return (
        f"{said}; DRAM above is what crossed the pins in windows of {measured.traffic.window_cycles} cycles: "
        f"{bytes_text(moved['parameters'])} of weights, lists and records, {bytes_text(moved['maps'])} of activations, "
        f"{bytes_text(moved['program'])} of program read; {bytes_text(moved['stored'])} written."
    )


def _energy(measured: Measurement) -> str:
    rows = energy_rows(measured)[:3]
    total = measured.energy.total_mj
    first = ", ".join(f"{row['name']} {100 * row['share']:.0f} %" for row in rows)
    return (
        f"{number_text(total.value)} mJ per inference ({number_text(total.low)} to {number_text(total.high)} in the worst cases), "
        f"modelled with table {measured.energy.table}. Most goes to {first}."
    )


def _memory(found: Analysis) -> str:
    layers = [layer for layer in found.layers if layer.memory_shares]
    if not layers:
        return "The report is from before memories were part of it; simulate again to see them."
    said = []
    for memory, (name, _, _) in MEMORIES.items():
        fullest = max(layers, key=lambda layer: layer.memory_shares[memory])
        said.append(f"{name} {100 * fullest.memory_shares[memory]:.0f} % in {fullest.label}")
    return f"The fullest each gets, as the program plans it: {', '.join(said)}."
